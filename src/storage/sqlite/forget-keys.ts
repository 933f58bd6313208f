/** Takes out of `index.db` what erased payloads could be found by. */
import { existsSync, rmSync } from 'node:fs';
import { isLogError } from '../../core/errors.ts';
import { leafTerms } from '../../entry/leaf/lookup.ts';
import { lookupKeys } from '../../log/index/lookup-key.ts';
import { damaged, openIndex, TIERS } from './index-db.ts';
import { rewriteDatabase } from './rewrite.ts';

/**
 * Deletes the entries' keys but for those that their leaves give, and writes the file anew. No payload is needed for it,
 * so it can be done again at any time. Nobody else may have the index open; one that cannot be read is deleted, as the
 * next start would.
 * @param leaves of the entries, by index
 */
export function forgetPayloadKeys(file: string, leaves: ReadonlyMap<number, Uint8Array>): void {
  if (!existsSync(file)) return;
  let index: ReturnType<typeof openIndex> | undefined;
  try {
    index = openIndex(file);
    const { db, salt } = index;
    const kept = new Map([...leaves].map(([entry, leaf]) => [entry, new Set(lookupKeys(salt, leafTerms(leaf)))]));
    const wanted = JSON.stringify([...leaves.keys()]);
    db.transaction(() => {
      for (const tier of TIERS) {
        // Tiers are sorted by key: this reads them once from end to end.
        const rows = db
          .prepare<[string], [key: number, entry: number]>(
            `SELECT key, idx FROM tier${tier} WHERE idx IN (SELECT value FROM json_each(?))`,
          )
          .raw()
          .all(wanted);
        const remove = db.prepare<[number, number]>(`DELETE FROM tier${tier} WHERE key = ? AND idx = ?`);
        for (const [key, entry] of rows) if (!kept.get(entry)!.has(key)) remove.run(key, entry);
      }
    }).immediate();
    rewriteDatabase(db);
    db.close();
  } catch (thrown) {
    index?.db.close();
    const error = damaged(thrown);
    if (!isLogError(error, 'corrupt', 'schema_unknown', 'log_missing')) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  }
}
