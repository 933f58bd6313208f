import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_ROOT, type Hash, leafHash } from '../../src/core/hash.ts';
import { type NodeId, powerOfTwo } from '../../src/core/merkle.ts';
import {
  assembleProof,
  type ConsistencyClaim,
  planConsistency,
  planInclusion,
  rootFromInclusion,
  verifyConsistency,
  verifyInclusion,
} from '../../src/core/proof.ts';
import { naiveConsistency, naiveLeafHash, naivePath, naiveTree, type TreeHash, virtualTree } from './naive-merkle.ts';
import { flipped, verdict } from './verdict.ts';

const SIZE = 130;
const leaves = Array.from({ length: SIZE }, (_, i) => Uint8Array.of(i));
const tree = naiveTree(leaves);
const rootOf = (size: number): Hash => tree(0n, BigInt(size));
const leafHashes = leaves.map(leafHash);

function nodeOf(mth: TreeHash, { level, index }: NodeId): Hash {
  const width = BigInt(powerOfTwo(level));
  return mth(BigInt(index) * width, (BigInt(index) + 1n) * width);
}

function inclusion(mth: TreeHash, index: number, size: number): Hash[] {
  const plan = planInclusion(index, size);
  return assembleProof(
    plan,
    plan.nodes.map((node) => nodeOf(mth, node)),
  );
}

function consistency(mth: TreeHash, first: number, second: number): Hash[] {
  const plan = planConsistency(first, second);
  return assembleProof(
    plan,
    plan.nodes.map((node) => nodeOf(mth, node)),
  );
}

const plain = (hashes: readonly Uint8Array[]) => hashes.map((hash) => Buffer.from(hash).toString('hex'));

describe('against the definitions of RFC 6962, every size up to 130', () => {
  it('builds the inclusion proof of every leaf, and accepts it', () => {
    for (let size = 1; size <= SIZE; size++) {
      const root = rootOf(size);
      for (let index = 0; index < size; index++) {
        const proof = inclusion(tree, index, size);
        expect(plain(proof)).toEqual(plain(naivePath(tree, BigInt(index), 0n, BigInt(size))));
        verifyInclusion({ index, size, leafHash: leafHashes[index]!, root, proof });
      }
    }
  });

  it('builds the consistency proof of every pair of sizes, and accepts it', () => {
    for (let second = 1; second <= SIZE; second++) {
      for (let first = 1; first <= second; first++) {
        const proof = consistency(tree, first, second);
        expect(plain(proof)).toEqual(plain(naiveConsistency(tree, BigInt(first), BigInt(second))));
        verifyConsistency({ first, second, firstRoot: rootOf(first), secondRoot: rootOf(second), proof });
      }
    }
  });

  it('rejects an inclusion proof under every other index of the tree', () => {
    for (let size = 1; size <= 40; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusion(tree, index, size);
        for (let other = 0; other < size; other++) {
          if (other === index) continue;
          const claim = { index: other, size, leafHash: leafHashes[index]!, root: rootOf(size), proof };
          expect(verdict(() => verifyInclusion(claim))).toBe('proof_invalid');
        }
      }
    }
  });
});

