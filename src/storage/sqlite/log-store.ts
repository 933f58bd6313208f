/** The writer's connection to `log.db`: the only code that inserts entries, tiles and checkpoints, or moves the head. */
import type { Database } from 'better-sqlite3';
import { equalBytes } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { EMPTY_ROOT } from '../../core/hash.ts';
import { crashPoint } from '../../log/crash-points.ts';
import type { LogIdentity } from '../../log/identity.ts';
import type { StoredCheckpoint } from '../../log/log.ts';
import {
  CommitError,
  type CommitPlan,
  type Erasure,
  type LogStore,
  type PayloadRow,
  type Seal,
  type StoredHead,
  type WrittenRows,
} from '../../log/ports.ts';
import { openDatabase, openingError } from './connection.ts';
import { LOG_PAGE_SIZE, SqliteLogRows, tilePosition } from './log-rows.ts';
import { migrate } from './migrate.ts';
import { rewriteDatabase } from './rewrite.ts';

/** Opens an existing log for writing. @throws LogError log_missing, schema_unknown, corrupt, storage_unsafe */
export function openLogStore(file: string): SqliteLogStore {
  const db = openDatabase(file, { synchronous: 'FULL', pageSize: LOG_PAGE_SIZE });
  try {
    // REPLACE would otherwise pass the append-only triggers by.
    db.pragma('recursive_triggers = ON');
    // What is erased is overwritten, not only given up.
    db.pragma('secure_delete = ON');
    migrate(db, 'log');
    // Also moves frames that a failed fsync left in the cache into the file, with an fsync of their own.
    db.pragma('wal_checkpoint(TRUNCATE)');
    return new SqliteLogStore(db);
  } catch (error) {
    db.close();
    throw openingError(file, error);
  }
}

/** Creates `log.db` with its identity and the empty tree. @throws LogError log_exists */
export function createLogStore(file: string, identity: LogIdentity): SqliteLogStore {
  const db = openDatabase(file, { synchronous: 'FULL', pageSize: LOG_PAGE_SIZE, create: true });
  db.pragma('recursive_triggers = ON');
  migrate(db, 'log');
  db.transaction(() => {
    if (db.prepare('SELECT 1 FROM log').get() !== undefined)
      throw new LogError('log_exists', 'the directory already holds a log');
    db.prepare(
      'INSERT INTO log (id, origin, log_id, checkpoint_key, time_key, statement_key) VALUES (1, ?, ?, ?, ?, ?)',
    ).run(identity.origin, identity.logId, identity.verifierKey, identity.timeVerifierKey, identity.statementKey);
    db.prepare("INSERT INTO head (id, size, root, time, note) VALUES (1, 0, ?, 0, '')").run(EMPTY_ROOT);
  }).immediate();
  return new SqliteLogStore(db);
}

export class SqliteLogStore extends SqliteLogRows implements LogStore {
  readonly #db: Database;
  readonly #sql;

