import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EMPTY_ROOT, type Hash } from '../../src/core/hash.ts';
import { isSubtree, verifySubtreeConsistency, verifySubtreeInclusion } from '../../src/core/subtree.ts';
import { bitCeil, naiveLeafHash, naivePath, naiveSubtreeConsistency, naiveTree, virtualTree } from './naive-merkle.ts';
import { flipped, verdict } from './verdict.ts';

/*
 * The accumulated vectors of the MTC draft's appendix: leaf i is the byte i, all valid subtrees of trees up to 130, one
 * line for each, and the SHA-256 of all lines. Each proof that goes into the sum must also be accepted by src.
 */
const SIZE = 130;
const leaves = Array.from({ length: SIZE }, (_, i) => Uint8Array.of(i));
const tree = naiveTree(leaves);
const root = (start: number, end: number): Hash => tree(BigInt(start), BigInt(end));
const hex = (hashes: readonly Uint8Array[]) => hashes.map((hash) => ` ${Buffer.from(hash).toString('hex')}`).join('');

function* subtrees(): Generator<[number, number]> {
  for (let end = 0; end <= SIZE; end++) {
    for (let start = 0; start <= end; start++) {
      if (BigInt(start) % bitCeil(BigInt(end - start)) === 0n) yield [start, end];
    }
  }
}

describe('accumulated vectors', () => {
  it('hashes every subtree', () => {
    const sum = createHash('sha256');
    for (const [start, end] of subtrees()) sum.update(`[${start}, ${end})${hex([root(start, end)])}\n`);
    expect(sum.digest('hex')).toBe('b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81');
  });

  it('proves every leaf in every subtree', () => {
    const sum = createHash('sha256');
    for (const [start, end] of subtrees()) {
      for (let index = start; index < end; index++) {
        const proof = naivePath(tree, BigInt(index - start), BigInt(start), BigInt(end));
        sum.update(`${index} [${start}, ${end})${hex(proof)}\n`);
        const leafHash = naiveLeafHash(leaves[index]!);
        verifySubtreeInclusion({ index, start, end, leafHash, root: root(start, end), proof });
      }
    }
    expect(sum.digest('hex')).toBe('ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f');
  });

  it('proves every subtree in every tree', () => {
    const sum = createHash('sha256');
    for (let size = 0; size <= SIZE; size++) {
      for (const [start, end] of subtrees()) {
        if (end > size) break;
        const proof = start === end ? [] : naiveSubtreeConsistency(tree, BigInt(start), BigInt(end), BigInt(size));
        sum.update(`[${start}, ${end}) ${size}${hex(proof)}\n`);
        verifySubtreeConsistency({ start, end, size, subtreeRoot: root(start, end), root: root(0, size), proof });
      }
    }
    expect(sum.digest('hex')).toBe('10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74');
  });
});

describe('isSubtree', () => {
  it('agrees with its definition for every range up to 130', () => {
    const valid = new Set([...subtrees()].map(([start, end]) => `${start} ${end}`));
    for (let end = 0; end <= SIZE; end++) {
      for (let start = 0; start <= end; start++) expect(isSubtree(start, end)).toBe(valid.has(`${start} ${end}`));
    }
  });

  it('refuses ranges that are none, and numbers that are no sizes', () => {
    expect(isSubtree(2, 1)).toBe(false);
    expect(isSubtree(-2, -1)).toBe(false);
    expect(isSubtree(0, 2 ** 53)).toBe(false);
    expect(isSubtree(1, Number.MAX_SAFE_INTEGER)).toBe(false);
    expect(isSubtree(0, Number.MAX_SAFE_INTEGER)).toBe(true);
  });
});

describe('rejections', () => {
  it('rejects a subtree proof with any single bit changed, or of another length', () => {
    for (const [start, end, size] of [
      [8, 13, 13],
      [8, 12, 21],
      [0, 6, 7],
      [4, 7, 9],
      [16, 21, 21],
    ] as const) {
      const proof: Hash[] = naiveSubtreeConsistency(tree, BigInt(start), BigInt(end), BigInt(size));
      const claim = { start, end, size, subtreeRoot: root(start, end), root: root(0, size), proof };
      expect(verdict(() => verifySubtreeConsistency(claim))).toBe('accepted');
      const others = [[...proof, EMPTY_ROOT], [EMPTY_ROOT, ...proof], proof.slice(1), proof.slice(0, -1)];
      for (let at = 0; at < proof.length; at++) {
        for (let bit = 0; bit < 256; bit++) {
          others.push(proof.with(at, flipped(proof[at]!, bit)));
        }
      }
      const accepted = others.filter(
        (other) => verdict(() => verifySubtreeConsistency({ ...claim, proof: other })) !== 'proof_invalid',
      );
      expect(accepted).toEqual([]);
    }
  });

  it('accepts an empty subtree of any tree, only with the empty root and an empty proof', () => {
    const claim = { start: 4, end: 4, size: 9, subtreeRoot: EMPTY_ROOT, root: root(0, 9), proof: [] };
    expect(verdict(() => verifySubtreeConsistency(claim))).toBe('accepted');
    expect(verdict(() => verifySubtreeConsistency({ ...claim, subtreeRoot: root(0, 1) }))).toBe('proof_invalid');
    expect(verdict(() => verifySubtreeConsistency({ ...claim, proof: [EMPTY_ROOT] }))).toBe('proof_invalid');
  });

  it('rejects a leaf outside of the subtree', () => {
    const claim = { start: 4, end: 6, leafHash: root(5, 6), root: root(4, 6), proof: [root(4, 5)] };
    expect(verdict(() => verifySubtreeInclusion({ ...claim, index: 5 }))).toBe('accepted');
    for (const index of [3, 4, 6, 1, -1, 5.5, 2 ** 53]) {
      expect(verdict(() => verifySubtreeInclusion({ ...claim, index }))).toBe('proof_invalid');
    }
  });
});

it('verifies subtrees near 2^53', () => {
  const size = Number.MAX_SAFE_INTEGER;
  const start = size - 4095; // a multiple of 4096
  const end = start + 3000;
  const mth = virtualTree(Uint8Array.of(7), new Map([[BigInt(start + 11), Uint8Array.of(1)]]));
  const [low, high, n] = [BigInt(start), BigInt(end), BigInt(size)];
  const proof = naiveSubtreeConsistency(mth, low, high, n);
  verifySubtreeConsistency({ start, end, size, subtreeRoot: mth(low, high), root: mth(0n, n), proof });
});
