/** Rids a database file of everything that is not in a row: what SQLite leaves in free space, and its write-ahead log. */
import { LogError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';

/**
 * VACUUM builds the file from its rows; the checkpoint moves that into the file and cuts the write-ahead log to nothing.
 * Overwriting what is deleted (`secure_delete`) does not do: of rows that were moved between pages, copies stay.
 * @throws LogError storage_full, already_running
 */
export function rewriteDatabase(db: Connection): void {
  try {
    db.exec('VACUUM');
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (code.startsWith('SQLITE_BUSY')) throw inUse(error);
    if (!/^SQLITE_(FULL|IOERR|CANTOPEN)/.test(code)) throw error;
    const message = 'the database cannot be written anew: free as much space as it takes, in SQLITE_TMPDIR too';
    throw new LogError('storage_full', message, { cause: error });
  }
  const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  if (result?.busy !== 0) throw inUse();
}

function inUse(cause?: unknown): LogError {
  return new LogError('already_running', 'another process reads the database, so its old pages cannot be given up', {
    cause,
  });
}
