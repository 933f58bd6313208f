/** The second half of an erasure: what is left of the payload outside the rows, in `log.db` and in `index.db`. */
import { LogError } from '../core/errors.ts';
import { crashPoint } from '../log/crash-points.ts';
import { tombstoneAt } from '../log/erasure.ts';
import type { LogIdentity } from '../log/identity.ts';
import { forgetPayloadKeys } from '../storage/sqlite/forget-keys.ts';
import type { SqliteLogStore } from '../storage/sqlite/log-store.ts';
import type { DataPaths } from './paths.ts';

/**
 * Removes the traces of every erasure that still has some; nothing where there is none. An erasure that was interrupted
 * is finished by calling it again. Needs the writer's lock.
 * @throws LogError storage_full, already_running, corrupt
 */
export function removeTraces(store: SqliteLogStore, identity: LogIdentity, paths: DataPaths): void {
  const unfinished = store.erasures().filter(({ traces }) => traces);
  if (unfinished.length === 0) return;
  const leaves = new Map<number, Uint8Array>();
  for (const { erasedBy } of unfinished) {
    const tombstone = tombstoneAt(store, erasedBy, identity);
    if (tombstone === undefined) throw new LogError('corrupt', `entry ${erasedBy} is not the tombstone it should be`);
    for (const { index } of tombstone.leaves) leaves.set(index, store.entry(index)!.leaf);
  }
  forgetPayloadKeys(paths.index, leaves);
  crashPoint('index-cleared');
  store.rewrite();
  crashPoint('rewritten');
  for (const { erasedBy } of unfinished) store.tracesRemoved(erasedBy);
}
