import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { planConsistency, planInclusion, verifyConsistency, verifyInclusion } from '../../src/core/proof.ts';
import { VerifiedTree } from '../../src/log/verified-tree.ts';
import { tilePosition } from '../../src/storage/sqlite/log-rows.ts';
import { naiveTree, type TreeHash } from '../core/naive-merkle.ts';
import {
  flipped,
  LARGE_SIZE,
  LARGE_SIZES,
  type LargeLog,
  largeLeaf,
  makeLargeLog,
  openLargeLog,
  removeLargeLog,
} from './large-log.ts';

let mth: TreeHash;
let log: LargeLog;
beforeAll(async () => {
  await makeLargeLog();
  mth = naiveTree(Array.from({ length: LARGE_SIZE }, (_, i) => largeLeaf(i)));
  log = openLargeLog();
}, 60_000);
afterAll(() => {
  log.close();
  removeLargeLog();
});
/** A copy of its own for a test that damages it. */
const fresh = () => {
  log.close();
  log = openLargeLog();
};

const open = () => new VerifiedTree(log.rows, log.head.size, log.head.root);
const naiveRoot = (size: number) => mth(0n, BigInt(size));
const corrupt = expect.objectContaining({ code: 'corrupt' });

const INDEXES = [
  0, 1, 254, 255, 256, 257, 300, 511, 512, 32_768, 65_279, 65_535, 65_536, 65_537, 69_887, 69_888, 69_999,
];
const SIZES = [...LARGE_SIZES, 2, 3, 254, 511, 512, 513, 1000, 65_280, 65_281, 65_792, 69_888, 69_889];

it.each(SIZES)('gives the root of size %d', (size) => {
  expect(toHex(open().root(size))).toBe(naiveRoot(size).toString('hex'));
});

it.each(SIZES)('proves entries in the tree of size %d', (size) => {
  const tree = open();
  for (const index of [...INDEXES, size - 1].filter((one) => one < size)) {
    const proof = tree.proof(planInclusion(index, size));
    verifyInclusion({ index, size, leafHash: tree.node({ level: 0, index }), proof, root: naiveRoot(size) });
  }
});

it.each(SIZES)('proves that the tree of size %d is consistent with larger ones', (first) => {
  const tree = open();
  for (const second of SIZES.filter((size) => size >= first)) {
    const proof = tree.proof(planConsistency(first, second));
    verifyConsistency({ first, second, firstRoot: naiveRoot(first), secondRoot: naiveRoot(second), proof });
  }
});

it.each(LARGE_SIZES)('can be set up at size %d, and follow from there', (size) => {
  const tree = new VerifiedTree(log.rows, size, naiveRoot(size));
  for (const next of LARGE_SIZES.filter((later) => later >= size)) {
    tree.advance(next, naiveRoot(next));
    expect([tree.size, toHex(tree.root(next))]).toEqual([next, naiveRoot(next).toString('hex')]);
  }
});

it('gives tiles of any width', () => {
  const tree = open();
  const tile = (level: number, index: number, width: number) => Buffer.from(tree.tile(level, index, width));
  const hashes = (width: number, from: number, span: bigint) =>
    Buffer.concat(Array.from({ length: width }, (_, i) => mth(BigInt(from + i) * span, BigInt(from + i + 1) * span)));
  expect(tile(0, 0, 256)).toEqual(hashes(256, 0, 1n));
  expect(tile(0, 0, 3)).toEqual(hashes(3, 0, 1n));
  expect(tile(0, 273, 112)).toEqual(hashes(112, 273 * 256, 1n));
  expect(tile(1, 0, 256)).toEqual(hashes(256, 0, 256n));
  expect(tile(1, 1, 17)).toEqual(hashes(17, 256, 256n));
  expect(tile(2, 0, 1)).toEqual(hashes(1, 0, 65_536n));
});

describe('finds one changed bit', () => {
  beforeEach(fresh);
  const bits = Array.from({ length: 12 }, (_, i) => (i * 5471 + 3) % 65_536);

  it.each([
    [0, 0],
    [0, 17],
    [0, 255],
    [0, 256],
    [0, 272],
    [1, 0],
  ])('in the hashes of tile %d/%d, whatever of it is read', (level, index) => {
    const intact = log.rows.tile(level, index)!;
    for (const bit of bits) {
      log.damage('UPDATE tiles SET hashes = ? WHERE position = ?', flipped(intact, bit), tilePosition(level, index));
      const first = { level: level * 8, index: index * 256 };
      expect(() => open().node(first)).toThrow(corrupt);
      expect(() => open().tile(level, index, 1)).toThrow(corrupt);
      expect(() => open().proof(planInclusion(index * 256 * (level === 0 ? 1 : 256), LARGE_SIZE))).toThrow(corrupt);
    }
  });

  it.each([
    [0, 256],
    [0, 272],
    [1, 0],
  ])('in the root of tile %d/%d, from which the edge is read', (level, index) => {
    const root = log.rows.tileRoots(level, index, index + 1);
    for (let bit = 0; bit < 256; bit += 37) {
      log.damage('UPDATE tiles SET root = ? WHERE position = ?', flipped(root, bit), tilePosition(level, index));
      expect(open).toThrow(corrupt);
    }
  });

  it.each([69_888, 69_950, 69_999])('in the leaf hash of entry %d at the edge', (index) => {
    const { leafHash } = log.rows.entry(index)!;
    for (let bit = 0; bit < 256; bit += 37) {
      log.damage('UPDATE entries SET leaf_hash = ? WHERE idx = ?', flipped(leafHash, bit), index);
      expect(open).toThrow(corrupt);
    }
  });

  it('in a leaf hash by which the edge is extended', () => {
    const tree = new VerifiedTree(log.rows, 66_000, naiveRoot(66_000));
    const index = 66_500;
    log.damage('UPDATE entries SET leaf_hash = ? WHERE idx = ?', flipped(log.rows.entry(index)!.leafHash, 9), index);
    expect(() => tree.advance(66_900, naiveRoot(66_900))).toThrow(corrupt);
    // What it had before stands.
    expect(toHex(tree.root(66_000))).toBe(naiveRoot(66_000).toString('hex'));
  });
});

describe('does not serve', () => {
  beforeEach(fresh);

  it('a tile that is missing or in the place of another', () => {
    log.damage('UPDATE tiles SET position = ? WHERE position = ?', tilePosition(3, 0), tilePosition(0, 5));
    expect(() => open().node({ level: 0, index: 5 * 256 })).toThrow(corrupt);
    log.damage('UPDATE tiles SET position = ? WHERE position = ?', tilePosition(0, 5), tilePosition(0, 6));
    expect(() => open().node({ level: 0, index: 5 * 256 })).toThrow(corrupt);
  });

  it('an edge without one of its entries', () => {
    log.damage('DELETE FROM entries WHERE idx = 69950');
    expect(open).toThrow(corrupt);
  });

  it('a root that is not that of the tree', () => {
    expect(() => new VerifiedTree(log.rows, LARGE_SIZE, naiveRoot(4000))).toThrow(corrupt);
    expect(() => open().advance(LARGE_SIZE + 1, naiveRoot(4000))).toThrow(corrupt);
  });

  it('anything else than it verified once, whatever becomes of the row', () => {
    const tree = open();
    const before = toHex(tree.node({ level: 0, index: 77 }));
    log.damage('UPDATE tiles SET hashes = ? WHERE position = 0', new Uint8Array(8192));
    expect(toHex(tree.node({ level: 0, index: 77 }))).toBe(before);
  });
});
