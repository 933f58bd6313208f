import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fromHex } from '../../src/core/bytes.ts';
import { verifyConsistency, verifyInclusion } from '../../src/core/proof.ts';
import { checkpointPage, consistencyAnswer, inclusionAnswer, storedCheckpoint } from '../../src/http/schema.ts';
import { testApp } from './test-app.ts';

const { get, log } = testApp(undefined, 11);
const json = async <T extends z.ZodType>(path: string, form: T): Promise<z.output<T>> =>
  form.parse(await (await get(path)).json());

describe('GET /v1/proofs/inclusion', () => {
  it('proves an index in the published tree where no size is given', async () => {
    const { inclusionProof, leafHash, checkpoint } = await json('/v1/proofs/inclusion?index=3', inclusionAnswer);
    expect(inclusionProof.treeSize).toBe(12);
    verifyInclusion({
      ...{ index: 3, size: 12, leafHash: fromHex(leafHash), root: fromHex(inclusionProof.rootHash) },
      proof: inclusionProof.hashes.map((hash) => fromHex(hash)),
    });
    expect(checkpoint).toBe(log.reader.checkpoint(12)?.note);
  });

  it('proves a leaf hash in an older tree', async () => {
    const hash = Buffer.from(log.entries[4]!.leafHash).toString('hex');
    const { inclusionProof, leafHash } = await json(`/v1/proofs/inclusion?leafHash=${hash}&size=9`, inclusionAnswer);
    expect(inclusionProof).toMatchObject({ index: 4, treeSize: 9 });
    expect(leafHash).toBe(hash);
  });

  it('leaves the checkpoint out where none of that size exists', async () => {
    const batched = testApp(undefined, 0);
    const body = '{"text":"a"}\n{"text":"b"}\n';
    await batched.request('/v1/entries:batch', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    });
    const answer = (await (await batched.get('/v1/proofs/inclusion?index=0&size=2')).json()) as object;
    expect(Object.keys(answer)).toEqual(['inclusionProof', 'leafHash']);
  });

  it('may be kept for ever where the size is given, and not where it is not', async () => {
    expect((await get('/v1/proofs/inclusion?index=3&size=5')).headers.get('cache-control')).toContain('immutable');
    expect((await get('/v1/proofs/inclusion?index=3')).headers.get('cache-control')).toBe('no-cache');
  });

  it.each([
    ['', 400, 'malformed_request'],
    [`index=1&leafHash=${'a'.repeat(64)}`, 400, 'malformed_request'],
    ['index=5&size=5', 400, 'malformed_request'],
    ['index=1&size=0', 400, 'malformed_request'],
    ['index=1&sise=4', 400, 'malformed_request'],
    ['index=1&index=1', 400, 'malformed_request'],
    [`leafHash=${'A'.repeat(64)}`, 400, 'malformed_request'],
    [`leafHash=${'a'.repeat(63)}`, 400, 'malformed_request'],
    [`leafHash=${'a'.repeat(64)}`, 404, 'not_found'],
    ['index=12', 404, 'not_yet_published'],
    ['index=0&size=13', 404, 'not_yet_published'],
    ['index=9007199254740991', 404, 'not_yet_published'],
  ])('answers ?%s by %i %s', async (query, status, code) => {
    const answer = await get(`/v1/proofs/inclusion?${query}`);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  it('says how large the log is where more is asked for', async () => {
    expect(await json('/v1/proofs/inclusion?index=99', z.looseObject({}))).toMatchObject({ treeSize: 12 });
  });

  it('does not find a leaf in a tree before it', async () => {
    const hash = Buffer.from(log.entries[4]!.leafHash).toString('hex');
    expect((await get(`/v1/proofs/inclusion?leafHash=${hash}&size=4`)).status).toBe(404);
  });
});

describe('GET /v1/proofs/consistency', () => {
  it('proves that one tree extends another', async () => {
    const { consistencyProof } = await json('/v1/proofs/consistency?first=3&second=8', consistencyAnswer);
    expect(consistencyProof).toMatchObject({ first: 3, second: 8 });
    verifyConsistency({
      ...{ first: 3, second: 8, firstRoot: log.reader.checkpoint(3)!.root, secondRoot: log.reader.checkpoint(8)!.root },
      proof: consistencyProof.hashes.map((hash) => fromHex(hash)),
    });
  });

  it('is empty between equal sizes', async () => {
    expect(await json('/v1/proofs/consistency?first=8&second=8', consistencyAnswer)).toEqual({
      consistencyProof: { first: 8, second: 8, hashes: [] },
    });
  });

  it.each([
    ['first=0&second=8', 400],
    ['first=9&second=8', 400],
    ['first=3', 400],
    ['second=3', 400],
    ['first=3&second=13', 404],
    ['first=14&second=15', 404],
  ])('answers ?%s by %i', async (query, status) => {
    expect((await get(`/v1/proofs/consistency?${query}`)).status).toBe(status);
  });
});

describe('GET /v1/checkpoints', () => {
  it('pages through all of them, ascending', async () => {
    const sizes: number[] = [];
    let after: number | undefined = 0;
    while (after !== undefined) {
      const page: z.output<typeof checkpointPage> = await json(
        `/v1/checkpoints?limit=5&after=${after}`,
        checkpointPage,
      );
      sizes.push(...page.checkpoints.map(({ size }) => size));
      after = page.next;
    }
    expect(sizes).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('has the one first signed for a size, with its time', async () => {
    const { note, time, root } = log.reader.checkpoint(5)!;
    expect(await json('/v1/checkpoints/5', storedCheckpoint)).toEqual({
      ...{ size: 5, time, checkpoint: note },
      rootHash: Buffer.from(root).toString('hex'),
    });
  });

  it.each([
    ['/v1/checkpoints/13', 404],
    ['/v1/checkpoints/0', 400],
    ['/v1/checkpoints/latest', 400],
    ['/v1/checkpoints/05', 400],
    ['/v1/checkpoints?limit=0', 400],
    ['/v1/checkpoints?limit=1001', 400],
    ['/v1/checkpoints?after=-1', 400],
  ])('answers %s by %i', async (path, status) => {
    expect((await get(path)).status).toBe(status);
  });

  it('answers 404 for a published size that no checkpoint was signed for', async () => {
    const batched = testApp(undefined, 0);
    const body = '{"text":"a"}\n{"text":"b"}\n';
    await batched.request('/v1/entries:batch', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    });
    const answer = await batched.get('/v1/checkpoints/2');
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'not_found']);
  });
});
