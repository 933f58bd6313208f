import { beforeEach, describe, expect, it } from 'vitest';
import { TileClient } from '../../src/client/tile-client.ts';
import { toHex } from '../../src/core/bytes.ts';
import type { LogError } from '../../src/core/errors.ts';
import { FakeLog, problem } from './fake-log.ts';

let log: FakeLog;

beforeEach(() => {
  log = new FakeLog().grow(600);
});

function client(): TileClient {
  const { url, verifierKey, fetch } = log;
  return new TileClient({ url, verifierKey, fetch, retry: { attempts: 1 } });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: LogError) => error.code ?? String(error),
  );
}

describe('inclusionProof', () => {
  it.each([0, 1, 255, 256, 511, 512, 599])('builds the proof of entry %i from tiles', async (index) => {
    const tiles = client();
    const { hashes, leafHash } = await tiles.inclusionProof(index, await tiles.checkpoint());
    expect({ hashes: hashes.map(toHex) }).toEqual({
      hashes: (log.inclusion(index, 600) as { hashes: string[] }).hashes,
    });
    expect(toHex(leafHash)).toBe(toHex(log.stored[index]!.hash));
  });

  it('detects a changed tile', async () => {
    log.lie = (path, answer) => (path.startsWith('/tile/0/001') ? flipped(answer as Uint8Array) : answer);
    const tiles = client();
    expect(await codeOf(tiles.inclusionProof(300, await tiles.checkpoint()))).toBe('proof_invalid');
  });

  it('detects a tile that is too short', async () => {
    log.lie = (path, answer) => (path.startsWith('/tile/0') ? (answer as Uint8Array).subarray(0, 40) : answer);
    const tiles = client();
    expect(await codeOf(tiles.inclusionProof(300, await tiles.checkpoint()))).toBe('malformed_tile');
  });
});

describe('consistencyProof', () => {
  it.each([1, 2, 255, 256, 257, 512, 599, 600])('proves that the tree extends that of %i entries', async (size) => {
    const tiles = client();
    const proof = await tiles.consistencyProof({ size, root: log.root(size) }, await tiles.checkpoint());
    expect(proof.map(toHex)).toEqual(log.consistency(size, 600).map(toHex));
  });

  it('refuses a tree that the newer one does not begin with', async () => {
    const tiles = client();
    expect(await codeOf(tiles.consistencyProof({ size: 300, root: log.root(301) }, await tiles.checkpoint()))).toBe(
      'proof_invalid',
    );
  });
});

describe('leaves', () => {
  async function read(start: number, end: number, size = 600): Promise<number[]> {
    const tiles = client();
    const indexes: number[] = [];
    for await (const { index, leaf } of tiles.leaves(start, end, { size, root: log.root(size) })) {
      expect(toHex(leaf)).toBe(toHex(log.stored[index]!.leaf));
      indexes.push(index);
    }
    return indexes;
  }

  it('reads across bundles', async () => {
    const indexes = await read(250, 600);
    expect([indexes.length, indexes[0], indexes.at(-1)]).toEqual([350, 250, 599]);
  });

  it('uses the full bundle where the partial one is gone', async () => {
    log.grow(168);
    log.lie = (path, answer) => (path.includes('/002.p/') ? problem(404, 'not_found') : answer);
    expect(await read(512, 600)).toHaveLength(88);
  });

  it.each([0, 100, 255])('detects a changed leaf at %i of its bundle', async (offset) => {
    const at = log.stored.slice(0, offset).reduce((sum, { leaf }) => sum + 2 + leaf.length, 2);
    log.lie = (path, answer) => {
      if (path !== '/tile/entries/000') return answer;
      const bundle = (answer as Uint8Array).slice();
      bundle[at]! += 1;
      return bundle;
    };
    expect(await codeOf(read(0, 256))).toBe('proof_invalid');
  });

  it('detects a changed leaf in the last, partial bundle', async () => {
    log.lie = (path, answer) => (path.startsWith('/tile/entries/002') ? flipped(answer as Uint8Array) : answer);
    expect(await codeOf(read(512, 600))).toBe('proof_invalid');
  });

  it('detects a bundle that is too short', async () => {
    log.lie = (path, answer) => (path.startsWith('/tile/entries') ? (answer as Uint8Array).subarray(0, 12) : answer);
    expect(await codeOf(read(0, 10))).toBe('malformed_tile');
  });
});

/** The last byte changed. */
function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}
