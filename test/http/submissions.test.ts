import { pack, unpack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { outcomeLines, receiptJson, receiptText } from '../../src/http/answers.ts';
import { testApp } from './test-app.ts';

const ndjson = (...lines: string[]) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-ndjson' },
  body: lines.map((line) => `${line}\n`).join(''),
});

describe('POST /v1/entries', () => {
  it('answers 201 with index, proof and checkpoint, and says where the entry is', async () => {
    const { submit } = testApp(undefined, 7);
    const answer = await submit({ text: 'new', payload: '{}' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/v1/entries/8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({
      index: 8,
      leafHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      duplicate: false,
      inclusionProof: {
        index: 8,
        treeSize: 9,
        rootHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        hashes: [expect.stringMatching(/^[0-9a-f]{64}$/)],
      },
      checkpoint: expect.stringMatching(/^dev-00ff\.localhost\n9\n/),
      payload: 'stored',
    });
  });

  it('answers 200 with the same index and proof where the entry was there already', async () => {
    const { submit } = testApp();
    const first = await (await submit({ text: 'twice' })).json();
    await submit({ text: 'between' });
    const again = await submit({ text: 'twice' });
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ ...(first as object), duplicate: true });
  });

  it('hands the body over unparsed, byte for byte, in a buffer of its own', async () => {
    const { request, log } = testApp();
    const body = ' {"text" : "spaced"}\n';
    await request('/v1/entries', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(new TextDecoder().decode(log.lastRequest?.body)).toBe(body);
    expect(log.lastRequest).toMatchObject({ format: 'json', admitted: true });
  });

  it.each([
    ['malformed_json', 400],
    ['private_key_submitted', 400],
    ['signature_invalid', 422],
    ['secret_submitted', 422],
    ['forbidden', 403],
    ['corrupt', 500],
  ] as const)('answers an item that fails with %s by %i', async (fail, status) => {
    const { submit } = testApp();
    const answer = await submit({ fail });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ status, code: fail, at: '/item' });
  });

  it.each(['pool_full', 'storage_full', 'clock_regressed', 'anchor_unwritable', 'reads_only', 'halted'] as const)(
    'answers 503 with Retry-After while the log cannot write: %s',
    async (throws) => {
      const { submit } = testApp();
      const answer = await submit({ throws });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(await answer.json()).toMatchObject({ code: throws });
    },
  );

  it('answers 410 where the log is frozen, which no waiting changes', async () => {
    const { submit } = testApp();
    const answer = await submit({ fail: 'log_frozen' });
    expect(answer.status).toBe(410);
    expect(await answer.json()).toMatchObject({ code: 'log_frozen' });
  });

  it('takes a content type with parameters and in capitals', async () => {
    const { submit } = testApp();
    expect((await submit({ text: 'x' }, { 'content-type': 'Application/JSON; charset=utf-8' })).status).toBe(201);
  });

  it.each([
    [{ 'content-type': 'text/plain' }],
    [{ 'content-type': '' }],
    [{ 'content-encoding': 'gzip' }],
    [{ 'content-encoding': 'identity' }],
  ])('answers 415 to %j', async (headers: Record<string, string>) => {
    const { submit } = testApp();
    const answer = await submit({ text: 'x' }, headers);
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ code: 'unsupported_media_type' });
  });
});

describe('the text of an answer', () => {
  it('is the JSON of the same receipt in ASCII, attached payloads and long proofs included', () => {
    const hash = (n: number) => new Uint8Array(32).fill(n);
    const inclusionProof = { index: 2 ** 40, treeSize: 2 ** 41, rootHash: hash(1), hashes: [hash(2), hash(3)] };
    const receipt = {
      ...{ index: 2 ** 40, leafHash: hash(4), duplicate: true, inclusionProof, payload: 'attached' as const },
      checkpoint: 'origin\n1\n"\\\u2028\n\n— origin AA==\n',
      time: 1,
      attachedAt: { index: 5, inclusionProof: { ...inclusionProof, hashes: [] }, checkpoint: 'note\n' },
    };
    const { attachedAt: _, ...plain } = receipt;
    for (const one of [receipt, plain]) {
      expect(receiptText(one)).toMatch(/^[ -~]*$/);
      expect(JSON.parse(receiptText(one))).toEqual(receiptJson(one));
    }
    const error = { code: 'malformed_json' as const, message: 'é\u{1F600}' };
    const lines = Buffer.from(outcomeLines([{ receipt }, { error }, { receipt: plain }], 'id'));
    expect(lines.every((byte) => byte < 0x80)).toBe(true);
    const [first, second, third, ...rest] = lines.toString().split('\n');
    expect(rest).toEqual(['']);
    expect([first, third]).toEqual([receiptText(receipt), receiptText(plain)]);
    expect(JSON.parse(second!).error).toMatchObject({ code: 'malformed_json', detail: 'é\u{1F600}' });
    expect(outcomeLines([], 'id')).toHaveLength(0);
  });
});

