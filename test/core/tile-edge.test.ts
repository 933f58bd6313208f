import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { EMPTY_ROOT, type Hash, leafHash } from '../../src/core/hash.ts';
import { peaks, powerOfTwo } from '../../src/core/merkle.ts';
import { assembleProof, planInclusion, verifyInclusion } from '../../src/core/proof.ts';
import { nodeInTile, partialWidth, tilePath, tilesOf } from '../../src/core/tile.ts';
import { type CompletedTile, TileEdge } from '../../src/core/tile-edge.ts';
import { naiveTree, type TreeHash, virtualTree } from './naive-merkle.ts';
import { verdict } from './verdict.ts';

const leaves = Array.from({ length: 1500 }, (_, i) => Uint8Array.of(i & 0xff, i >> 8));
const leafHashes = leaves.map(leafHash);
const tree = naiveTree(leaves);

/** What an edge leaves behind after these appends: full tiles, partial tiles, root. */
function trace(edge: TileEdge, completed: CompletedTile[]) {
  return {
    size: edge.size,
    root: toHex(edge.root()),
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
    return Array.from(
      { length: width },
      (_, i): Hash => mth((first + BigInt(i)) * step, (first + BigInt(i) + 1n) * step),
    );
  });
  return TileEdge.from(size, partials);
}

