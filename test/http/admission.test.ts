import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testApp } from './test-app.ts';

const SECRET = 'cs_0123456789abcdef';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const tokens = [
  { name: 'other', sha256: sha256('another') },
  { name: 'ci', sha256: sha256(SECRET) },
];
const keys = ['ab'.repeat(32)];

async function submitted(admission: unknown, authorization?: string, at?: number) {
  const { submit, log, clock } = testApp({ admission });
  if (at !== undefined) clock.advance(at - clock.now() / 1000);
  const answer = await submit({ text: 'x' }, authorization === undefined ? {} : { authorization });
  return { answer, status: answer.status, admitted: log.lastRequest?.admitted };
}

describe('admission', () => {
  it('takes a known token, under any spelling of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
      expect(await submitted({ tokens }, `${scheme} ${SECRET}`)).toMatchObject({ status: 201, admitted: true });
    }
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    `Basic ${SECRET}`,
    SECRET,
    `Bearer ${SECRET} `.concat('x'),
    `Bearer ${sha256(SECRET)}`,
  ])('answers 401 with a challenge to Authorization: %s', async (authorization) => {
    const { answer, admitted } = await submitted({ tokens }, authorization);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="countersign"');
    expect(await answer.json()).toMatchObject({ code: 'unauthorized' });
    expect(admitted).toBeUndefined();
  });

  it('A5: takes a token until it ends, and says why it takes it no more', async () => {
    const ending = [{ ...tokens[1]!, expires: '2027-01-31T12:00:00Z' }];
    const end = Date.parse('2027-01-31T12:00:00Z') / 1000;
    expect(await submitted({ tokens: ending }, `Bearer ${SECRET}`, end - 1)).toMatchObject({ status: 201 });
    for (const admission of [{ tokens: ending }, { tokens: ending, keys }, { tokens: ending, open: true }]) {
      const { answer } = await submitted(admission, `Bearer ${SECRET}`, end);
      expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
        401,
        expect.stringContaining('"ci" has expired'),
      ]);
    }
  });

  it('answers 400 to two Authorization headers', async () => {
    const { request } = testApp({ admission: { tokens } });
    const headers = new Headers({ 'content-type': 'application/json' });
    headers.append('authorization', `Bearer ${SECRET}`);
    headers.append('authorization', 'Bearer wrong');
    expect((await request('/v1/entries', { method: 'POST', headers, body: '{}' })).status).toBe(400);
  });

  it('leaves it to the listed keys where nobody vouches for the request', async () => {
    expect(await submitted({ keys })).toMatchObject({ status: 201, admitted: false });
    expect(await submitted({ keys, tokens })).toMatchObject({ status: 201, admitted: false });
    expect(await submitted({ keys, tokens }, `Bearer ${SECRET}`)).toMatchObject({ status: 201, admitted: true });
  });

  it('does not take a wrong token for none', async () => {
    expect(await submitted({ keys, tokens }, 'Bearer wrong')).toMatchObject({ status: 401 });
  });

  it('admits everyone where the word is open, or where there is no section (loopback only)', async () => {
    expect(await submitted({ open: true })).toMatchObject({ status: 201, admitted: true });
    expect(await submitted(undefined)).toMatchObject({ status: 201, admitted: true });
  });

  it('is needed for batches too, and never for reads', async () => {
    const { request, get } = testApp({ admission: { tokens } });
    const init = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: '{}\n' };
    expect((await request('/v1/entries:batch', init)).status).toBe(401);
    expect((await get('/v1/entries/0')).status).toBe(200);
  });

  it('keeps tokens out of the log lines', async () => {
    const { submit, lines } = testApp({ admission: { tokens } });
    await submit({ text: 'x' }, { authorization: `Bearer ${SECRET}` });
    await submit({ text: 'x' }, { authorization: `Bearer ${SECRET}-wrong` });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ client: 'token:ci', status: 201 });
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });
});
