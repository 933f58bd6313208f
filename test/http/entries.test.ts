import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { fromBase64, toHex } from '../../src/core/bytes.ts';
import { leafHash } from '../../src/core/hash.ts';
import { rootFromInclusion } from '../../src/core/proof.ts';
import { parseTlogProof } from '../../src/core/tlog-proof.ts';
import { entry as entryForm, entryPage, sigstoreBundle } from '../../src/http/schema.ts';
import { COMMIT, npmProvenance, REPOSITORY, RUN } from '../fixtures/predicates.ts';
import { testApp } from './test-app.ts';

const DIGEST = 'ab'.repeat(32);
const STATEMENT = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'app.tar.gz', digest: { sha256: DIGEST } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {},
});
/** What the tombstone of a payload says. */
const NOTICE = { erasedAt: 2, sha256: new Uint8Array(32).fill(0xcd), reason: 'a password in it', time: 1_700_000_000 };
const TOLD = { erasedAt: 2, payloadSha256: 'cd'.repeat(32), reason: NOTICE.reason, time: NOTICE.time };
const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

async function appWithStatement() {
  const app = testApp(undefined, 4);
  const { index } = (await (await app.submit({ payload: STATEMENT })).json()) as { index: number };
  const json = async <T extends z.ZodType>(path: string, form: T): Promise<z.output<T>> =>
    form.parse(await (await app.get(path)).json());
  return { ...app, index, json };
}