describe('mutations', () => {
  it('rejects an inclusion proof with any single bit changed, sizes up to 16', () => {
    for (let size = 1; size <= 16; size++) {
      for (let index = 0; index < size; index++) {
        const claim = {
          index,
          size,
          leafHash: leafHashes[index]!,
          root: rootOf(size),
          proof: inclusion(tree, index, size),
        };
        const accepted: string[] = [];
        for (let bit = 0; bit < 256; bit++) {
          if (verdict(() => verifyInclusion({ ...claim, root: flipped(claim.root, bit) })) !== 'proof_invalid')
            accepted.push(`root ${bit}`);
          if (verdict(() => verifyInclusion({ ...claim, leafHash: flipped(claim.leafHash, bit) })) !== 'proof_invalid')
            accepted.push(`leaf ${bit}`);
          for (let at = 0; at < claim.proof.length; at++) {
            const proof = claim.proof.with(at, flipped(claim.proof[at]!, bit));
            if (verdict(() => verifyInclusion({ ...claim, proof })) !== 'proof_invalid')
              accepted.push(`proof ${at} ${bit}`);
          }
        }
        expect(accepted).toEqual([]);
      }
    }
  });

  it('rejects a consistency proof with any single bit changed, sizes up to 12', () => {
    for (let second = 1; second <= 12; second++) {
      for (let first = 1; first <= second; first++) {
        const claim: ConsistencyClaim = {
          first,
          second,
          firstRoot: rootOf(first),
          secondRoot: rootOf(second),
          proof: consistency(tree, first, second),
        };
        const accepted: string[] = [];
        for (let bit = 0; bit < 256; bit++) {
          if (
            verdict(() => verifyConsistency({ ...claim, firstRoot: flipped(claim.firstRoot, bit) })) !== 'proof_invalid'
          )
            accepted.push(`first ${bit}`);
          if (
            verdict(() => verifyConsistency({ ...claim, secondRoot: flipped(claim.secondRoot, bit) })) !==
            'proof_invalid'
          )
            accepted.push(`second ${bit}`);
          for (let at = 0; at < claim.proof.length; at++) {
            const proof = claim.proof.with(at, flipped(claim.proof[at]!, bit));
            if (verdict(() => verifyConsistency({ ...claim, proof })) !== 'proof_invalid')
              accepted.push(`proof ${at} ${bit}`);
          }
        }
        expect(accepted).toEqual([]);
      }
    }
  });

  it('B14: that an entry is among a million has at most 20 hashes', () => {
    const size = 1_000_000;
    const lengths = Array.from({ length: 1000 }, (_, i) => {
      const { nodes, fold } = planInclusion(Math.floor((i * size) / 1000), size);
      return nodes.length - (fold === undefined ? 0 : fold.end - fold.start - 1);
    });
    expect(Math.max(...lengths)).toBeLessThanOrEqual(20);
  });

  it('rejects proofs of any other length', () => {
    for (let size = 1; size <= 70; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusion(tree, index, size);
        const claim = { index, size, leafHash: leafHashes[index]!, root: rootOf(size) };
        const others = [
          [...proof, rootOf(size)],
          [rootOf(size), ...proof],
          [...proof, ...proof, EMPTY_ROOT],
        ];
        if (proof.length > 0) others.push(proof.slice(1), proof.slice(0, -1));
        for (const other of others)
          expect(verdict(() => verifyInclusion({ ...claim, proof: other }))).toBe('proof_invalid');
      }
    }
  });
});

describe('malformed claims', () => {
  const root = rootOf(8);
  const claim = { index: 3, size: 8, leafHash: leafHashes[3]!, root, proof: inclusion(tree, 3, 8) };
  const BAD = [-1, 0.5, 2 ** 53, Number(18446744073709551615n), Number.NaN, Number.POSITIVE_INFINITY];

  it.each(BAD)('rejects the number %d as an index or a size', (bad) => {
    expect(verdict(() => verifyInclusion({ ...claim, index: bad }))).toBe('proof_invalid');
    expect(verdict(() => verifyInclusion({ ...claim, size: bad }))).toBe('proof_invalid');
    const pair = { first: 3, second: 8, firstRoot: rootOf(3), secondRoot: root, proof: consistency(tree, 3, 8) };
    expect(verdict(() => verifyConsistency({ ...pair, first: bad }))).toBe('proof_invalid');
    expect(verdict(() => verifyConsistency({ ...pair, second: bad }))).toBe('proof_invalid');
  });

  it.each([0, 31, 33, 64])('rejects a hash of %d bytes wherever it stands', (length) => {
    const hash = new Uint8Array(length);
    expect(verdict(() => verifyInclusion({ ...claim, root: hash }))).toBe('proof_invalid');
    expect(verdict(() => verifyInclusion({ ...claim, leafHash: hash }))).toBe('proof_invalid');
    expect(verdict(() => verifyInclusion({ ...claim, proof: claim.proof.with(1, hash) }))).toBe('proof_invalid');
    expect(verdict(() => rootFromInclusion({ ...claim, leafHash: hash }))).toBe('proof_invalid');
  });

  it('rejects what is no byte string', () => {
    const text = 'a'.repeat(32) as unknown as Hash;
    expect(verdict(() => verifyInclusion({ ...claim, leafHash: text }))).toBe('proof_invalid');
    expect(verdict(() => verifyInclusion({ ...claim, proof: [text, ...claim.proof.slice(1)] }))).toBe('proof_invalid');
  });

  it('rejects an index at or above the size, and any index in the empty tree', () => {
    expect(verdict(() => verifyInclusion({ ...claim, index: 8 }))).toBe('proof_invalid');
    expect(
      verdict(() => verifyInclusion({ index: 0, size: 0, leafHash: EMPTY_ROOT, root: EMPTY_ROOT, proof: [] })),
    ).toBe('proof_invalid');
  });
});

