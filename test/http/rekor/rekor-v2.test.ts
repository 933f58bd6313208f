import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../../src/core/bytes.ts';
import { transparencyLogEntry } from '../../../src/http/rekor/rekor-v2-answer.ts';
import { testApp } from '../test-app.ts';

const PATH = '/api/v2/log/entries';
const JSON_TYPE = { 'content-type': 'application/json' };
const post = (body: unknown, headers: Record<string, string> = JSON_TYPE) => ({
  ...{ method: 'POST', headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const base64 = (bytes: Uint8Array) => toBase64(bytes);

describe('POST /api/v2/log/entries', () => {
  it('answers 201 with the whole entry, fields in the order of the protocol', async () => {
    const { request, log } = testApp(undefined, 7);
    const answer = await request(PATH, post({ text: 'new' }));
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const text = await answer.text();
    const { proof } = log.reader.inclusionProof(8, 9);
    expect(JSON.parse(text)).toEqual({
      logIndex: '8',
      logId: { keyId: base64(log.identity.logId) },
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      integratedTime: '0',
      inclusionPromise: null,
      inclusionProof: {
        logIndex: '8',
        rootHash: base64(proof.rootHash),
        treeSize: '9',
        hashes: proof.hashes.map(base64),
        checkpoint: { envelope: log.head().note },
      },
      canonicalizedBody: base64(log.entries[8]!.leaf),
    });
    expect(text).toBe(JSON.stringify(JSON.parse(text)).replace('—', '\\u2014'));
  });

  it('answers 201 with the same bytes where the entry was there already', async () => {
    const { request } = testApp();
    const first = await (await request(PATH, post({ text: 'twice' }))).text();
    await request(PATH, post({ text: 'between' }));
    const again = await request(PATH, post({ text: 'twice' }));
    expect(again.status).toBe(201);
    expect(await again.text()).toBe(first);
  });

  it('hands the body over as it came, with who vouched for it', async () => {
    const { request, log } = testApp({ admission: { keys: ['ab'.repeat(32)] } });
    await request(PATH, post(' {"text" : "spaced"}\n'));
    expect(new TextDecoder().decode(log.lastRequest?.body)).toBe(' {"text" : "spaced"}\n');
    expect(log.lastRequest).toMatchObject({ format: 'rekor-v2', admitted: false });
  });

  it.each<[string, Record<string, string>, number]>([
    ['parameters and capitals', { 'content-type': 'Application/JSON; charset=utf-8' }, 201],
    ['nothing', {}, 201],
    ['another type', { 'content-type': 'text/yaml' }, 415],
    ['a compressed body', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 415],
  ])('takes JSON and what has no type: %s', async (_, headers, status) => {
    const { request } = testApp();
    // As bytes: a text would be given a type.
    const body = new TextEncoder().encode('{"text":"typed"}');
    expect((await request(PATH, { method: 'POST', headers, body })).status).toBe(status);
  });
});

describe('an error is the status of a remote call', () => {
  it.each([
    ['malformed_json', 400, 3],
    ['malformed_submission', 400, 3],
    ['signature_invalid', 400, 3],
    ['unsupported_key', 400, 3],
    ['key_missing', 400, 3],
    ['limit_exceeded', 400, 3],
    ['private_key_submitted', 400, 3],
    ['forbidden', 403, 7],
    ['corrupt', 500, 13],
    ['internal', 500, 13],
  ] as const)('for an entry that is refused with %s: %i, code %i', async (fail, status, code) => {
    const { request } = testApp();
    const answer = await request(PATH, post({ fail }));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/json']);
    expect(await answer.json()).toEqual({ code, message: expect.any(String), details: [] });
  });

  it('says of an entry what our own form says, but nothing of what lies behind a failure', async () => {
    const { request } = testApp();
    const message = async (fail: string) => (await (await request(PATH, post({ fail }))).json()).message;
    expect(await message('signature_invalid')).toBe('the item ends with signature_invalid (at /item)');
    expect(await message('internal')).toMatch(/^the server failed/);
  });

  it.each(['pool_full', 'storage_full', 'clock_regressed', 'anchor_unwritable', 'reads_only', 'halted'] as const)(
    'with Retry-After while the log cannot write: %s',
    async (throws) => {
      const { request } = testApp();
      const answer = await request(PATH, post({ throws }));
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await answer.json()).toMatchObject({ code: 14, details: [] });
    },
  );

  it('without admission, with a challenge', async () => {
    const tokens = [{ name: 'ci', sha256: createHash('sha256').update('cs_secret').digest('hex') }];
    const { request } = testApp({ admission: { tokens } });
    const answer = await request(PATH, post({}));
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="countersign"']);
    expect(await answer.json()).toMatchObject({ code: 16 });
    expect((await request(PATH, post({}, { ...JSON_TYPE, authorization: 'Bearer cs_secret' }))).status).toBe(201);
  });

  it('above the quota of writes, with Retry-After', async () => {
    const { request } = testApp({ admission: { open: true }, limits: { writes: { burst: 1, perSecond: 0.5 } } });
    expect((await request(PATH, post({ text: 'a' }))).status).toBe(201);
    const answer = await request(PATH, post({ text: 'b' }));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2']);
    expect(await answer.json()).toMatchObject({ code: 8 });
  });

  it('above the size of bodies', async () => {
    const { request } = testApp({ admission: { open: true }, limits: { entryBytes: 1_024 } });
    const answer = await request(PATH, post({ text: 'x'.repeat(2_000) }));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 3, message: expect.stringContaining('1024') });
  });

  it.each([
    ['a tile that is not there', '/api/v2/tile/5/000', {}, 404, 5],
    ['a partial tile that is not there', '/api/v2/tile/entries/000.p/200', {}, 404, 5],
    ['a path of no tile', '/api/v2/tile/0/0', {}, 400, 3],
    ['no path', '/api/v2/nothing', {}, 404, 5],
    ['another method', PATH, {}, 405, 12],
    ['another host', '/api/v2/checkpoint', { headers: { host: 'other.example' } }, 421, 3],
    ['a long URL', `/api/v2/tile/0/000?${'x'.repeat(2_100)}`, {}, 414, 3],
  ] as const)('for %s', async (_, path, init, status, code) => {
    const { request } = testApp({ admission: { open: true }, hostNames: ['log.example'] });
    const answer = await request(path, { headers: { host: 'log.example' }, ...init });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/json']);
    expect(await answer.json()).toEqual({ code, message: expect.any(String), details: [] });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('above the quota of reads, which the checkpoint has none of', async () => {
    const { get } = testApp({ admission: { open: true }, limits: { reads: { burst: 1, perSecond: 1 } } });
    const paths = ['/api/v2/tile/0/000.p/1', '/api/v2/tile/0/000.p/1', '/api/v2/checkpoint', '/api/v2/checkpoint'];
    const answers = [];
    for (const path of paths) answers.push(await get(path));
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 200, 200]);
    expect(await answers[1]!.json()).toMatchObject({ code: 8 });
  });

  it('nowhere else', async () => {
    const { get } = testApp();
    for (const path of ['/api/nothing', '/api/v2', '/tile/5/000', '/nothing/api/v2/']) {
      expect((await get(path)).headers.get('content-type'), path).toBe('application/problem+json');
    }
  });
});

