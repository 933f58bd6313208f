/**
 * One server per data directory. The lock only spares a second server the trouble: what keeps the log safe is the
 * compare-and-swap of the head. It is a SQLite lock on a file of its own, which nothing may ever open with `fs` in
 * this process, since closing any descriptor of a file drops the process's POSIX locks on it.
 */
import { LogError } from '../../core/errors.ts';
import { openDatabase } from './connection.ts';

/** Takes the lock, or throws already_running. The returned function gives it back. */
export function lockWriter(file: string): () => void {
  const db = openDatabase(file, { synchronous: 'FULL', pageSize: 4096, create: true });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw new LogError('already_running', 'another server is running on this data directory', { cause: error });
  }
  return () => db.close();
}