describe('consistency at the edges', () => {
  const at = (first: number, second: number, firstRoot: Hash, secondRoot: Hash, proof: Hash[] = []) =>
    verdict(() => verifyConsistency({ first, second, firstRoot, secondRoot, proof }));

  it('accepts size 0 with itself only where both roots are that of the empty tree', () => {
    expect(at(0, 0, EMPTY_ROOT, EMPTY_ROOT)).toBe('accepted');
    expect(at(0, 0, rootOf(1), rootOf(1))).toBe('proof_invalid');
    expect(at(0, 0, EMPTY_ROOT, rootOf(1))).toBe('proof_invalid');
  });

  it('never accepts a step from size 0 to another', () => {
    expect(at(0, 1, EMPTY_ROOT, rootOf(1))).toBe('proof_invalid');
    expect(at(0, 1, EMPTY_ROOT, rootOf(1), [rootOf(1)])).toBe('proof_invalid');
  });

  it('accepts equal sizes only with equal roots and an empty proof', () => {
    expect(at(5, 5, rootOf(5), rootOf(5))).toBe('accepted');
    expect(at(5, 5, rootOf(5), rootOf(6))).toBe('proof_invalid');
    expect(at(5, 5, rootOf(5), rootOf(5), [rootOf(5)])).toBe('proof_invalid');
  });

  it('rejects a first size above the second', () => {
    expect(at(6, 5, rootOf(6), rootOf(5), consistency(tree, 5, 6))).toBe('proof_invalid');
  });
});

describe('far beyond 32 bits', () => {
  const filler = Uint8Array.of(0xff);
  const near = (center: number) => fc.integer({ min: 1, max: 5000 }).map((distance) => center - distance);
  const sizes = fc.oneof(near(2 ** 40), near(2 ** 53), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));

  it('builds and accepts inclusion proofs as the definitions have them', () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (size, share) => {
        const index = Math.floor(size * share);
        const mth = virtualTree(filler, new Map([[BigInt(index), Uint8Array.of(1)]]));
        const proof = inclusion(mth, index, size);
        expect(plain(proof)).toEqual(plain(naivePath(mth, BigInt(index), 0n, BigInt(size))));
        const claim = { index, size, leafHash: naiveLeafHash(Uint8Array.of(1)), root: mth(0n, BigInt(size)), proof };
        verifyInclusion(claim);
        if (index > 0) expect(verdict(() => verifyInclusion({ ...claim, index: index - 1 }))).toBe('proof_invalid');
      }),
      { numRuns: 150 },
    );
  });

  it('builds and accepts consistency proofs as the definitions have them', () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (second, share) => {
        const first = Math.max(1, Math.floor(second * share));
        const mth = virtualTree(filler, new Map([[BigInt(first - 1), Uint8Array.of(1)]]));
        const proof = consistency(mth, first, second);
        expect(plain(proof)).toEqual(plain(naiveConsistency(mth, BigInt(first), BigInt(second))));
        verifyConsistency({
          first,
          second,
          firstRoot: mth(0n, BigInt(first)),
          secondRoot: mth(0n, BigInt(second)),
          proof,
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe('planners', () => {
  it('refuse what is no index or size of a tree', () => {
    expect(() => planInclusion(8, 8)).toThrow(RangeError);
    expect(() => planInclusion(-1, 8)).toThrow(RangeError);
    expect(() => planInclusion(0, 2 ** 53)).toThrow(RangeError);
    expect(() => planConsistency(9, 8)).toThrow(RangeError);
    expect(() => planConsistency(0.5, 8)).toThrow(RangeError);
  });

  it('read nothing where nothing needs to be proved', () => {
    for (const [first, second] of [
      [0, 0],
      [0, 7],
      [7, 7],
    ] as const) {
      expect(planConsistency(first, second).nodes).toEqual([]);
    }
    expect(planInclusion(0, 1).nodes).toEqual([]);
  });

  it('want one hash for each node', () => {
    expect(() => assembleProof(planInclusion(0, 8), [])).toThrow(RangeError);
  });
});
