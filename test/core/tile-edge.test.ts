import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../src/core/bytes.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { EMPTY_ROOT, leafHash } from '../../src/core/hash.ts';
import { peaks, powerOfTwo } from '../../src/core/merkle.ts';
import {
  assembleProof,
  planConsistency,
  planInclusion,
  verifyConsistency,
  verifyInclusion,
} from '../../src/core/proof.ts';
import { nodeInTile, partialWidth, tilePath, tilesOf } from '../../src/core/tile.ts';
import { type CompletedTile, type Growth, TileEdge } from '../../src/core/tile-edge.ts';
import { naiveTree, type TreeHash, virtualTree } from './naive-merkle.ts';
import { verdict } from './verdict.ts';

const leaves = Array.from({ length: 1500 }, (_, i) => Uint8Array.of(i & 0xff, i >> 8));
const leafHashes = leaves.map(leafHash);
const tree = naiveTree(leaves);

const hashes = (start: number, end: number) => concat(...leafHashes.slice(start, end));
const edgeAt = (size: number) => TileEdge.empty().append(hashes(0, size)).edge;

/** What an edge leaves behind after these appends: full tiles, partial tiles, peaks, root. */
function trace(edge: TileEdge, completed: CompletedTile[]) {
  return {
    size: edge.size,
    root: toHex(edge.root()),
    peaks: edge.peakHashes().map(toHex),
    completed: completed.map((tile) => `${tile.level}/${tile.index} ${toHex(tile.root)} ${toHex(tile.hashes)}`),
    partials: [0, 1, 2].map((level) => toHex(edge.partial(level))),
  };
}

/** The edge of a tree of which only a function of its nodes is known. */
function edgeOf(mth: TreeHash, size: number): TileEdge {
  const partials = Array.from({ length: 7 }, (_, level) => {
    const step = 256n ** BigInt(level);
    const width = partialWidth(level, size);
    const first = (BigInt(size) / step / 256n) * 256n;
    return concat(
      ...Array.from({ length: width }, (_, i) => mth((first + BigInt(i)) * step, (first + BigInt(i) + 1n) * step)),
    );
  });
  return TileEdge.from(size, partials);
}

const prove = (growth: Growth, plan: ReturnType<typeof planInclusion>) =>
  assembleProof(
    plan,
    plan.nodes.map((node) => growth.node(node)!),
  );

describe('batches', () => {
  it('leave the same root and tiles in whatever sizes they come', () => {
    const completedOneByOne: CompletedTile[][] = [];
    let single = TileEdge.empty();
    for (let i = 0; i < leaves.length; i++) {
      const growth = single.append(hashes(i, i + 1));
      completedOneByOne.push(growth.tiles);
      single = growth.edge;
    }
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 600 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(sizes, (batches) => {
        let edge = TileEdge.empty();
        const completed: CompletedTile[] = [];
        for (const count of batches) {
          const growth = edge.append(hashes(edge.size, edge.size + count));
          completed.push(...growth.tiles);
          edge = growth.edge;
        }
        const expected = trace(edgeAt(edge.size), completedOneByOne.slice(0, edge.size).flat());
        expect(trace(edge, completed)).toEqual(expected);
        expect(toHex(edge.root())).toBe(tree(0n, BigInt(edge.size)).toString('hex'));
      }),
      { numRuns: 60 },
    );
  });

  it('can be proved whole from what they added, the first leaf to the last, and as an extension', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 800 }), fc.integer({ min: 1, max: 600 }), (before, count) => {
        const base = edgeAt(before);
        const growth = base.append(hashes(before, before + count));
        const { size } = growth.edge;
        const root = growth.edge.root();
        for (let index = before; index < size; index++) {
          const proof = prove(growth, planInclusion(index, size));
          verifyInclusion({ index, size, leafHash: leafHashes[index]!, root, proof });
        }
        const proof = prove(growth, planConsistency(before, size));
        if (before === 0) return;
        verifyConsistency({ first: before, second: size, firstRoot: base.root(), secondRoot: root, proof });
      }),
      { numRuns: 12 },
    );
  });
});

describe('tiles', () => {
  it('are, after 70,000 leaves, exactly those that tlog-tiles lists', () => {
    const hash = leafHash(Uint8Array.of(1));
    const mth = virtualTree(Uint8Array.of(1));
    const { edge, tiles } = TileEdge.empty().append(concat(...Array.from({ length: 70_000 }, () => hash)));
    const full = [...tilesOf(70_000)].filter((tile) => tile.width === 256).map(tilePath);
    expect(tiles.map((tile) => tilePath({ ...tile, width: 256 })).sort()).toEqual(full.sort());
    expect([0, 1, 2, 3, 9].map((level) => edge.partial(level).length / 32)).toEqual([112, 17, 1, 0, 0]);
    expect(toHex(edge.root())).toBe(mth(0n, 70_000n).toString('hex'));
    for (const tile of tiles) expect(toHex(nodeInTile(tile.hashes, { height: 8, offset: 0 }))).toBe(toHex(tile.root));
  });

  it('come before the one above them', () => {
    const edge = edgeOf(virtualTree(Uint8Array.of(1)), 65_535);
    const { tiles } = edge.append(leafHash(Uint8Array.of(1)));
    expect(tiles.map(({ level, index }) => [level, index])).toEqual([
      [0, 255],
      [1, 0],
    ]);
  });
});

