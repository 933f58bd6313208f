/** Proofs against transparency-dev/merkle and formats: ours judged there, theirs judged here. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/core/bytes.ts';
import { isLogError } from '../../src/core/errors.ts';
import { verifyConsistency, verifyInclusion } from '../../src/core/proof.ts';
import type { Judge } from './judge.ts';
import { useJudgedServer } from './judged-server.ts';
import { getJson, getText, type Server } from './server.ts';
import { proveConsistency, proveInclusion } from './sparse-tree.ts';
import { growTo } from './submissions.ts';

const SIZE = 300;
const NUMBER_OF_RUNS = 300;

let judge: Judge;
let server: Server;

useJudgedServer(async (startedJudge, startedServer) => {
  judge = startedJudge;
  server = startedServer;
  await growTo(server, SIZE);
});

/** Small sizes, where every shape occurs, and all others up to the largest. */
const size = fc.oneof(
  fc.integer({ min: 1, max: 70 }),
  fc.maxSafeNat().filter((n) => n > 0),
);
const leafAndSize = fc.tuple(size, fc.maxSafeNat()).map(([n, i]) => ({ size: n, index: i % n }));
const twoSizes = fc.tuple(size, size).map(([a, b]) => ({ first: Math.min(a, b), second: Math.max(a, b) }));

const hex = (hashes: readonly Uint8Array[]) => hashes.map(toHex);
const flip = (hash: string) => (hash.startsWith('0') ? '1' : '0') + hash.slice(1);
const flipFirst = (hashes: readonly string[]) => hashes.map((hash, i) => (i === 0 ? flip(hash) : hash));

async function holds<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => Promise<void>): Promise<void> {
  await fc.assert(fc.asyncProperty(arbitrary, property), { numRuns: NUMBER_OF_RUNS });
}

function refuses(verify: () => void): boolean {
  try {
    verify();
    return false;
  } catch (error) {
    return isLogError(error, 'proof_invalid');
  }
}

describe('proofs of our core, of any size', () => {
  it('of inclusion are what Go proves, and Go accepts them', () =>
    holds(leafAndSize, async ({ index, size }) => {
      const { leafHash, root, hashes } = proveInclusion(index, size);
      const claim = { leafHash: toHex(leafHash), root: toHex(root), hashes: hex(hashes) };
      expect(await judge.ask({ do: 'proveInclusion', index, size })).toEqual(claim);
      expect(await judge.accepts({ do: 'inclusion', index, size, ...claim })).toBe(true);
      expect(await judge.accepts({ do: 'inclusion', index, size, ...claim, root: flip(claim.root) })).toBe(false);
    }));

  it('of consistency are what Go proves, and Go accepts them', () =>
    holds(twoSizes, async ({ first, second }) => {
      const { firstRoot, secondRoot, hashes } = proveConsistency(first, second);
      const claim = { firstRoot: toHex(firstRoot), secondRoot: toHex(secondRoot), hashes: hex(hashes) };
      expect(await judge.ask({ do: 'proveConsistency', first, second })).toEqual(claim);
      expect(await judge.accepts({ do: 'consistency', first, second, ...claim })).toBe(true);
      const forged = { ...claim, firstRoot: flip(claim.firstRoot) };
      expect(await judge.accepts({ do: 'consistency', first, second, ...forged })).toBe(false);
    }));
});

describe('proofs of Go, of any size', () => {
  it('of inclusion are accepted by our core, but not with a changed hash', () =>
    holds(leafAndSize, async ({ index, size }) => {
      type Proved = { leafHash: string; root: string; hashes: string[] };
      const proved = await judge.ask<Proved>({ do: 'proveInclusion', index, size });
      const [leafHash, root] = [fromHex(proved.leafHash), fromHex(proved.root)];
      const verify = (hashes: string[]) =>
        verifyInclusion({ index, size, leafHash, root, proof: hashes.map((hash) => fromHex(hash)) });
      verify(proved.hashes);
      if (proved.hashes.length > 0) expect(refuses(() => verify(flipFirst(proved.hashes)))).toBe(true);
    }));

  it('of consistency are accepted by our core, but not with a changed hash', () =>
    holds(twoSizes, async ({ first, second }) => {
      type Proved = { firstRoot: string; secondRoot: string; hashes: string[] };
      const proved = await judge.ask<Proved>({ do: 'proveConsistency', first, second });
      const [firstRoot, secondRoot] = [fromHex(proved.firstRoot), fromHex(proved.secondRoot)];
      const verify = (hashes: string[]) =>
        verifyConsistency({ first, second, firstRoot, secondRoot, proof: hashes.map((hash) => fromHex(hash)) });
      verify(proved.hashes);
      if (proved.hashes.length > 0) expect(refuses(() => verify(flipFirst(proved.hashes)))).toBe(true);
    }));
});

describe('what the server proves', () => {
  interface Inclusion {
    leafHash: string;
    inclusionProof: { rootHash: string; hashes: string[] };
  }
  const inclusion = (index: number, size: number) =>
    getJson<Inclusion>(server, `/v1/proofs/inclusion?index=${index}&size=${size}`);
  const rootAt = async (size: number) => (await inclusion(0, size)).inclusionProof.rootHash;

  it('of inclusion, Go accepts for every entry at a size of its own', async () => {
    for (let index = 0; index < SIZE; index++) {
      const size = index + 1 + ((index * 31) % (SIZE - index));
      const { leafHash, inclusionProof } = await inclusion(index, size);
      const { rootHash: root, hashes } = inclusionProof;
      await judge.ask({ do: 'inclusion', index, size, leafHash, root, hashes });
    }
  });

  it('of consistency, Go accepts from every size to one of its own', async () => {
    for (let first = 1; first <= SIZE; first++) {
      const second = first + ((first * 31) % (SIZE - first + 1));
      const { consistencyProof } = await getJson<{ consistencyProof: { hashes: string[] } }>(
        server,
        `/v1/proofs/consistency?first=${first}&second=${second}`,
      );
      const [firstRoot, secondRoot] = [await rootAt(first), await rootAt(second)];
      await judge.ask({ do: 'consistency', first, second, firstRoot, secondRoot, hashes: consistencyProof.hashes });
    }
  });

  it('as a .tlog-proof file, Go reads, verifies and would have written byte for byte', async () => {
    for (const index of [0, 1, 2, 127, 128, 255, 256, SIZE - 1]) {
      const file = await getText(server, `/v1/entries/${index}/tlog-proof`);
      const { leafHash } = await inclusion(index, SIZE);
      const question = { do: 'tlogProof', file, leafHash, vkey: server.verifierKey };
      expect(await judge.ask(question)).toMatchObject({ index, canonical: true });
      expect(await judge.accepts({ ...question, leafHash: flip(leafHash) })).toBe(false);
    }
  });
});
