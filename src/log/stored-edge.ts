/** Sets the right edge of the tree up from stored rows. That it is the right one, only its root can show. */
import { equalBytes } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import type { Hash } from '../core/hash.ts';
import { hashesAtLevel, TILE_LEVELS, TILE_WIDTH } from '../core/tile.ts';
import { TileEdge } from '../core/tile-edge.ts';
import type { LogRows } from './ports.ts';

/**
 * Reads at most 255 hashes for each tile level.
 * @throws LogError corrupt where the stored leaves and tiles do not give `root`
 */
export function readEdge(rows: LogRows, size: number, root: Hash): TileEdge {
  const partials: Uint8Array[] = [];
  for (let level = 0; level < TILE_LEVELS; level++) {
    const end = hashesAtLevel(level, size);
    const start = Math.floor(end / TILE_WIDTH) * TILE_WIDTH;
    partials.push(level === 0 ? rows.leafHashes(start, end) : rows.tileRoots(level - 1, start, end));
  }
  const edge = TileEdge.from(size, partials);
  if (!equalBytes(edge.root(), root)) {
    throw new LogError(
      'corrupt',
      `the stored leaves and tiles do not give the root of the stored head at size ${size}`,
    );
  }
  return edge;
}