describe('GET /v1/entries/{index}', () => {
  it('shows the leaf, its signer, and what the payload says', async () => {
    const { json, index, log } = await appWithStatement();
    const entry = await json(`/v1/entries/${index}`, entryForm);
    expect(entry).toEqual({
      index,
      leafHash: toHex(log.entries[index]!.leafHash),
      canonicalizedBody: expect.any(String),
      kind: 'hashedrekord',
      subjects: [{ name: 'app.tar.gz', digest: { sha256: DIGEST } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      signers: [{ spkiSha256: sha256(log.signer) }],
      payload: {
        ...{ status: 'stored', type: 'application/vnd.in-toto+json', countsFrom: index },
        sha256: sha256(STATEMENT),
      },
    });
    expect(toHex(leafHash(fromBase64(entry.canonicalizedBody)))).toBe(entry.leafHash);
  });

  it('shows an entry without payload as the leaf alone', async () => {
    const { json } = await appWithStatement();
    const entry = await json('/v1/entries/2', entryForm);
    expect(entry.payload).toEqual({ status: 'absent' });
    expect(entry).not.toHaveProperty('subjects');
  });

  it.each([
    ['/v1/entries/6', 404, 'not_yet_published'],
    ['/v1/entries/9007199254740991', 404, 'not_yet_published'],
    ['/v1/entries/9007199254740992', 400, 'malformed_request'],
    ['/v1/entries/-1', 400, 'malformed_request'],
    ['/v1/entries/01', 400, 'malformed_request'],
    ['/v1/entries/1e0', 400, 'malformed_request'],
    ['/v1/entries/%201', 400, 'malformed_request'],
    ['/v1/entries/', 404, 'route_unknown'],
    ['/v1/entries/1/leaf', 404, 'route_unknown'],
    ['/v1/entries/6/payload', 404, 'not_yet_published'],
  ])('answers %s by %i %s', async (path, status, code) => {
    const { get } = await appWithStatement();
    const answer = await get(path);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it('answers stored corruption by 500 without saying what was found, and counts it', async () => {
    const { get, log, telemetry } = await appWithStatement();
    log.entries[2]!.leaf = new TextEncoder().encode('{"kind":"secret"}');
    const answer = await get('/v1/entries/2');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toMatch(/secret|leaf/);
    expect(await telemetry.registry.getSingleMetricAsString('countersign_self_check_failures_total')).toMatch(/ 1$/m);
  });
});

describe('GET /v1/entries/{index}/payload', () => {
  it('is the signed bytes, which may have to be asked for again', async () => {
    const { get, request, index } = await appWithStatement();
    const answer = await get(`/v1/entries/${index}/payload`);
    expect(await answer.text()).toBe(STATEMENT);
    expect(answer.headers.get('content-type')).toBe('application/vnd.in-toto+json');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    const etag = answer.headers.get('etag')!;
    expect((await request(`/v1/entries/${index}/payload`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('never has a type that a browser would run', async () => {
    const { get, submit } = testApp(undefined, 0);
    await submit({ payload: '<script>', payloadType: 'text/html' });
    const { headers } = await get('/v1/entries/1/payload');
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-disposition')).toBe('attachment');
  });

  it('is 404 where nobody brought it, and 410 where it was erased', async () => {
    const { get, json, log, index } = await appWithStatement();
    expect(await (await get('/v1/entries/1/payload')).json()).toMatchObject({ status: 404, code: 'payload_absent' });
    log.entries[index]!.payload = { status: 'erased', ...NOTICE };
    expect(await (await get(`/v1/entries/${index}/payload`)).json()).toMatchObject({
      status: 410,
      code: 'payload_erased',
      ...TOLD,
      statement: '/v1/entries/2',
    });
    const shown = await json(`/v1/entries/${index}`, entryForm);
    expect(shown).not.toHaveProperty('subjects');
    const { payloadSha256, ...told } = TOLD;
    expect(shown.payload).toEqual({ status: 'erased', sha256: payloadSha256, ...told });
  });
});

describe('GET /v1/entries/{index}/tlog-proof', () => {
  it('proves the entry under the first checkpoint that covered it', async () => {
    const { get, log } = await appWithStatement();
    const answer = await get('/v1/entries/2/tlog-proof');
    const { index, hashes, checkpoint } = parseTlogProof(await answer.text());
    const covering = log.reader.checkpoint(3)!;
    expect([index, checkpoint]).toEqual([2, covering.note]);
    const root = rootFromInclusion({ index: 2, size: 3, leafHash: log.entries[2]!.leafHash, proof: hashes });
    expect(toHex(root)).toBe(toHex(covering.root));
  });
});

describe('GET /v1/entries/{index}/bundle', () => {
  it('is a Sigstore bundle with envelope and proof', async () => {
    const { get, log, index } = await appWithStatement();
    const answer = await get(`/v1/entries/${index}/bundle`);
    expect(answer.headers.get('content-type')).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    const covering = log.reader.checkpointCovering(index);
    expect(await answer.json()).toMatchObject({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      dsseEnvelope: { payload: Buffer.from(STATEMENT).toString('base64'), payloadType: 'application/vnd.in-toto+json' },
      verificationMaterial: {
        tlogEntries: [
          {
            logIndex: String(index),
            logId: { keyId: Buffer.from(log.identity.logId).toString('base64') },
            inclusionProof: {
              treeSize: String(covering.size),
              rootHash: Buffer.from(covering.root).toString('base64'),
              checkpoint: { envelope: covering.note },
            },
          },
        ],
      },
    });
  });

  it('is a message signature where the payload is gone', async () => {
    const { json, log, index } = await appWithStatement();
    log.entries[index]!.payload = { status: 'erased', ...NOTICE };
    expect(await json(`/v1/entries/${index}/bundle`, sigstoreBundle)).toHaveProperty('messageSignature');
  });
});

describe('GET /v1/entries?…', () => {
  it('B6: finds by every term, and by all of them together', async () => {
    const { json, index, log } = await appWithStatement();
    const terms = {
      subject: `sha256:${DIGEST}`,
      leafHash: toHex(log.entries[index]!.leafHash),
      predicateType: 'https://slsa.dev/provenance/v1',
      payload: sha256(STATEMENT),
      signer: sha256(log.signer),
    };
    for (const query of [...Object.entries(terms).map(([name, value]) => ({ [name]: value })), terms]) {
      const page = await json(`/v1/entries?${new URLSearchParams(query as Record<string, string>)}`, entryPage);
      expect(page.entries[0], JSON.stringify(query)).toMatchObject({ index });
      expect(page).toMatchObject({ treeSize: 6, rootHash: toHex(log.head().root) });
    }
  });

  it('A12: finds by what the statement claims, however repository and package are written', async () => {
    const { json, get, submit } = await appWithStatement();
    const { index } = (await (await submit({ payload: JSON.stringify(npmProvenance) })).json()) as { index: number };
    const terms = [
      { invocation: RUN },
      { repository: REPOSITORY },
      { repository: 'git@github.com:acme/api.git' },
      { builder: 'https://github.com/actions/runner/github-hosted' },
      { dependency: `gitCommit:${COMMIT}` },
      { package: 'pkg:npm/@acme/api@2.0.0' },
    ];
    for (const query of terms) {
      const page = await json(`/v1/entries?${new URLSearchParams(query as Record<string, string>)}`, entryPage);
      expect(page.entries, JSON.stringify(query)).toMatchObject([{ index }]);
    }
    expect((await get('/v1/entries?package=api')).status).toBe(400);
  });

  it('answers an empty page with its coverage where nothing matches', async () => {
    const { json, log } = await appWithStatement();
    const rootHash = toHex(log.head().root);
    expect(await json('/v1/entries?identity=nobody%40example.com', entryPage)).toEqual({
      treeSize: 6,
      rootHash,
      entries: [],
    });
  });

  it('pages newest first, over the tree of the first page, whatever is added meanwhile', async () => {
    const { json, log, submit } = await appWithStatement();
    const query = `/v1/entries?signer=${sha256(log.signer)}&limit=2`;
    const seen: number[] = [];
    let cursor = '';
    do {
      const page = await json(query + cursor, entryPage);
      expect(page.treeSize).toBe(6);
      seen.push(...page.entries.map(({ index }) => index));
      cursor = page.next === undefined ? '' : `&cursor=${page.next}`;
      await submit({ text: `later ${cursor}` });
    } while (cursor !== '');
    expect(seen).toEqual([5, 4, 3, 2, 1, 0]);
  });

  it('refuses a cursor of another query, of another log, or made up', async () => {
    const { json, get, log } = await appWithStatement();
    const signer = `signer=${sha256(log.signer)}`;
    const { next } = await json(`/v1/entries?${signer}&limit=2`, entryPage);
    const foreign = await appWithStatement();
    foreign.log.identity.logId.fill(7);
    const refused = [
      get(`/v1/entries?${signer}&subject=a:b&cursor=${next}`),
      get(`/v1/entries?payload=${sha256('x')}&cursor=${next}`),
      get(`/v1/entries?${signer}&cursor=${'A'.repeat(43)}`),
      get(`/v1/entries?${signer}&cursor=${next?.slice(1)}`),
      get(`/v1/entries?${signer}&cursor=${next}A`),
      get(`/v1/entries?${signer}&cursor=`),
      foreign.get(`/v1/entries?${signer}&cursor=${next}`),
    ];
    for (const answer of await Promise.all(refused)) {
      expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'malformed_request', at: 'cursor' }]);
    }
  });

  it.each([
    '',
    'limit=5',
    'subject=',
    'subject=abc',
    'signer=xyz',
    'limit=0&subject=a:b',
    'limit=101&subject=a:b',
    'subject=a:b&subject=a:b',
    'subjects=a:b',
    '__proto__=1&subject=a:b',
    'identity=a%00b',
    `identity=${'x'.repeat(1_025)}`,
  ])('refuses ?%s', async (query) => {
    const { get } = await appWithStatement();
    expect((await get(`/v1/entries?${query}`)).status).toBe(400);
  });
});
