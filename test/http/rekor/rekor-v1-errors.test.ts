import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/core/errors.ts';
import { rekorV1Routes } from '../../../src/http/rekor/routes-rekor-v1.ts';
import { exampleOf } from '../examples.ts';
import { type TestApp, testApp } from '../test-app.ts';

const ENTRIES = '/api/v1/log/entries';
const json = { 'content-type': 'application/json' };
const post = ({ request }: TestApp, body: unknown, path = ENTRIES, headers: Record<string, string> = json) =>
  request(path, { method: 'POST', headers, body: JSON.stringify(body) });

describe('a refused entry', () => {
  it.each<[ErrorCode, number]>([
    ['signature_invalid', 400],
    ['key_missing', 400],
    ['malformed_submission', 400],
    ['forbidden', 403],
    ['pool_full', 503],
    ['corrupt', 500],
  ])('for %s is answered %i, in the words of Rekor v1', async (code, status) => {
    const answer = await post(testApp(), { fail: code });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ code: status, message: expect.any(String) });
  });

  it('says when to come back', async () => {
    expect((await post(testApp(), { throws: 'pool_full' })).headers.get('retry-after')).toBe('2');
  });

  it('is refused for its type and its length as our own are', async () => {
    const app = testApp({ admission: { open: true }, limits: { entryBytes: 1024 } });
    expect((await post(app, {}, ENTRIES, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(app, 'x'.repeat(2_000))).status).toBe(413);
  });

  it('needs a token where our own do', async () => {
    const app = testApp({ admission: { tokens: [{ name: 'ci', sha256: '00'.repeat(32) }] } });
    const answer = await post(app, {});
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: 401 }]);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('by a log that is frozen is answered 405, as upstream does', async () => {
    const answer = await post(testApp(), { throws: 'log_frozen' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([405, 'text/plain; charset=utf-8']);
    // Entries are still read there.
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });

  it('counts against the same quota', async () => {
    const app = testApp({ admission: { open: true }, limits: { writes: { perSecond: 0.001, burst: 1 } } });
    expect((await app.submit({ text: 'a' })).status).toBe(201);
    expect((await post(app, { text: 'b' })).status).toBe(429);
  });
});

describe('searches', () => {
  it('count as reads, one for each entry', async () => {
    const app = testApp({ admission: { open: true }, limits: { reads: { perSecond: 0.001, burst: 4 } } });
    const retrieve = (logIndexes: number[]) => post(app, { logIndexes }, `${ENTRIES}/retrieve`);
    expect((await retrieve([0, 1, 2])).status).toBe(200);
    expect((await retrieve([0, 1])).status).toBe(429);
    expect((await post(app, { hash: '00'.repeat(32) }, '/api/v1/index/retrieve')).status).toBe(429);
  });

  it('count as more reads the longer they are', async () => {
    const app = testApp({ admission: { open: true }, limits: { reads: { perSecond: 0.001, burst: 4 } } });
    const search = (length: number) => {
      const body = JSON.stringify({ hash: '00'.repeat(32) }).padEnd(length);
      return app.request('/api/v1/index/retrieve', { method: 'POST', headers: json, body });
    };
    expect((await search(2_049)).status).toBe(200);
    expect((await search(1_025)).status).toBe(429);
  });

  it.each([`${ENTRIES}/retrieve`, '/api/v1/index/retrieve'])('are bounded: %s', async (path) => {
    const app = testApp();
    expect((await post(app, 'x'.repeat(300_000), path)).status).toBe(413);
    expect((await post(app, {}, path, { 'content-type': 'text/plain' })).status).toBe(415);
    const nothing = await app.request(path, { method: 'POST', headers: json, body: '{' });
    expect(await nothing.json()).toEqual({ code: 400, message: expect.any(String) });
  });
});

it('meets errors that come before any route in the same words', async () => {
  const app = testApp({ admission: { open: true }, limits: { reads: { perSecond: 0.001, burst: 1 } } });
  const answers = [
    await app.get(`${ENTRIES}?logIndex=1`),
    await app.get(`${ENTRIES}?logIndex=1`),
    await app.request(ENTRIES, { method: 'DELETE' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 429, 405]);
  for (const answer of answers.slice(1)) {
    expect(await answer.json()).toEqual({ code: answer.status, message: expect.any(String) });
  }
});

describe('an entry that is not there', () => {
  it.each([`/${'ab'.repeat(32)}`, `/${'ab'.repeat(40)}`, '?logIndex=8', '?logIndex=9007199254740991'])(
    'is answered 404: %s',
    async (path) => {
      const answer = await testApp().get(`${ENTRIES}${path}`);
      expect([answer.status, await answer.json()]).toMatchObject([404, { code: 404 }]);
    },
  );

  it.each(['/x', `/${'ab'.repeat(33)}`, '?logIndex=-1', '?logIndex=x', '', '?logIndex=1&logIndex=2'])(
    'cannot be asked for by %j',
    async (path) => {
      const answer = await testApp().get(`${ENTRIES}${path}`);
      expect([answer.status, await answer.json()]).toMatchObject([400, { code: 400 }]);
    },
  );
});

describe('a log without a key for these clients', () => {
  it.each(rekorV1Routes.map(({ method, path }) => [method, path] as const))(
    'says so, and logs nothing: %s %s',
    async (method, path) => {
      const app = testApp();
      app.log.rekorV1 = undefined;
      const size = app.log.head().size;
      const answer = method === 'post' ? await post(app, {}, path) : await app.get(exampleOf(path));
      expect([answer.status, await answer.json()]).toMatchObject([
        501,
        { code: 501, message: expect.stringContaining('without a key') },
      ]);
      expect(app.log.head().size).toBe(size);
    },
  );
});
