/** Reads the rows of `log.db`. One instance per connection; the writer's instance reads inside its transaction. */
import type { Database, Statement } from 'better-sqlite3';
import { concat } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { LogIdentity } from '../../log/identity.ts';
import type { StoredCheckpoint } from '../../log/log.ts';
import type { KeyRole } from '../../log/named-keys.ts';
import type { EntryRow, ErasedRow, FeedRow, LogRows, PayloadRow, StoredHead } from '../../log/ports.ts';
import { openDatabase, openingError } from './connection.ts';
import { migrate } from './migrate.ts';

/** Page size of `log.db`: the fastest of 4, 8 and 16 kB for leaves of 1 to 3 kB. */
export const LOG_PAGE_SIZE = 8192;

/** Tiles of level L lie at positions from L * 2^45: more tiles than 2^53 entries can fill. */
const TILE_LEVEL_STRIDE = 2 ** 45;

export function tilePosition(level: number, index: number): number {
  return level * TILE_LEVEL_STRIDE + index;
}

type Row = Record<string, unknown>;

/** `LogRows` over one SQLite connection, which it does not own. */
export class SqliteLogRows implements LogRows {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** The pinned identity. @throws LogError log_missing where the database holds no log */
  identity(): LogIdentity {
    const row = this.#get('SELECT origin, log_id, checkpoint_key, time_key, statement_key FROM log');
    if (row === undefined)
      throw new LogError('log_missing', 'the database holds no log; create one with countersign init');
    return {
      origin: row.origin as string,
      logId: row.log_id as Uint8Array,
      verifierKey: row.checkpoint_key as string,
      timeVerifierKey: row.time_key as string,
      statementKey: row.statement_key as string,
    };
  }

  head(): StoredHead {
    const row = this.#get('SELECT size, root, note, time FROM head');
    if (row === undefined) throw new LogError('corrupt', 'log.db has no head row');
    return row as unknown as StoredHead;
  }