describe('batches', () => {
  const one = TileEdge.empty();
  const completedOneByOne = leafHashes.map((hash) => one.append([hash]));

  it('leave the same root and tiles in whatever sizes they come', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 600 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(sizes, fc.boolean(), (batches, cloned) => {
        let edge = TileEdge.empty();
        const completed: CompletedTile[] = [];
        for (const count of batches) {
          if (cloned) edge = edge.clone();
          completed.push(...edge.append(leafHashes.slice(edge.size, edge.size + count)));
        }
        const same = TileEdge.empty();
        same.append(leafHashes.slice(0, edge.size));
        expect(trace(edge, completed)).toEqual(trace(same, completedOneByOne.slice(0, edge.size).flat()));
        expect(toHex(edge.root())).toBe(tree(0n, BigInt(edge.size)).toString('hex'));
      }),
      { numRuns: 60 },
    );
  });

  it('can be proved whole from memory, the first leaf to the last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 800 }), fc.integer({ min: 1, max: 600 }), (before, count) => {
        const base = TileEdge.empty();
        base.append(leafHashes.slice(0, before));
        const edge = base.clone();
        edge.append(leafHashes.slice(before, before + count));
        const size = edge.size;
        for (let index = before; index < size; index++) {
          const plan = planInclusion(index, size);
          const proof = assembleProof(
            plan,
            plan.nodes.map((node) => edge.node(node)!),
          );
          verifyInclusion({ index, size, leafHash: leafHashes[index]!, root: edge.root(), proof });
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe('tiles', () => {
  it('holds, after 70,000 leaves, exactly the tiles that tlog-tiles lists', () => {
    const edge = TileEdge.empty();
    const hash = leafHash(Uint8Array.of(1));
    const mth = virtualTree(Uint8Array.of(1));
    const completed = edge.append(Array.from({ length: 70_000 }, () => hash));
    const full = [...tilesOf(70_000)].filter((tile) => tile.width === 256).map(tilePath);
    expect(completed.map((tile) => tilePath({ ...tile, width: 256 })).sort()).toEqual(full.sort());
    expect([0, 1, 2, 3, 9].map((level) => edge.partial(level).length / 32)).toEqual([112, 17, 1, 0, 0]);
    expect(toHex(edge.root())).toBe(mth(0n, 70_000n).toString('hex'));
    for (const tile of completed)
      expect(toHex(nodeInTile(tile.hashes, { height: 8, offset: 0 }))).toBe(toHex(tile.root));
  });

  it('reports a tile before the one above it', () => {
    const edge = edgeOf(virtualTree(Uint8Array.of(1)), 65_535);
    const completed = edge.append([leafHash(Uint8Array.of(1))]);
    expect(completed.map(({ level, index }) => [level, index])).toEqual([
      [0, 255],
      [1, 0],
    ]);
  });
});

describe('node', () => {
  it('knows the peaks at every size, and nothing that lies beyond the edge', () => {
    const edge = TileEdge.empty();
    for (const hash of leafHashes.slice(0, 600)) {
      edge.append([hash]);
      expect(edge.node({ level: 0, index: edge.size })).toBeUndefined();
      for (const { level, index } of peaks(edge.size)) {
        const width = BigInt(powerOfTwo(level));
        const expected = tree(BigInt(index) * width, BigInt(index + 1) * width).toString('hex');
        expect(toHex(edge.node({ level, index })!)).toBe(expected);
      }
    }
  });

  it('forgets completed tiles when told to, and in a clone', () => {
    const edge = TileEdge.empty();
    edge.append(leafHashes.slice(0, 300));
    expect(edge.node({ level: 3, index: 2 })).toBeDefined();
    expect(edge.clone().node({ level: 3, index: 2 })).toBeUndefined();
    edge.forgetCompleted();
    expect(edge.node({ level: 3, index: 2 })).toBeUndefined();
    expect(edge.node({ level: 8, index: 0 })).toBeDefined();
    expect(edge.node({ level: 0, index: 299 })).toBeDefined();
  });
});

describe('clone', () => {
  it('leaves the original alone when it grows', () => {
    const edge = TileEdge.empty();
    edge.append(leafHashes.slice(0, 250));
    const clone = edge.clone();
    clone.append(leafHashes.slice(250, 300));
    expect(toHex(edge.root())).toBe(tree(0n, 250n).toString('hex'));
    edge.append(leafHashes.slice(250, 520));
    expect(toHex(clone.root())).toBe(tree(0n, 300n).toString('hex'));
    expect(toHex(edge.root())).toBe(tree(0n, 520n).toString('hex'));
  });

  it('is left alone when the original grows first', () => {
    const edge = TileEdge.empty();
    edge.append(leafHashes.slice(0, 250));
    const clone = edge.clone();
    edge.append(leafHashes.slice(250, 251));
    expect(toHex(clone.partial(0))).toBe(toHex(Buffer.concat(leafHashes.slice(0, 250))));
    clone.append(leafHashes.slice(250, 300));
    expect(toHex(clone.root())).toBe(tree(0n, 300n).toString('hex'));
    expect(toHex(clone.partial(0))).toBe(toHex(Buffer.concat(leafHashes.slice(256, 300))));
  });
});

describe('set up from its edge alone', () => {
  it.each([10 ** 9, 2 ** 40 - 300, 2 ** 48 - 1, Number.MAX_SAFE_INTEGER - 700])(
    'a log of %d leaves grows on',
    (size) => {
      const added = new Map(leaves.slice(0, 700).map((leaf, i) => [BigInt(size + i), leaf]));
      const mth = virtualTree(Uint8Array.of(0), added);
      const edge = edgeOf(mth, size);
      expect(toHex(edge.root())).toBe(mth(0n, BigInt(size)).toString('hex'));
      const range = CompactRange.from(
        size,
        peaks(size).map((peak) => edge.node(peak)!),
      );
      edge.append(leafHashes.slice(0, 700));
      for (const hash of leafHashes.slice(0, 700)) range.append(hash);
      expect(toHex(edge.root())).toBe(toHex(range.root()));
      expect(toHex(edge.root())).toBe(mth(0n, BigInt(size + 700)).toString('hex'));
      for (const i of [0, 299, 300, 699]) {
        const plan = planInclusion(size + i, size + 700);
        const proof = assembleProof(
          plan,
          plan.nodes.map((node) => edge.node(node)!),
        );
        verifyInclusion({ index: size + i, size: size + 700, leafHash: leafHashes[i]!, root: range.root(), proof });
      }
    },
  );

  it('refuses tiles that do not fit the size', () => {
    const hash = leafHashes[0]!;
    expect(verdict(() => TileEdge.from(2, [[hash]]))).toBe('corrupt');
    expect(verdict(() => TileEdge.from(256, [[]]))).toBe('corrupt');
    expect(verdict(() => TileEdge.from(256, [[], [hash]]))).toBe('accepted');
    expect(verdict(() => TileEdge.from(0, [[], [hash]]))).toBe('corrupt');
    expect(verdict(() => TileEdge.from(1, [[hash.subarray(1)]]))).toBe('corrupt');
    expect(() => TileEdge.from(2 ** 53, [])).toThrow(RangeError);
  });
});

describe('append', () => {
  it('adds nothing where one hash is bad or the log would be too long', () => {
    const edge = edgeOf(virtualTree(Uint8Array.of(0)), Number.MAX_SAFE_INTEGER - 1);
    const root = toHex(edge.root());
    expect(() => edge.append([leafHashes[0]!, leafHashes[1]!])).toThrow(RangeError);
    expect(() => edge.append([new Uint8Array(31)])).toThrow(RangeError);
    expect(toHex(edge.root())).toBe(root);
  });

  it('starts with the root of the empty tree', () => {
    expect(TileEdge.empty().root()).toEqual(EMPTY_ROOT);
    expect(TileEdge.empty().append([])).toEqual([]);
  });
});
