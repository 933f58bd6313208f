import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../src/core/bytes.ts';
import { type Hash, leafHash } from '../../src/core/hash.ts';
import { powerOfTwo } from '../../src/core/merkle.ts';
import { NewNodes } from '../../src/core/new-nodes.ts';
import { naiveTree } from './naive-merkle.ts';

const leaves = Array.from({ length: 140 }, (_, i) => Uint8Array.of(i));
const leafHashes = leaves.map(leafHash);
const tree = naiveTree(leaves);

function nodeOf(level: number, index: number): Hash {
  const width = BigInt(powerOfTwo(level));
  return tree(BigInt(index) * width, BigInt(index + 1) * width);
}

describe('appending to trees of 0 to 70 leaves', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 64, 70])('makes %d leaves’ nodes, and no others', (count) => {
    for (let size = 0; size <= 70; size++) {
      const end = size + count;
      const peak = (level: number) => nodeOf(level, Math.floor(size / powerOfTwo(level)) - 1);
      const nodes = NewNodes.hash(size, peak, concat(...leafHashes.slice(size, end)));
      for (let level = 0; level < 9; level++) {
        const [first, last] = [size, end].map((leaf) => Math.floor(leaf / powerOfTwo(level))) as [number, number];
        const left = last > first && first % 2 === 1 ? 1 : 0;
        for (let index = first - left; index < last; index++) {
          expect(toHex(nodes.node({ level, index })!)).toBe(toHex(nodeOf(level, index)));
        }
        expect(nodes.node({ level, index: first - left - 1 })).toBeUndefined();
        expect(nodes.node({ level, index: last })).toBeUndefined();
        expect(nodes.added(level).length).toBe(32 * (last - first));
      }
    }
  });
});

it('keeps what it has when the next batch is hashed', () => {
  const first = NewNodes.ofTree(concat(...leafHashes.slice(0, 8)));
  NewNodes.ofTree(concat(...leafHashes.slice(50, 140)));
  expect(toHex(first.node({ level: 3, index: 0 })!)).toBe(toHex(nodeOf(3, 0)));
});
