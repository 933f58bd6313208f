/** The tile reader of Go's checksum database (golang.org/x/mod/sumdb/tlog) on our tiles over HTTP. */
import { describe, expect, it } from 'vitest';
import { corruptingProxy } from './corrupting-proxy.ts';
import type { Judge } from './judge.ts';
import { useJudgedServer } from './judged-server.ts';
import { getJson, type Server } from './server.ts';
import { growTo } from './submissions.ts';

let judge: Judge;
let server: Server;

useJudgedServer((startedJudge, startedServer) => {
  judge = startedJudge;
  server = startedServer;
});

interface Read {
  size: number;
  /** How many tiles the tree has. */
  tiles: number;
  leafHashes: string[];
  inclusion: string[][];
  consistency: string[][];
}

const read = ({ url, verifierKey }: Server, more = {}) =>
  judge.ask<Read>({ do: 'readTiles', url, vkey: verifierKey, ...more });

describe('tiles', () => {
  // In growing order, on one log. The last number is that of the tiles of both levels.
  it.each([
    [1, 1],
    [255, 1],
    [256, 2],
    [257, 3],
    [700, 4],
  ])('of %d entries are all as the checkpoint says', async (size, tiles) => {
    await growTo(server, size);
    expect(await read(server)).toMatchObject({ size, tiles });
  });

  it('lead to the proofs that the server gives', async () => {
    await growTo(server, 700);
    const inclusion = [
      [0, 1],
      [0, 700],
      [254, 255],
      [255, 256],
      [256, 257],
      [300, 513],
      [699, 700],
    ] as const;
    const consistency = [
      [1, 2],
      [3, 700],
      [255, 256],
      [256, 700],
      [257, 699],
      [512, 700],
    ] as const;
    const proved = await read(server, { inclusion, consistency });
    for (const [i, [index, size]] of inclusion.entries()) {
      const path = `/v1/proofs/inclusion?index=${index}&size=${size}`;
      const given = await getJson<{ leafHash: string; inclusionProof: { hashes: string[] } }>(server, path);
      expect(given.leafHash).toBe(proved.leafHashes[i]);
      expect(given.inclusionProof.hashes).toEqual(proved.inclusion[i]);
    }
    for (const [i, [first, second]] of consistency.entries()) {
      const path = `/v1/proofs/consistency?first=${first}&second=${second}`;
      const given = await getJson<{ consistencyProof: { hashes: string[] } }>(server, path);
      expect(given.consistencyProof.hashes).toEqual(proved.consistency[i]);
    }
  });

  it.each(['/tile/0/000', '/tile/0/002.p/188', '/tile/1/000.p/2'])(
    'with one bit changed are noticed: %s',
    async (path) => {
      await growTo(server, 700);
      const proxy = await corruptingProxy(server, path);
      try {
        await expect(read(proxy)).rejects.toThrow(/tile/);
        expect(proxy.corrupted()).toBeGreaterThan(0);
      } finally {
        await proxy.stop();
      }
    },
  );
});
