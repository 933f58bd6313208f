import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { EMPTY_ROOT, leafHash } from '../../src/core/hash.ts';
import { peaks, powerOfTwo } from '../../src/core/merkle.ts';
import { naiveLeafHash, naiveTree, virtualTree } from './naive-merkle.ts';
import { verdict } from './verdict.ts';

const leaves = Array.from({ length: 130 }, (_, i) => Uint8Array.of(i));
const tree = naiveTree(leaves);

it('has the root of the definition after every append', () => {
  const range = CompactRange.empty();
  expect(range.root()).toEqual(EMPTY_ROOT);
  for (const [i, leaf] of leaves.entries()) {
    range.append(leafHash(leaf));
    expect(range.size).toBe(i + 1);
    expect(toHex(range.root())).toBe(tree(0n, BigInt(i + 1)).toString('hex'));
  }
});

it('goes on from its peaks as if it had never stopped', () => {
  for (let size = 0; size < leaves.length; size++) {
    const before = CompactRange.empty();
    for (const leaf of leaves.slice(0, size)) before.append(leafHash(leaf));
    const range = CompactRange.from(size, before.peakHashes());
    range.append(leafHash(leaves[size]!));
    expect(toHex(range.root())).toBe(tree(0n, BigInt(size + 1)).toString('hex'));
  }
});

it('appends up to 2^53-1 leaves and no further', () => {
  const size = Number.MAX_SAFE_INTEGER - 1;
  const filler = Uint8Array.of(9);
  const mth = virtualTree(filler);
  const hashes = peaks(size).map(({ level, index }) => {
    const width = BigInt(powerOfTwo(level));
    return mth(BigInt(index) * width, BigInt(index + 1) * width);
  });
  const range = CompactRange.from(size, hashes);
  expect(toHex(range.root())).toBe(mth(0n, BigInt(size)).toString('hex'));
  range.append(naiveLeafHash(filler));
  expect(toHex(range.root())).toBe(mth(0n, BigInt(size) + 1n).toString('hex'));
  expect(() => range.append(naiveLeafHash(filler))).toThrow(RangeError);
});

describe('refuses', () => {
  it('peaks that do not fit the size', () => {
    const hash = leafHash(leaves[0]!);
    expect(verdict(() => CompactRange.from(3, [hash]))).toBe('corrupt');
    expect(verdict(() => CompactRange.from(2, [hash, hash]))).toBe('corrupt');
    expect(verdict(() => CompactRange.from(1, [hash.subarray(1)]))).toBe('corrupt');
    expect(() => CompactRange.from(-1, [])).toThrow(RangeError);
  });

  it('a leaf hash of another length', () => {
    expect(() => CompactRange.empty().append(new Uint8Array(31))).toThrow(RangeError);
  });
});
