/** A real `log.db` with full tiles at two levels, and ways to damage it behind the back of whoever reads it. */

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '../../src/core/bytes.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { leafHash, sha256 } from '../../src/core/hash.ts';
import { TileEdge } from '../../src/core/tile-edge.ts';
import type { PublishedHead } from '../../src/log/log.ts';
import { planBatch } from '../../src/log/planner.ts';
import { sealOf } from '../../src/log/seal.ts';
import { openLogRows, type SqliteLogRows } from '../../src/storage/sqlite/log-rows.ts';
import { createLogStore } from '../../src/storage/sqlite/log-store.ts';
import { damageTo } from './damage.ts';
import { identity, signer } from './test-identity.ts';

/** Sizes of the batches: heads at 1, below, at and above the tile borders of both levels. */
export const LARGE_SIZES = [1, 255, 256, 257, 4000, 40_000, 65_535, 65_536, 65_537, 66_000, 70_000];
export const LARGE_SIZE = LARGE_SIZES.at(-1)!;

export const largeLeaf = (index: number): Uint8Array => utf8(`leaf ${index}`);

export interface LargeLog {
  head: PublishedHead;
  rows: SqliteLogRows;
  /** Runs SQL on the file with the append-only triggers dropped. */
  damage(sql: string, ...values: unknown[]): void;
  close(): void;
}

let made: { folder: string; file: string } | undefined;

/** Once for a test file; `openLargeLog` hands out copies. */
export async function makeLargeLog(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-large-'));
  const file = join(folder, 'log.db');
  made = { folder, file };
  const store = createLogStore(file, identity);
  let edge = TileEdge.empty();
  for (const [i, size] of LARGE_SIZES.entries()) {
    const entries = Array.from({ length: size - edge.size }, (_, n) => {
      const leaf = largeLeaf(edge.size + n);
      // A payload now and then, of which nothing but its digest is looked at here.
      const bytes = utf8(`payload ${edge.size + n}`);
      const payload = n % 500 === 0 ? { bytes, type: 'text/plain', sha256: sha256(bytes) } : undefined;
      return { leaf, leafHash: leafHash(leaf), payload, companion: undefined, keys: [] };
    });
    const plan = planBatch({
      edge,
      feed: CompactRange.empty(),
      controls: () => entries[0]!,
      entries,
      known: () => undefined,
      attached: () => entries[0]!,
    });
    await store.commit(plan.commit, sealOf(plan, edge, signer, 1_700_000_000 + i));
    edge = plan.growth.edge;
  }
  store.close();
}

export function openLargeLog(): LargeLog {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-damaged-'));
  const file = join(folder, 'log.db');
  copyFileSync(made!.file, file);
  const { rows, close } = openLogRows(file);
  const damage = damageTo(file);
  return {
    head: rows.head(),
    rows,
    damage: damage.run,
    close() {
      close();
      damage.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function removeLargeLog(): void {
  if (made !== undefined) rmSync(made.folder, { recursive: true });
}

/** A copy with one bit changed; bits are counted over and over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[Math.floor(bit / 8) % copy.length]! ^= 1 << (bit % 8);
  return copy;
}