it('a frozen log answers as a frozen log of Rekor does', async () => {
  const { request } = testApp();
  const answer = await request(PATH, post({ throws: 'log_frozen' }));
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'OPTIONS']);
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await answer.text()).toBe('This log has been frozen, please switch to the latest log.\n');
});

it('every refused write counts in the same metrics as a native one', async () => {
  const { request, telemetry } = testApp();
  await request(PATH, post({ text: 'a' }));
  await request(PATH, post({ text: 'a' }));
  await request(PATH, post({ fail: 'signature_invalid' }));
  const metrics = await telemetry.registry.metrics();
  for (const result of ['logged', 'duplicate', 'refused']) {
    expect(metrics).toContain(`countersign_append_requests_total{result="${result}"} 1`);
  }
  expect(metrics).toContain(`countersign_http_requests_total{route="${PATH}",method="POST",code="201"} 2`);
});

describe('tiles and checkpoint', () => {
  it.each(['/checkpoint', '/tile/0/000', '/tile/0/001.p/44', '/tile/1/000.p/1', '/tile/entries/001.p/44'])(
    'are served below /api/v2 as at the root: %s',
    async (path) => {
      const { get } = testApp(undefined, 299);
      const [door, root] = [await get(`/api/v2${path}`), await get(path)];
      expect([door.status, root.status]).toEqual([200, 200]);
      expect(await door.bytes()).toEqual(await root.bytes());
      for (const name of ['content-type', 'cache-control', 'etag']) {
        expect(door.headers.get(name)).toBe(root.headers.get(name));
      }
    },
  );

  it('are not sent again to who has them', async () => {
    const { get, request } = testApp();
    const etag = (await get('/api/v2/tile/0/000.p/3')).headers.get('etag')!;
    expect((await request('/api/v2/tile/0/000.p/3', { headers: { 'if-none-match': etag } })).status).toBe(304);
  });
});

it('the text of an entry is ASCII, whatever the note says and however long the proof is', () => {
  const hash = (n: number) => Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + n * 101) % 256);
  const leaf = new TextEncoder().encode('{"apiVersion":"0.0.1","kind":"intoto","spec":{}}');
  for (const length of [0, 1, 2, 53]) {
    const hashes = Array.from({ length }, (_, i) => hash(i));
    const inclusionProof = { index: 2 ** 40, treeSize: 2 ** 53 - 1, rootHash: hash(99), hashes };
    const checkpoint = 'origin\n1\n"\\\u2028\n\n— origin AA==\n';
    const receipt = { index: 2 ** 40, leafHash: hash(0), duplicate: false, inclusionProof, checkpoint, time: 1 };
    const text = transparencyLogEntry({ ...receipt, payload: 'absent' }, leaf, 'AAAA');
    expect(text).toMatch(/^[ -~]*$/);
    expect(JSON.parse(text)).toMatchObject({
      logIndex: '1099511627776',
      kindVersion: { kind: 'intoto', version: '0.0.1' },
      inclusionProof: {
        treeSize: '9007199254740991',
        hashes: hashes.map(base64),
        checkpoint: { envelope: checkpoint },
      },
    });
  }
});
