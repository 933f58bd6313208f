/**
 * C2SP tlog-tiles: the tree cut into tiles of 256 hashes, their coordinates and paths, and entry bundles. A tile at
 * level L holds the nodes of tree level 8·L; what lies between is computed.
 */
import { assertSize, parseDecimal } from './bytes.ts';
import { LogError } from './errors.ts';
import { HASH_LENGTH, type Hash, nodeHash } from './hash.ts';
import { type NodeId, powerOfTwo } from './merkle.ts';

/** Tree levels that one tile spans. */
export const TILE_HEIGHT = 8;
/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
/** Largest leaf in bytes, set by the length prefix of entry bundles (tlog-tiles §Log entries). */
export const MAX_LEAF_LENGTH = 65_535;
/** Tile levels that a tree below 2^53 leaves can have. */
export const TILE_LEVELS = 7;

/** One tile. */
export interface TileId {
  /** 0 to 63 in paths; trees below 2^53 leaves have levels 0 to 6. */
  level: number;
  index: number;
  /** Number of hashes: 256 for a full tile, 1 to 255 for a partial one. */
  width: number;
}

/** Number of nodes of tree level 8·level that a tree of `size` leaves has. */
export function hashesAtLevel(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** Width of the partial tile at this tile level, 0 where there is none: floor(size / 256^level) mod 256. */
export function partialWidth(level: number, size: number): number {
  return hashesAtLevel(level, size) % TILE_WIDTH;
}

/** The tiles of a tree, full and partial, level by level and from left to right. */
export function tilesOf(size: number): Generator<TileId> {
  return tilesAdded(0, size);
}

/**
 * The tiles that the tree of `second` leaves has and that of `first` has not: completed, new, or wider. Level by level
 * and from left to right.
 * @throws RangeError on the first step, where a size is no safe integer of 0 or more
 */
export function* tilesAdded(first: number, second: number): Generator<TileId> {
  assertSize(first, 'first');
  assertSize(second, 'second');
  for (let level = 0; hashesAtLevel(level, second) > 0; level++) {
    const before = hashesAtLevel(level, first);
    const after = hashesAtLevel(level, second);
    const full = Math.floor(after / TILE_WIDTH);
    for (let index = Math.floor(before / TILE_WIDTH); index < full; index++) yield { level, index, width: TILE_WIDTH };
    if (after > before && after % TILE_WIDTH > 0) yield { level, index: full, width: after % TILE_WIDTH };
  }
}

/** Where a node lies: `height` levels above the hashes of a tile, and there the one with number `offset`. */
export interface NodePlace {
  /** Tile level. */
  level: number;
  /** Tile index. */
  index: number;
  /** 0 to 7: tree levels above the tile's own hashes. */
  height: number;
  /** Counted from the left at that height, below 2^(8 - height). */
  offset: number;
}

/** The tile that holds a node, or the hashes it is computed from. */
export function tileOfNode(node: NodeId): NodePlace {
  const height = node.level % TILE_HEIGHT;
  const inTile = powerOfTwo(TILE_HEIGHT - height);
  return {
    level: Math.floor(node.level / TILE_HEIGHT),
    index: Math.floor(node.index / inTile),
    height,
    offset: node.index % inTile,
  };
}

/**
 * The node at a place of a tile, from the tile's hashes; at height 8 and offset 0 the root of a full tile.
 * @param tileHashes 32 bytes for each hash; a partial tile will do where it is wide enough
 * @throws LogError malformed_tile where the tile is not a list of hashes or does not reach as far as the node
 */
export function nodeInTile(tileHashes: Uint8Array, place: { height: number; offset: number }): Hash {
  const leaves = powerOfTwo(place.height);
  const start = place.offset * leaves;
  if (tileHashes.length % HASH_LENGTH !== 0 || tileHashes.length < (start + leaves) * HASH_LENGTH) {
    throw new LogError('malformed_tile', 'the tile does not hold the hashes it should');
  }
  let row: Hash[] = [];
  for (let i = start; i < start + leaves; i++) row.push(tileHashes.slice(i * HASH_LENGTH, (i + 1) * HASH_LENGTH));
  while (row.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i < row.length; i += 2) above.push(nodeHash(row[i]!, row[i + 1]!));
    row = above;
  }
  return row[0]!;
}

/** Path of a tile without leading slash: `tile/0/x001/234.p/5` (tlog-tiles §Merkle tree). */
export function tilePath(tile: TileId): string {
  return `tile/${tile.level}/${indexPath(tile.index, tile.width)}`;
}

/** Path of an entry bundle without leading slash: `tile/entries/x001/234.p/5` (tlog-tiles §Log entries). */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${indexPath(index, width)}`;
}

function indexPath(index: number, width: number): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError('a tile index is a safe integer of 0 or more');
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) throw new RangeError('a tile width is 1 to 256');
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g)!;
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

/** What a path below a log's prefix names. */
export type TilePath = { kind: 'tile'; tile: TileId } | { kind: 'entries'; index: number; width: number };

const PATH = /^tile\/(entries|[0-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/**
 * Reads the path of a tile or an entry bundle. Each has one path only: no leading zeros, groups or slashes.
 * @throws LogError malformed_tile for any path that `tilePath` and `entriesPath` would not have written
 */
export function parseTilePath(path: string): TilePath {
  const match = PATH.exec(path);
  const groups = match?.[2] ?? '';
  const index = parseDecimal(groups.replace(/[x/]/g, '').replace(/^0+(?=.)/, ''));
  const width = match?.[3] === undefined ? TILE_WIDTH : Number(match[3]);
  const widthIsPartial = match?.[3] === undefined || width < TILE_WIDTH;
  if (match === null || index === undefined || groups.startsWith('x000') || !widthIsPartial) {
    throw new LogError('malformed_tile', 'this is not the path of a tile or an entry bundle');
  }
  if (match[1] === 'entries') return { kind: 'entries', index, width };
  return { kind: 'tile', tile: { level: Number(match[1]), index, width } };
}

/**
 * An entry bundle: each leaf with its length before it, two bytes big-endian (tlog-tiles §Log entries).
 * @throws LogError limit_exceeded where a leaf has more than 65,535 bytes
 * @throws RangeError for more than 256 leaves
 */
export function encodeEntryBundle(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length > TILE_WIDTH) throw new RangeError('an entry bundle holds at most 256 leaves');
  let length = 0;
  for (const leaf of leaves) {
    if (leaf.length > MAX_LEAF_LENGTH) throw new LogError('limit_exceeded', 'a leaf is larger than 65,535 bytes');
    length += 2 + leaf.length;
  }
  const bundle = new Uint8Array(length);
  let at = 0;
  for (const leaf of leaves) {
    bundle[at] = leaf.length >> 8;
    bundle[at + 1] = leaf.length & 0xff;
    bundle.set(leaf, at + 2);
    at += 2 + leaf.length;
  }
  return bundle;
}

/**
 * The leaves of an entry bundle, as views into it. How many there should be says its path.
 * @throws LogError malformed_tile where a leaf is cut off or there are more than 256
 */
export function parseEntryBundle(bundle: Uint8Array): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    const start = at + 2;
    if (start > bundle.length) throw new LogError('malformed_tile', 'the entry bundle ends within a length');
    at = start + bundle[at]! * 256 + bundle[at + 1]!;
    if (at > bundle.length) throw new LogError('malformed_tile', 'the entry bundle ends within an entry');
    if (leaves.length === TILE_WIDTH)
      throw new LogError('malformed_tile', 'the entry bundle holds more than 256 entries');
    leaves.push(bundle.subarray(start, at));
  }
  return leaves;
}
