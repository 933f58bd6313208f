import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { leafHash } from '../../src/core/hash.ts';
import {
  encodeEntryBundle,
  entriesPath,
  MAX_LEAF_LENGTH,
  nodeInTile,
  parseEntryBundle,
  parseTilePath,
  partialWidth,
  type TileId,
  tileOfNode,
  tilePath,
  tilesAdded,
  tilesOf,
} from '../../src/core/tile.ts';
import { naiveTree, virtualTree } from './naive-merkle.ts';
import { verdict } from './verdict.ts';

const PATHS: [TileId, string][] = [
  [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
  [{ level: 0, index: 0, width: 1 }, 'tile/0/000.p/1'],
  [{ level: 0, index: 999, width: 256 }, 'tile/0/999'],
  [{ level: 1, index: 1000, width: 256 }, 'tile/1/x001/000'],
  [{ level: 0, index: 1234, width: 5 }, 'tile/0/x001/234.p/5'],
  [{ level: 2, index: 1_234_067, width: 255 }, 'tile/2/x001/x234/067.p/255'],
  [{ level: 63, index: 100_000, width: 256 }, 'tile/63/x100/000'],
  [{ level: 0, index: Number.MAX_SAFE_INTEGER, width: 9 }, 'tile/0/x009/x007/x199/x254/x740/991.p/9'],
];

describe('paths', () => {
  it.each(PATHS)('writes and reads %o as %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual({ kind: 'tile', tile });
    const entries = path.replace(/^tile\/\d+/, 'tile/entries');
    expect(entriesPath(tile.index, tile.width)).toBe(entries);
    expect(parseTilePath(entries)).toEqual({ kind: 'entries', index: tile.index, width: tile.width });
  });

  it.each([
    '',
    'tile',
    'tile/0',
    'tile/0/',
    '/tile/0/000',
    'tile/0/000/',
    'tile//000',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/a/000',
    'tile/0/x000',
    'tile/0/x000/000',
    'tile/0/x000/x001/000',
    'tile/0/001/000',
    'tile/0/x001/x000',
    'tile/0/X001/000',
    'tile/0/x01/000',
    'tile/0/x0001/000',
    'tile/0/000.p/0',
    'tile/0/000.p/00',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/999',
    'tile/0/000.p/1000',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/0/000.P/1',
    'tile/0/000.p/1/',
    'tile/0/000.p/+1',
    'tile/0/000 ',
    'tile/0/000\n',
    'tile/0/0٣0',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/x001/x000/x000/x000/x000/x000/000',
    'tile/0/..%2f000',
    'tile/0/../000',
    'tile/entries/',
    'tile/Entries/000',
    'tile/data/000',
    'checkpoint',
  ])('refuses %j', (path) => {
    expect(verdict(() => parseTilePath(path))).toBe('malformed_tile');
  });

  it.each([
    { level: 0, index: -1, width: 256 },
    { level: 0, index: 2 ** 53, width: 256 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
  ])('writes none for %o', (tile) => {
    expect(() => tilePath(tile)).toThrow(RangeError);
    expect(() => entriesPath(tile.index, tile.width)).toThrow(RangeError);
  });
});

describe('tiles of a tree', () => {
  const names = (tiles: Iterable<TileId>) => [...tiles].map(tilePath);

  it('lists none for the empty tree', () => {
    expect(names(tilesOf(0))).toEqual([]);
  });

  it.each([-1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY])('refuses size %d', (size) => {
    expect(() => [...tilesOf(size)]).toThrow(RangeError);
  });

  it('lists the example of the specification, size 70,000', () => {
    const tiles = [...tilesOf(70_000)];
    expect(tiles.filter((tile) => tile.level === 0 && tile.width === 256)).toHaveLength(273);
    expect(tiles.filter((tile) => tile.level > 0 || tile.width < 256).map(tilePath)).toEqual([
      'tile/0/273.p/112',
      'tile/1/000',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ]);
  });

  it('lists a full tile and the one above it at size 256', () => {
    expect(names(tilesOf(256))).toEqual(['tile/0/000', 'tile/1/000.p/1']);
  });

  it('adds only what a growth changes', () => {
    expect(names(tilesAdded(255, 257))).toEqual(['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']);
    expect(names(tilesAdded(256, 256))).toEqual([]);
    expect(names(tilesAdded(256, 258))).toEqual(['tile/0/001.p/2']);
    expect(names(tilesAdded(65_535, 65_536))).toEqual(['tile/0/255', 'tile/1/000', 'tile/2/000.p/1']);
  });

  it('adds up: what each growth adds is, in the end, the tiles of the tree', () => {
    const full = new Set<string>();
    const sizes = [0, 1, 255, 256, 300, 511, 513, 70_000, 131_072, 131_073];
    for (const [i, size] of sizes.slice(1).entries()) {
      for (const tile of tilesAdded(sizes[i]!, size)) if (tile.width === 256) full.add(tilePath(tile));
      const all = [...tilesOf(size)];
      expect(
        all
          .filter((tile) => tile.width === 256)
          .map(tilePath)
          .sort(),
      ).toEqual([...full].sort());
      for (const tile of all) if (tile.width < 256) expect(tile.width).toBe(partialWidth(tile.level, size));
    }
  });

  it('knows partial widths near 2^53', () => {
    const size = Number.MAX_SAFE_INTEGER;
    expect(Array.from({ length: 9 }, (_, level) => partialWidth(level, size))).toEqual([
      255, 255, 255, 255, 255, 255, 31, 0, 0,
    ]);
  });
});

describe('nodes in tiles', () => {
  const leaves = Array.from({ length: 256 }, (_, i) => Uint8Array.of(i));
  const tile = Buffer.concat(leaves.map(leafHash));
  const tree = naiveTree(leaves);

  it('computes every node of a tile', () => {
    for (let height = 0; height <= 8; height++) {
      for (let offset = 0; offset < 2 ** (8 - height); offset++) {
        const width = 2 ** height;
        const expected = tree(BigInt(offset * width), BigInt((offset + 1) * width)).toString('hex');
        expect(toHex(nodeInTile(tile, { height, offset }))).toBe(expected);
      }
    }
  });

  it('serves from a partial tile what it reaches, and nothing beyond', () => {
    const partial = tile.subarray(0, 5 * 32);
    expect(toHex(nodeInTile(partial, { height: 2, offset: 0 }))).toBe(tree(0n, 4n).toString('hex'));
    expect(verdict(() => nodeInTile(partial, { height: 0, offset: 5 }))).toBe('malformed_tile');
    expect(verdict(() => nodeInTile(partial, { height: 3, offset: 0 }))).toBe('malformed_tile');
    expect(verdict(() => nodeInTile(tile.subarray(0, 33), { height: 0, offset: 0 }))).toBe('malformed_tile');
  });

  it('places nodes beyond 32 bits', () => {
    expect(tileOfNode({ level: 0, index: Number.MAX_SAFE_INTEGER })).toEqual({
      level: 0,
      index: 2 ** 45 - 1,
      height: 0,
      offset: 255,
    });
    expect(tileOfNode({ level: 8, index: 257 })).toEqual({ level: 1, index: 1, height: 0, offset: 1 });
    expect(tileOfNode({ level: 15, index: 2 ** 37 + 1 })).toEqual({ level: 1, index: 2 ** 36, height: 7, offset: 1 });
    expect(tileOfNode({ level: 52, index: 1 })).toEqual({ level: 6, index: 0, height: 4, offset: 1 });
  });

  it('finds in the tile of a huge tree the node that the definition has', () => {
    const index = 2 ** 50 + 77;
    const mth = virtualTree(Uint8Array.of(3), new Map([[BigInt(index), Uint8Array.of(4)]]));
    const place = tileOfNode({ level: 3, index: Math.floor(index / 8) });
    const first = BigInt(place.index) * 256n;
    const hashes = Buffer.concat(Array.from({ length: 256 }, (_, i) => mth(first + BigInt(i), first + BigInt(i) + 1n)));
    const low = BigInt(Math.floor(index / 8)) * 8n;
    expect(toHex(nodeInTile(hashes, place))).toBe(mth(low, low + 8n).toString('hex'));
  });
});

describe('entry bundles', () => {
  it('writes each leaf behind its length and reads it back', () => {
    const leaves = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(MAX_LEAF_LENGTH).fill(7)];
    const bundle = encodeEntryBundle(leaves);
    expect([...bundle.subarray(0, 9)]).toEqual([0, 3, 1, 2, 3, 0, 0, 0xff, 0xff]);
    expect(parseEntryBundle(bundle).map(toHex)).toEqual(leaves.map(toHex));
    expect(parseEntryBundle(encodeEntryBundle([]))).toEqual([]);
  });

  it('refuses a leaf above 65,535 bytes, and more than 256 leaves', () => {
    expect(verdict(() => encodeEntryBundle([new Uint8Array(MAX_LEAF_LENGTH + 1)]))).toBe('limit_exceeded');
    const leaves = Array.from({ length: 257 }, () => new Uint8Array(1));
    expect(() => encodeEntryBundle(leaves)).toThrow(RangeError);
    const bundle = Buffer.concat([encodeEntryBundle(leaves.slice(1)), Uint8Array.of(0, 0)]);
    expect(verdict(() => parseEntryBundle(bundle))).toBe('malformed_tile');
  });

  it('refuses a bundle cut off anywhere but between two leaves', () => {
    const bundle = encodeEntryBundle([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
    for (let length = 0; length <= bundle.length; length++) {
      const expected = [0, 5, 8].includes(length) ? 'accepted' : 'malformed_tile';
      expect(verdict(() => parseEntryBundle(bundle.subarray(0, length)))).toBe(expected);
    }
  });
});