  entries(start: number, end: number): EntryRow[] {
    const rows = this.#tuples<[number, Uint8Array, Uint8Array]>(
      'SELECT idx, leaf, leaf_hash FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx',
      start,
      end,
    );
    return rows.map(([index, leaf, leafHash]) => ({ index, leaf, leafHash }));
  }

  entry(index: number): EntryRow | undefined {
    return this.#get('SELECT idx AS "index", leaf, leaf_hash AS leafHash FROM entries WHERE idx = ?', index) as
      | EntryRow
      | undefined;
  }

  leafHashes(start: number, end: number): Uint8Array {
    return concat(
      ...this.#column<Uint8Array>('SELECT leaf_hash FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx', start, end),
    );
  }

  tile(level: number, index: number): Uint8Array | undefined {
    return this.#get('SELECT hashes FROM tiles WHERE position = ?', tilePosition(level, index))?.hashes as
      | Uint8Array
      | undefined;
  }

  tileRoots(level: number, start: number, end: number): Uint8Array {
    return concat(
      ...this.#column<Uint8Array>(
        'SELECT root FROM tiles WHERE position >= ? AND position < ? ORDER BY position',
        tilePosition(level, start),
        tilePosition(level, end),
      ),
    );
  }

  payload(index: number): PayloadRow | undefined {
    return this.#get(
      'SELECT idx AS "index", counts_from AS countsFrom, type, sha256, bytes FROM payloads WHERE idx = ? AND erased_by IS NULL',
      index,
    ) as PayloadRow | undefined;
  }

  /** Payloads of the entries [start, end), ascending. */
  payloads(start: number, end: number): PayloadRow[] {
    const rows = this.#tuples<[number, number, string, Uint8Array, Uint8Array]>(
      `SELECT idx, counts_from, type, sha256, bytes FROM payloads
       WHERE idx >= ? AND idx < ? AND erased_by IS NULL ORDER BY idx`,
      start,
      end,
    );
    return rows.map(([index, countsFrom, type, sha256, bytes]) => ({ index, countsFrom, type, sha256, bytes }));
  }

  payloadState(index: number): { countsFrom: number } | 'erased' | undefined {
    const row = this.#get('SELECT counts_from AS countsFrom, erased_by AS erasedBy FROM payloads WHERE idx = ?', index);
    if (row === undefined) return undefined;
    return row.erasedBy === null ? { countsFrom: row.countsFrom as number } : 'erased';
  }

  erased(index: number): ErasedRow | undefined {
    return this.#get(
      `SELECT idx AS "index", erased_by AS erasedBy, sha256, length(bytes) + length(type) AS remaining FROM payloads
       WHERE idx = ? AND erased_by IS NOT NULL`,
      index,
    ) as ErasedRow | undefined;
  }

  /** All erasures there ever were; `traces`: something of the payload may be left in free space or in the index. */
  erasures(): { erasedBy: number; sha256: Uint8Array; traces: boolean }[] {
    const rows = this.#tuples<[number, Uint8Array, number]>(
      'SELECT erased_by, sha256, traces FROM erasures ORDER BY erased_by',
    );
    return rows.map(([erasedBy, sha256, traces]) => ({ erasedBy, sha256, traces: traces !== 0 }));
  }

  /** Indexes of the entries that hold a payload, ascending. Reads the whole table: the hash has no index of its own. */
  holdersOf(payloadSha256: Uint8Array): number[] {
    return this.#column('SELECT idx FROM payloads WHERE sha256 = ? AND erased_by IS NULL ORDER BY idx', payloadSha256);
  }

  companions(index: number): Uint8Array[] {
    return this.#column('SELECT content FROM companions WHERE idx = ? ORDER BY position', index);
  }

  keyStatement(role: KeyRole): number | undefined {
    return this.#column<number>('SELECT idx FROM key_statements WHERE role = ?', role)[0];
  }

  checkpoint(size: number): StoredCheckpoint | undefined {
    return this.#get('SELECT size, root, note, time FROM checkpoints WHERE size = ?', size) as
      | StoredCheckpoint
      | undefined;
  }

  checkpointCovering(index: number): StoredCheckpoint | undefined {
    return this.#get('SELECT size, root, note, time FROM checkpoints WHERE size > ? ORDER BY size LIMIT 1', index) as
      | StoredCheckpoint
      | undefined;
  }

  checkpoints(after: number, limit: number): StoredCheckpoint[] {
    return this.#all(
      'SELECT size, root, note, time FROM checkpoints WHERE size > ? ORDER BY size LIMIT ?',
      after,
      limit,
    );
  }

  feed(start: number, end: number): FeedRow[] {
    return this.#all(
      'SELECT position, idx AS "index", statement, hash FROM feed WHERE position >= ? AND position < ? ORDER BY position',
      start,
      end,
    );
  }

  feedSize(treeSize: number): number {
    const last = this.#get(
      'SELECT position FROM feed WHERE statement < ? ORDER BY statement DESC, position DESC LIMIT 1',
      treeSize,
    );
    return last === undefined ? 0 : (last.position as number) + 1;
  }

  #prepared(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #get(sql: string, ...values: unknown[]): Row | undefined {
    return this.#read(() => this.#prepared(sql).get(...values)) as Row | undefined;
  }

  #all<T>(sql: string, ...values: unknown[]): T[] {
    return this.#read(() => this.#prepared(sql).all(...values)) as T[];
  }

  /** Rows as lists: the driver makes an object member by member, which takes longer than reading what is in it. */
  #tuples<T>(sql: string, ...values: unknown[]): T[] {
    return this.#read(() =>
      this.#prepared(sql)
        .raw()
        .all(...values),
    ) as T[];
  }

  #column<T>(sql: string, ...values: unknown[]): T[] {
    return this.#read(() =>
      this.#prepared(sql)
        .pluck()
        .all(...values),
    ) as T[];
  }

  #read<T>(query: () => T): T {
    try {
      return query();
    } catch (error) {
      throw new LogError('corrupt', 'log.db cannot be read', { cause: error });
    }
  }
}

/** Opens `log.db` for reading only. */
export function openLogRows(file: string): { rows: SqliteLogRows; close(): void } {
  const db = openDatabase(file, { synchronous: 'FULL', pageSize: LOG_PAGE_SIZE, readonly: true });
  try {
    migrate(db, 'log'); // read-only: checks, changes nothing
  } catch (error) {
    db.close();
    throw openingError(file, error);
  }
  return { rows: new SqliteLogRows(db), close: () => db.close() };
}