describe('POST /v1/entries:batch', () => {
  it('answers NDJSON with a line per item, in order, errors in their places', async () => {
    const { request } = testApp(undefined, 0);
    const answer = await request(
      '/v1/entries:batch',
      ndjson('{"text":"a"}', 'no json', '{"text":"b"}', '{"text":"a"}'),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await answer.text()).split('\n');
    expect(lines.pop()).toBe('');
    const results = lines.map((line) => JSON.parse(line));
    expect(results.map(({ index, error, duplicate }) => error?.code ?? [index, duplicate])).toEqual([
      [1, false],
      'malformed_json',
      [2, false],
      [1, true],
    ]);
    expect(results[1].error).toMatchObject({ status: 400, title: 'Bad Request', at: '/item', retryAfter: 1 });
  });

  it.each(['application/msgpack', 'application/vnd.msgpack'])(
    'answers %s with an array of plain maps',
    async (type) => {
      const { request, log } = testApp(undefined, 0);
      const body = new Uint8Array(pack([{ text: 'a' }, { fail: 'key_missing' }]));
      const answer = await request('/v1/entries:batch', { method: 'POST', headers: { 'content-type': type }, body });
      expect(answer.headers.get('content-type')).toBe(type);
      expect(log.lastRequest?.format).toBe('msgpack');
      const bytes = new Uint8Array(await answer.arrayBuffer());
      expect(bytes[0]).toBe(0x92); // fixarray of two
      expect(bytes[1]! & 0xf0).toBe(0x80); // fixmap
      expect(unpack(bytes)).toMatchObject([
        { index: 1, inclusionProof: { treeSize: 2 } },
        { error: { code: 'key_missing' } },
      ]);
    },
  );

  it('answers as a whole where the log refuses as a whole', async () => {
    const { request } = testApp();
    const answer = await request('/v1/entries:batch', ndjson('{"throws":"limit_exceeded"}'));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'limit_exceeded' });
  });

  it('takes no single JSON', async () => {
    const { request } = testApp();
    const init = { ...ndjson('{}'), headers: { 'content-type': 'application/json' } };
    expect((await request('/v1/entries:batch', init)).status).toBe(415);
  });
});

describe('the size of bodies', () => {
  const settings = { admission: { open: true }, limits: { entryBytes: 2_048, batchBytes: 4_096 } };
  const post = (headers: Record<string, string>, body: BodyInit) => ({
    ...{ method: 'POST', body, duplex: 'half' },
    headers: { 'content-type': 'application/json', ...headers },
  });
  /** Gives chunks for as long as it is asked, and counts them. */
  function endless() {
    const seen = { chunks: 0, cancelled: false };
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          seen.chunks++;
          controller.enqueue(new Uint8Array(512));
        },
        cancel() {
          seen.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { seen, stream };
  }

  it('is judged by Content-Length before a byte is read', async () => {
    const { request } = testApp(settings);
    const { seen, stream } = endless();
    const answer = await request('/v1/entries', post({ 'content-length': '2049' }, stream));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'body_too_large', limit: 2_048 });
    expect(seen.chunks).toBe(0);
  });

  it('is counted where it is not declared, and reading stops at the limit', async () => {
    const { request } = testApp(settings);
    const { seen, stream } = endless();
    expect((await request('/v1/entries', post({}, stream))).status).toBe(413);
    expect(seen).toEqual({ chunks: 5, cancelled: true });
  });

  it('may be just the limit', async () => {
    const { request } = testApp(settings);
    const text = (length: number) => JSON.stringify({ text: 'x'.repeat(length - '{"text":""}'.length) });
    expect((await request('/v1/entries', post({}, text(2_048)))).status).toBe(201);
    expect((await request('/v1/entries', post({}, text(2_049)))).status).toBe(413);
  });

  it('is larger for a batch', async () => {
    const { request } = testApp(settings);
    const line = JSON.stringify({ text: 'y'.repeat(3_000) });
    expect((await request('/v1/entries:batch', ndjson(line))).status).toBe(200);
  });

  it('answers a body that breaks off as the client’s fault', async () => {
    const { request } = testApp(settings);
    const stream = new ReadableStream({
      pull(controller) {
        controller.error(new Error('gone'));
      },
    });
    expect((await request('/v1/entries', post({}, stream))).status).toBe(400);
  });

  it('is bounded over all requests together', async () => {
    const { request } = testApp({ ...settings, limits: { ...settings.limits, bodyMemory: 3_000 } });
    let finish: (() => void) | undefined;
    const slow = new ReadableStream<Uint8Array>({
      start(controller) {
        finish = () => {
          controller.enqueue(new TextEncoder().encode('{"text":"slow"}'));
          controller.close();
        };
      },
    });
    const first = request('/v1/entries', post({ 'content-length': '2000' }, slow));
    const second = await request('/v1/entries', post({ 'content-length': '1500' }, '{}'));
    expect(second.status).toBe(503);
    expect(await second.json()).toMatchObject({ code: 'pool_full' });
    finish?.();
    expect((await first).status).toBe(201);
    expect((await request('/v1/entries', post({ 'content-length': '15' }, '{"text":"free"}'))).status).toBe(201);
  });
});