describe('peaks', () => {
  it('are right at every size', () => {
    let edge = TileEdge.empty();
    for (let size = 1; size <= 600; size++) {
      edge = edge.append(leafHashes[size - 1]!).edge;
      for (const { level, index } of peaks(size)) {
        const width = BigInt(powerOfTwo(level));
        const expected = tree(BigInt(index) * width, BigInt(index + 1) * width).toString('hex');
        expect(toHex(edge.peak(level))).toBe(expected);
      }
    }
    expect(() => edge.peak(0)).toThrow(RangeError);
  });
});

describe('an edge never changes', () => {
  it('whichever of two batches is appended to it first', () => {
    const base = edgeAt(250);
    const before = trace(base, []);
    const one = base.append(hashes(250, 300));
    const other = base.append(concat(...leafHashes.slice(700, 760)));
    expect(trace(base, [])).toEqual(before);
    expect(trace(one.edge, one.tiles)).toEqual(trace(edgeAt(300), edgeAt(250).append(hashes(250, 300)).tiles));
    const moved = naiveTree([...leaves.slice(0, 250), ...leaves.slice(700, 760)]);
    expect(toHex(other.edge.root())).toBe(moved(0n, 310n).toString('hex'));
    expect(toHex(other.tiles[0]!.hashes)).toBe(toHex(concat(hashes(0, 250), hashes(700, 706))));
  });

  it('when what it was made from does', () => {
    const input = hashes(0, 3);
    const growth = TileEdge.empty().append(input);
    const { edge } = growth;
    const root = toHex(edge.root());
    input.fill(0);
    expect(toHex(edge.append(leafHashes[3]!).edge.root())).toBe(tree(0n, 4n).toString('hex'));
    expect(toHex(edge.root())).toBe(root);
    expect(toHex(growth.node({ level: 0, index: 2 })!)).toBe(toHex(leafHashes[2]!));
  });
});

describe('set up from its partial tiles alone', () => {
  it.each([10 ** 9, 2 ** 40 - 300, 2 ** 48 - 1, Number.MAX_SAFE_INTEGER - 700])(
    'a log of %d leaves grows on',
    (size) => {
      const added = new Map(leaves.slice(0, 700).map((leaf, i) => [BigInt(size + i), leaf]));
      const mth = virtualTree(Uint8Array.of(0), added);
      const edge = edgeOf(mth, size);
      expect(toHex(edge.root())).toBe(mth(0n, BigInt(size)).toString('hex'));
      const range = CompactRange.from(size, edge.peakHashes());
      const growth = edge.append(hashes(0, 700));
      for (const hash of leafHashes.slice(0, 700)) range.append(hash);
      expect(toHex(growth.edge.root())).toBe(toHex(range.root()));
      expect(toHex(growth.edge.root())).toBe(mth(0n, BigInt(size + 700)).toString('hex'));
      for (const i of [0, 299, 300, 699]) {
        const proof = prove(growth, planInclusion(size + i, size + 700));
        verifyInclusion({ index: size + i, size: size + 700, leafHash: leafHashes[i]!, root: range.root(), proof });
      }
    },
  );

  it('refuses tiles that do not fit the size', () => {
    const hash = leafHashes[0]!;
    const none = new Uint8Array(0);
    expect(verdict(() => TileEdge.from(2, [hash]))).toBe('corrupt');
    expect(verdict(() => TileEdge.from(256, [none]))).toBe('corrupt');
    expect(verdict(() => TileEdge.from(256, [none, hash]))).toBe('accepted');
    expect(verdict(() => TileEdge.from(0, [none, hash]))).toBe('corrupt');
    expect(verdict(() => TileEdge.from(1, [hash.subarray(1)]))).toBe('corrupt');
    expect(() => TileEdge.from(2 ** 53, [])).toThrow(RangeError);
  });
});

describe('append', () => {
  it('refuses what is no whole number of hashes, and a log that would be too long', () => {
    const edge = edgeOf(virtualTree(Uint8Array.of(0)), Number.MAX_SAFE_INTEGER - 1);
    expect(() => edge.append(hashes(0, 2))).toThrow(RangeError);
    expect(() => edge.append(new Uint8Array(31))).toThrow(RangeError);
  });

  it('starts with the root of the empty tree', () => {
    expect(TileEdge.empty().root()).toEqual(EMPTY_ROOT);
    const { edge, tiles } = TileEdge.empty().append(new Uint8Array(0));
    expect([edge.size, tiles]).toEqual([0, []]);
  });
});
