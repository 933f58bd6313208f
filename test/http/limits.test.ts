import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testApp } from './test-app.ts';

describe('the quota of writes', () => {
  const limits = { writes: { burst: 2, perSecond: 0.5 } };
  const open = { open: true };

  it('answers 429 with Retry-After above it, and lets other clients be', async () => {
    const { submit, request, clock } = testApp({ admission: open, limits });
    await submit({ text: 'a' });
    await submit({ text: 'b' });
    const answer = await submit({ text: 'c' });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"d"}' };
    expect((await request('/v1/entries', { ...init, peer: '192.0.2.2' })).status).toBe(201);
    clock.advance(2);
    expect((await submit({ text: 'c' })).status).toBe(201);
  });

  it('does not charge what the log could not do', async () => {
    const { submit } = testApp({ admission: open, limits });
    for (let i = 0; i < 5; i++) expect((await submit({ throws: 'storage_full' })).status).toBe(503);
    expect((await submit({ text: 'a' })).status).toBe(201);
  });

  it('charges what the client did wrong', async () => {
    const { submit } = testApp({ admission: open, limits });
    await submit({ throws: 'malformed_json' });
    await submit({ throws: 'malformed_json' });
    expect((await submit({ text: 'a' })).status).toBe(429);
  });

  it('counts bytes as well, declared or not', async () => {
    const bytes = { writeBytes: { burst: 1_000, perSecond: 10 } };
    for (const declared of [true, false]) {
      const { request } = testApp({ admission: open, limits: bytes });
      const body = JSON.stringify({ text: 'x'.repeat(600) });
      const headers = {
        'content-type': 'application/json',
        ...(declared && { 'content-length': String(body.length) }),
      };
      const stream = () => new Blob([body]).stream();
      const send = () =>
        request('/v1/entries', { method: 'POST', headers, body: stream(), duplex: 'half' } as RequestInit);
      expect([(await send()).status, (await send()).status]).toEqual([201, 429]);
    }
  });

  it('belongs to the token, wherever it is used from', async () => {
    const token = { name: 'ci', sha256: createHash('sha256').update('t').digest('hex') };
    const { request } = testApp({ admission: { tokens: [token] }, limits });
    const statuses: number[] = [];
    for (const peer of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer t' };
      statuses.push((await request('/v1/entries', { method: 'POST', headers, body: '{}', peer })).status);
    }
    expect(statuses).toEqual([201, 200, 429]);
  });

  it('slows down who guesses tokens', async () => {
    const token = { name: 'ci', sha256: createHash('sha256').update('t').digest('hex') };
    const { submit } = testApp({ admission: { tokens: [token] }, limits });
    const guess = async (text: string) => (await submit({}, { authorization: `Bearer ${text}` })).status;
    expect([await guess('a'), await guess('b'), await guess('c')]).toEqual([401, 401, 429]);
  });
});

describe('the quota of reads', () => {
  it('is apart from that of writes, and leaves checkpoint, log and health free', async () => {
    const { get, submit } = testApp({ admission: { open: true }, limits: { reads: { burst: 2, perSecond: 1 } } });
    expect([(await get('/v1/entries/0')).status, (await get('/tile/0/000.p/1')).status]).toEqual([200, 200]);
    expect((await get('/v1/entries/0')).status).toBe(429);
    for (const path of ['/checkpoint', '/v1/log', '/livez', '/readyz']) expect((await get(path)).status).toBe(200);
    expect((await submit({ text: 'a' })).status).toBe(201);
  });
});
