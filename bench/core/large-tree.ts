/** Trees of any size without their leaves: an append reads and writes the right edge only. */
import { randomBytes } from 'node:crypto';
import { HASH_LENGTH } from '../../src/core/hash.ts';
import { partialWidth, TILE_LEVELS } from '../../src/core/tile.ts';
import { TileEdge } from '../../src/core/tile-edge.ts';

export const TREE_SIZES = [1e3, 1e6, 1e9];

/** The edge of a tree of this size with random hashes where a real one has those of its leaves. */
export function edgeOfSize(size: number): TileEdge {
  const partials = Array.from({ length: TILE_LEVELS }, (_, level) => randomHashes(partialWidth(level, size)));
  return TileEdge.from(size, partials);
}

/** Joined, 32 bytes each. */
export function randomHashes(count: number): Uint8Array {
  return new Uint8Array(randomBytes(count * HASH_LENGTH));
}
