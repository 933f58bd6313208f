/** What the HTTP layer alone decides about hostile requests; the parser's part is in server.test.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routes } from '../../src/http/openapi.ts';
import { exampleApp, exampleOf, READS, WRITES } from './examples.ts';
import { testApp } from './test-app.ts';

describe('HEAD', () => {
  it.each(READS)('answers as GET does, without body: %s', async (path) => {
    const { get, request } = await exampleApp();
    const [good, head] = [await get(exampleOf(path)), await request(exampleOf(path), { method: 'HEAD' })];
    expect(good.status).toBe(200);
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    const fixed = (headers: Headers) => [...headers].filter(([name]) => name !== 'x-request-id');
    expect(fixed(head.headers)).toEqual(fixed(good.headers));
  });
});

describe('OPTIONS', () => {
  it.each([...READS, ...WRITES])(
    'answers 204 with the methods of %s, to any origin, without credentials',
    async (path) => {
      const { request } = testApp();
      const answer = await request(exampleOf(path), { method: 'OPTIONS' });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(answer.headers.get('allow')).toMatch(WRITES.includes(path) ? /POST/ : /^GET, HEAD, OPTIONS$/);
    },
  );

  it('answers 404 where nothing is', async () => {
    const { request } = testApp();
    expect((await request('/nothing', { method: 'OPTIONS' })).status).toBe(404);
  });
});

describe('other methods', () => {
  it.each(['PUT', 'DELETE', 'PATCH', 'PROPFIND', 'LINK'])('%s answers 405 with Allow on every path', async (method) => {
    const { request } = testApp();
    for (const path of new Set([...READS, ...WRITES])) {
      const answer = await request(exampleOf(path), { method });
      expect([answer.status, answer.headers.get('cache-control')], path).toEqual([405, 'no-store']);
      expect(answer.headers.get('allow'), path).toContain('OPTIONS');
    }
  });

  it('says which of GET and POST a path knows', async () => {
    const { request } = testApp();
    expect((await request('/checkpoint', { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect((await request('/v1/entries:batch')).headers.get('allow')).toBe('POST, OPTIONS');
    expect((await request('/v1/entries', { method: 'DELETE' })).headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
  });
});

describe('numbers', () => {
  const bad = [
    '',
    '1e3',
    '0x10',
    '9007199254740992',
    '18446744073709551616',
    '-1',
    '-0',
    '+1',
    ' 1',
    '%201',
    '1%20',
    '00',
    '01',
    '1.0',
    '1,0',
    'NaN',
    'Infinity',
    '٣',
    '1_0',
    '1n',
    'null',
    '[]',
    '%00',
  ];
  const places = [
    (n: string) => `/v1/proofs/inclusion?index=${n}`,
    (n: string) => `/v1/proofs/inclusion?index=1&size=${n}`,
    (n: string) => `/v1/proofs/consistency?first=1&second=${n}`,
    (n: string) => `/v1/proofs/consistency?first=${n}&second=5`,
    (n: string) => `/v1/checkpoints?after=${n}`,
    (n: string) => `/v1/checkpoints?limit=${n}`,
    (n: string) => `/v1/entries?subject=a:b&limit=${n}`,
    (n: string) => `/v1/entries/${n === '' ? '%20' : n}`,
    (n: string) => `/v1/entries/${n === '' ? '%20' : n}/payload`,
    (n: string) => `/v1/checkpoints/${n === '' ? '%20' : n}`,
  ];

  it.each(bad)('are canonical decimals below 2^53, which "%s" is not', async (number) => {
    const { get } = testApp();
    for (const place of places) {
      const answer = await get(place(number));
      expect([answer.status, ((await answer.json()) as { code: string }).code], place(number)).toEqual([
        400,
        'malformed_request',
      ]);
    }
  });
});

describe('the head of a request', () => {
  it('may have a target of 2,048 bytes and not more', async () => {
    const { get } = testApp();
    const target = (length: number) => `/${'x'.repeat(length - 1)}`;
    expect((await get(target(2_048))).status).toBe(404);
    const answer = await get(target(2_049));
    expect([answer.status, await answer.json()]).toMatchObject([414, { code: 'uri_too_long' }]);
  });

  it('has one Host', async () => {
    const { request } = testApp();
    const headers = new Headers();
    headers.append('host', 'log.example.com');
    headers.append('host', 'evil.example.com');
    expect((await request('/checkpoint', { headers })).status).toBe(400);
  });

  it('is answered for the configured hosts only, where some are', async () => {
    const { request } = testApp({ hostNames: ['log.example.com'] });
    const at = async (host: string) => (await request('/checkpoint', { headers: { host } })).status;
    expect([await at('log.example.com'), await at('LOG.example.com:8443')]).toEqual([200, 200]);
    expect([await at('evil.example.com'), await at('log.example.com.evil'), await at('')]).toEqual([421, 421, 421]);
  });
});

describe('errors', () => {
  const MARK = 'zq9hostile<script>';
  const attempts: [string, RequestInit?][] = [
    [`/${MARK}`],
    [`/v1/entries/${MARK}`],
    [`/v1/entries?${MARK}=1`],
    [`/v1/entries?limit=${MARK}`],
    [`/v1/proofs/inclusion?leafHash=${MARK}`],
    [`/tile/0/${MARK}`],
    [`/docs/${MARK}`],
    ['/checkpoint', { method: 'PUT', body: MARK }],
    ['/v1/entries', { method: 'POST', headers: { 'content-type': MARK }, body: MARK }],
    ['/v1/entries', { method: 'POST', headers: { 'content-type': 'application/json' }, body: MARK }],
    ['/v1/entries', { method: 'POST', headers: { 'content-length': MARK, 'content-type': 'application/json' } }],
    ['/v1/entries/1', { headers: { 'x-request-id': MARK, host: `${MARK},b` } }],
  ];

  it.each(attempts)('are problem documents that nobody keeps and that repeat nothing: %s', async (path, init) => {
    const { request } = testApp();
    const answer = await request(path, init);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const text = await answer.text();
    expect(text).not.toContain('zq9');
    expect(JSON.parse(text)).toMatchObject({
      ...{ type: 'about:blank', status: answer.status, title: expect.any(String), detail: expect.any(String) },
      requestId: answer.headers.get('x-request-id'),
    });
    expect(JSON.stringify([...answer.headers])).not.toContain('zq9');
  });

  it('say nothing of what lies behind a fault of the server, which its log does', async () => {
    const { get, log, lines } = testApp();
    log.storageFault = new TypeError('SQLITE_IOERR at /var/lib/countersign/log.db');
    const answer = await get('/v1/entries/1');
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).not.toMatch(/SQLITE|var|TypeError|stack|\.ts/);
    const line = lines.find(({ requestId }) => requestId === JSON.parse(text).requestId);
    expect(line).toMatchObject({ level: 50, status: 500, err: { message: expect.stringContaining('SQLITE_IOERR') } });
  });
});

describe('any input', () => {
  const { request, lines } = testApp(undefined, 300);
  const segment = fc.oneof(
    fc.constantFrom(
      'v1',
      'entries',
      'tile',
      'proofs',
      'inclusion',
      'checkpoints',
      'docs',
      'log',
      '0',
      '000',
      '7',
      '..',
      '.',
      '',
      '%2e',
      '%00',
      '%',
      '%zz',
      '__proto__',
      'entries:batch',
      '000.p',
      'payload',
    ),
    fc.string({ maxLength: 12 }).map(encodeURIComponent),
    fc.nat().map(String),
  );
  const known = fc.constantFrom(...READS.map(exampleOf), ...WRITES);
  const path = fc.oneof(
    known,
    fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`),
  );
  const name = fc.oneof(
    fc.constantFrom(
      'index',
      'size',
      'first',
      'second',
      'limit',
      'cursor',
      'subject',
      'leafHash',
      '__proto__',
      'constructor',
    ),
    fc.string({ maxLength: 8 }),
  );
  const value = fc.oneof(
    fc.string({ maxLength: 70, unit: 'binary' }),
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom('a'.repeat(64), 'A'.repeat(43), 'sha256:00'),
  );
  const query = fc.array(fc.tuple(name, value), { maxLength: 4 });
  const header = fc.tuple(
    fc.constantFrom(
      'authorization',
      'content-type',
      'content-length',
      'content-encoding',
      'if-none-match',
      'x-forwarded-for',
      'x-request-id',
      'host',
      'range',
      'expect',
      'accept',
    ),
    fc.oneof(
      fc.string({ maxLength: 30 }).filter((text) => /^[\x20-\x7e]*$/.test(text)),
      fc.constantFrom(
        'application/json',
        'application/x-ndjson',
        'application/msgpack',
        'Bearer x',
        '*',
        'bytes=0-1',
        '5',
      ),
    ),
  );
  const method = fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'PURGE');

  it('is answered as described, and by no 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        query,
        fc.array(header, { maxLength: 4 }),
        fc.string({ unit: 'binary' }),
        async (m, p, q, h, body) => {
          const search = q.length === 0 ? '' : `?${new URLSearchParams(q)}`;
          const separator = p.includes('?') ? search.replace('?', '&') : search;
          const withBody = m === 'GET' || m === 'HEAD' || m === 'OPTIONS' ? {} : { body };
          const answer = await request(`http://localhost${p}${separator}`, { method: m, headers: h, ...withBody });
          expect(answer.status).toBeLessThan(500);
          const described = routes.find(
            ({ path, method }) => path === lines.at(-1)?.route && method === m.toLowerCase(),
          );
          if (described) expect(Object.keys(described.responses)).toContain(String(answer.status));
          if (answer.status >= 400) {
            expect(answer.headers.get('cache-control')).toBe('no-store');
            if (m !== 'HEAD') expect(await answer.json()).toHaveProperty('code');
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });
});