  constructor(db: Database) {
    super(db);
    this.#db = db;
    this.#sql = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      rollback: db.prepare('ROLLBACK'),
      entry: db.prepare('INSERT INTO entries (idx, leaf_hash, leaf) VALUES (?, ?, ?)'),
      payload: db.prepare('INSERT INTO payloads (idx, counts_from, sha256, type, bytes) VALUES (?, ?, ?, ?, ?)'),
      companion: db.prepare('INSERT INTO companions (idx, position, content) VALUES (?, ?, ?)'),
      keyStatement: db.prepare('INSERT INTO key_statements (role, idx) VALUES (?, ?)'),
      erasure: db.prepare('INSERT INTO erasures (erased_by, sha256, traces) VALUES (?, ?, 1)'),
      erase: db.prepare("UPDATE payloads SET bytes = x'', type = '', erased_by = ? WHERE idx = ? AND sha256 = ?"),
      tracesRemoved: db.prepare('UPDATE erasures SET traces = 0 WHERE erased_by = ?'),
      tile: db.prepare('INSERT INTO tiles (position, root, hashes) VALUES (?, ?, ?)'),
      feed: db.prepare('INSERT INTO feed (position, idx, statement, hash) VALUES (?, ?, ?, ?)'),
      checkpoint: db.prepare('INSERT INTO checkpoints (size, root, time, note) VALUES (?, ?, ?, ?)'),
      swap: db.prepare('UPDATE head SET size = ?, root = ?, time = ?, note = ? WHERE id = 1 AND size = ? AND root = ?'),
      restamp: db.prepare('UPDATE head SET time = ?, note = ? WHERE id = 1 AND size = ? AND root = ? AND time = ?'),
    };
  }

  async commit(plan: CommitPlan, seal: Seal): Promise<StoredCheckpoint | undefined> {
    return this.#transaction(plan.previous, () => {
      this.#insert(plan);
      crashPoint('rows-written');
      if (plan.entries.length === 0) return undefined;
      const written = this.#readBack(plan);
      crashPoint('read-back');
      const checkpoint = seal(written);
      crashPoint('signed');
      this.#sql.checkpoint.run(checkpoint.size, checkpoint.root, checkpoint.time, checkpoint.note);
      const { changes } = this.#sql.swap.run(
        checkpoint.size,
        checkpoint.root,
        checkpoint.time,
        checkpoint.note,
        plan.previous.size,
        plan.previous.root,
      );
      if (changes !== 1) throw new CommitError('head_moved', 'the head moved while a batch was being written');
      return checkpoint;
    });
  }

  async restamp(head: StoredHead, note: string, time: number): Promise<void> {
    this.#transaction(head, () => {
      const { changes } = this.#sql.restamp.run(time, note, head.size, head.root, head.time);
      if (changes !== 1) throw new CommitError('head_moved', 'the head moved while it was being stamped again');
    });
  }

  /**
   * Writes the file anew, from its rows alone, so that nothing of a deleted one is left in free space or in the
   * write-ahead log. Takes about twice the file's size in free space, and seconds for each gigabyte.
   * @throws LogError storage_full; already_running where another process reads the file and keeps the log from its end
   */
  rewrite(): void {
    rewriteDatabase(this.#db);
  }

  /** Notes that nothing is left of what a tombstone erased. */
  tracesRemoved(erasedBy: number): void {
    this.#sql.tracesRemoved.run(erasedBy);
  }

  close(): void {
    this.#db.close();
  }

  #insert(plan: CommitPlan): void {
    for (const row of plan.entries) this.#sql.entry.run(row.index, row.leafHash, row.leaf);
    for (const row of plan.payloads) this.#sql.payload.run(row.index, row.countsFrom, row.sha256, row.type, row.bytes);
    for (const row of plan.companions) this.#sql.companion.run(row.index, row.position, row.content);
    for (const { role, index } of plan.keyStatements) this.#sql.keyStatement.run(role, index);
    for (const row of plan.feed) this.#sql.feed.run(row.position, row.index, row.statement, row.hash);
    for (const tile of plan.tiles) this.#sql.tile.run(tilePosition(tile.level, tile.index), tile.root, tile.hashes);
    for (const erasure of plan.erasures) this.#erase(erasure);
  }

  #erase({ erasedBy, sha256, leaves }: Erasure): void {
    this.#sql.erasure.run(erasedBy, sha256);
    for (const index of leaves) {
      const { changes } = this.#sql.erase.run(erasedBy, index, sha256);
      if (changes !== 1) throw new LogError('corrupt', `entry ${index} does not hold the payload that is to be erased`);
    }
  }

  #readBack(plan: CommitPlan): WrittenRows {
    return {
      entries: this.entries(plan.previous.size, Number.MAX_SAFE_INTEGER),
      payloads: this.#payloadsBack(plan),
      // Whatever is there of the batch, not what is looked for: a row too many is found too.
      feed: this.feed(this.feedSize(plan.previous.size), Number.MAX_SAFE_INTEGER),
      tiles: plan.tiles.flatMap(({ level, index }) => {
        const hashes = this.tile(level, index);
        const root = this.tileRoots(level, index, index + 1);
        return hashes === undefined || root.length === 0 ? [] : { level, index, hashes, root };
      }),
    };
  }

  /** In the plan's order: those of the batch's own entries ascending, then those that it attaches to earlier ones. */
  #payloadsBack({ previous, payloads }: CommitPlan): PayloadRow[] {
    const own = this.payloads(previous.size, Number.MAX_SAFE_INTEGER);
    let next = 0;
    return payloads.flatMap(({ index }) => (own[next]?.index === index ? own[next++]! : (this.payload(index) ?? [])));
  }

  /** Runs `work` between BEGIN IMMEDIATE and a durable COMMIT, and says exactly how it failed where it did. */
  #transaction<T>(expected: { size: number; root: Uint8Array }, work: () => T): T {
    try {
      this.#sql.begin.run();
    } catch (error) {
      throw new CommitError(isBusy(error) ? 'head_moved' : failureOf(error), 'a transaction could not begin', error);
    }
    let result: T;
    try {
      const head = this.head();
      if (head.size !== expected.size || !equalBytes(head.root, expected.root)) {
        throw new CommitError('head_moved', `the stored head is at size ${head.size}, not at ${expected.size}`);
      }
      crashPoint('begun');
      result = work();
      crashPoint('before-commit');
    } catch (error) {
      this.#rollBack();
      if (error instanceof CommitError || error instanceof LogError) throw error;
      throw new CommitError(failureOf(error), 'the rows of a batch could not be written', error);
    }
    try {
      this.#sql.commit.run();
    } catch (error) {
      this.#failedCommit(error, expected.size);
    }
    crashPoint('committed');
    return result;
  }

  /**
   * A COMMIT that threw. Out of space means that the frames were never complete, and SQLite has rolled back by itself:
   * clean, if the head still stands where it stood. Anything else may come back after a restart, so nobody can say.
   */
  #failedCommit(error: unknown, expectedSize: number): never {
    if (failureOf(error) === 'storage_full') {
      this.#rollBack();
      if (this.head().size === expectedSize) throw new CommitError('storage_full', 'the disk is full', error);
    }
    throw new CommitError('unknown', 'nobody can say whether the last commit is durable', error);
  }

  #rollBack(): void {
    if (!this.#db.inTransaction) return;
    try {
      this.#sql.rollback.run();
    } catch (error) {
      throw new CommitError('unknown', 'a transaction could not be rolled back', error);
    }
  }
}

function sqliteCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

function isBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith('SQLITE_BUSY');
}

function failureOf(error: unknown): 'storage_full' | 'unknown' {
  return sqliteCode(error).startsWith('SQLITE_FULL') ? 'storage_full' : 'unknown';
}
