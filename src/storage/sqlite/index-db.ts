/** `index.db`: the look-up index's tiers. Derived from `log.db` and disposable; deleted here when it is not usable. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { equalBytes } from '../../core/bytes.ts';
import { isLogError, LogError } from '../../core/errors.ts';
import type { IndexSegment, TierReader, TierWriter } from '../../log/index/index-ports.ts';
import { KEY_SPACE, SALT_LENGTH } from '../../log/index/lookup-key.ts';
import { newestFirst, SEGMENT_LENGTH } from '../../log/index/tail.ts';
import { type Connection, openDatabase } from './connection.ts';
import { migrate } from './migrate.ts';

/** What the keys stand for. Raise it when terms or their hashing change: older files are then built anew. */
const FORMAT = 4;
export const TIERS = [1, 2, 3, 4];
/** A tier is moved on once it holds this many times what its predecessor may hold. */
const FANOUT = 16;
/** Key ranges in which a tier is moved, a transaction each. */
const RANGES = 64;
/** Rows an INSERT: 0.4 µs each instead of 1.1 alone. */
const ROWS_PER_INSERT = 50;
/**
 * Keys of one transaction of a merge, of hundreds of thousands. Each dirties a page of its own where the tier is large,
 * and all that a transaction dirtied goes to the disk at once, where commits to the log have to wait for it.
 */
const KEYS_PER_MERGE = 80 * ROWS_PER_INSERT;

const OPTIONS = { synchronous: 'NORMAL', pageSize: 4096 } as const;

/** Bit i - 1 is set where tier i may hold rows: it is counted, or rows are on their way into it. */
const OCCUPIED = `SELECT (fill1 > 0) + 2 * (fill2 > 0 OR moving = 1) + 4 * (fill3 > 0 OR moving = 2)
  + 8 * (fill4 > 0 OR moving = 3) FROM state`;

interface State {
  format: number;
  log_id: Uint8Array;
  salt: Uint8Array;
  merged: number;
  fill1: number;
  fill2: number;
  fill3: number;
  fill4: number;
  moving: number;
  moving_fill: number;
  next_range: number;
}

/**
 * A read-only connection. The file must have been made by `openTierWriter`.
 * @throws LogError corrupt, schema_unknown, and those of `openDatabase`
 */
export function openTierReader(file: string): TierReader & { readonly salt: Uint8Array } {
  const db = openDatabase(file, { ...OPTIONS, readonly: true });
  try {
    migrate(db, 'index');
    const salt = readState(db).salt;
    const merged = db.prepare<[], number>('SELECT merged FROM state').pluck();
    const occupied = db.prepare<[], number>(OCCUPIED).pluck();
    const ofOne = TIERS.map((tier) =>
      db
        .prepare<[number, number, number], number>(
          `SELECT idx FROM tier${tier} WHERE key = ? AND idx < ? ORDER BY idx DESC LIMIT ?`,
        )
        .pluck(),
    );
    // CROSS JOIN keeps SQLite from walking through the tier instead of the keys.
    const ofMany = TIERS.map((tier) =>
      db
        .prepare<[string], [key: number, index: number]>(
          `SELECT tier.key, tier.idx FROM json_each(?) AS wanted CROSS JOIN tier${tier} AS tier ON tier.key = wanted.value`,
        )
        .raw(),
    );
    // One transaction: one snapshot, in which a row that is being moved is in one tier exactly, and one lock to take.
    const inSnapshot = db.transaction((work: () => unknown): unknown => work());
    /** What the statement of each tier yields. Every tier that holds anything: a late payload's keys are in a new one. */
    function eachTier<S, T>(statements: S[], query: (statement: S) => T[]): T[] {
      const read = (): T[] => {
        const tiers = occupied.get()!;
        return statements.flatMap((statement, i) => ((tiers & (1 << i)) === 0 ? [] : query(statement)));
      };
      return guarded(() => inSnapshot(read) as T[]);
    }
    return {
      salt,
      merged: () => guarded(() => merged.get()!),
      candidates(key, before, limit) {
        return newestFirst(
          eachTier(ofOne, (statement) => statement.all(key, before, limit)),
          limit,
        );
      },
      candidatesOfAll(keys, limit) {
        const wanted = JSON.stringify(keys);
        const found = new Map<number, number[]>();
        for (const [key, index] of eachTier(ofMany, (statement) => statement.all(wanted))) {
          const indexes = found.get(key);
          if (indexes === undefined) found.set(key, [index]);
          else indexes.push(index);
        }
        for (const [key, indexes] of found) found.set(key, newestFirst(indexes, limit));
        return found;
      },
      close: () => db.close(),
    };
  } catch (error) {
    db.close();
    throw damaged(error);
  }
}

export interface TierWriterOptions {
  /** 32 bytes. */
  logId: Uint8Array;
  /** Entries in `log.db`: an index that covers more belongs to another state of it. */
  logSize: number;
  /** Entries of a segment; tier L moves on at 16^L times as many. */
  segmentLength?: number;
  /** Keys that a step of a merge takes. */
  keysPerMerge?: number;
}

/**
 * Opens the index for merging. A file that is torn, unreadable, of another format, of another log or ahead of this one
 * is deleted and begun anew with a new salt, so no other connection may be open yet.
 * @throws LogError those of `openDatabase` that are not about the file's contents
 */
export function openTierWriter(file: string, options: TierWriterOptions): TierWriter & { invalidate(): void } {
  const db = openUsable(file, options) ?? createIndex(file, options);
  return tierWriter(db, options);
}

function openUsable(file: string, options: TierWriterOptions): Connection | undefined {
  let db: Connection | undefined;
  try {
    db = openDatabase(file, OPTIONS);
    migrate(db, 'index');
    const state = readState(db);
    for (const tier of TIERS) db.prepare(`SELECT max(key) FROM tier${tier}`).get();
    const usable =
      state.format === FORMAT &&
      equalBytes(state.log_id, options.logId) &&
      state.merged <= options.logSize &&
      state.fill1 + state.fill2 + state.fill3 + state.fill4 === state.merged;
    if (usable) return db;
    db.close();
    return undefined;
  } catch (error) {
    db?.close();
    if (isLogError(damaged(error), 'log_missing', 'corrupt', 'schema_unknown')) return undefined;
    throw error;
  }
}

/**
 * A connection that may write, for upkeep while no merger runs.
 * @throws LogError corrupt, schema_unknown, and those of `openDatabase`
 */
export function openIndex(file: string): { db: Connection; salt: Uint8Array } {
  let db: Connection | undefined;
  try {
    db = openDatabase(file, OPTIONS);
    migrate(db, 'index');
    return { db, salt: readState(db).salt };
  } catch (error) {
    db?.close();
    throw damaged(error);
  }
}

function createIndex(file: string, options: TierWriterOptions): Connection {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  const db = openDatabase(file, { ...OPTIONS, create: true });
  migrate(db, 'index');
  db.prepare(
    `INSERT INTO state (id, format, log_id, salt, merged, fill1, fill2, fill3, fill4, moving, moving_fill, next_range)
     VALUES (1, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0)`,
  ).run(FORMAT, options.logId, randomBytes(SALT_LENGTH));
  return db;
}

function tierWriter(
  db: Connection,
  { segmentLength = SEGMENT_LENGTH, keysPerMerge = KEYS_PER_MERGE }: TierWriterOptions,
): TierWriter & { invalidate(): void } {
  const insertMany = db.prepare(insertSql(ROWS_PER_INSERT));
  const insertOne = db.prepare(insertSql(1));
  const advance = db.prepare<[number, number]>('UPDATE state SET merged = ?, fill1 = fill1 + ?');
  const progress = db.prepare<[number, number, number]>('UPDATE state SET moving = ?, moving_fill = ?, next_range = ?');

  /** The segment that is being merged, its rows' order, and how many of them are in. */
  let merging: { segment: IndexSegment; order: Float64Array; done: number } | undefined;

  /** @returns how many rows of the segment are in now */
  const insertNext = db.transaction((segment: IndexSegment, order: Float64Array, done: number): number => {
    // Inside the transaction: a segment that is offered twice, or one too late, must not move the count over a gap.
    const { merged } = readState(db);
    if (segment.start !== merged || segment.end < segment.start) {
      throw new LogError(
        'corrupt',
        `the index stands at entry ${merged} and cannot take a segment from ${segment.start} to ${segment.end}`,
      );
    }
    const next = order.subarray(done, done + keysPerMerge);
    insertRows(segment, next, insertMany, insertOne);
    if (done + next.length === order.length) advance.run(segment.end, segment.end - segment.start);
    return done + next.length;
  });

  function merge(segment: IndexSegment): boolean {
    if (merging?.segment !== segment) merging = { segment, order: keyOrder(segment.keys), done: 0 };
    merging.done = insertNext.immediate(segment, merging.order, merging.done);
    if (merging.done < merging.order.length) return true;
    merging = undefined;
    return false;
  }

  const settle = db.transaction((): boolean => {
    const state = readState(db);
    const fills = [state.fill1, state.fill2, state.fill3];
    let { moving: tier, moving_fill: fill, next_range: range } = state;
    if (tier === 0) {
      // The deepest first, so that a tier never receives while it is itself due.
      tier = fills.findLastIndex((held, i) => held >= segmentLength * FANOUT ** (i + 1)) + 1;
      if (tier === 0) return false;
      fill = fills[tier - 1]!;
      range = 0;
    }
    const bounds = { from: (KEY_SPACE / RANGES) * range, to: (KEY_SPACE / RANGES) * (range + 1) };
    const within = 'WHERE key >= $from AND key < $to';
    db.prepare(
      `INSERT OR IGNORE INTO tier${tier + 1} SELECT key, idx FROM tier${tier} ${within} ORDER BY key, idx`,
    ).run(bounds);
    db.prepare(`DELETE FROM tier${tier} ${within}`).run(bounds);
    if (range + 1 < RANGES) {
      progress.run(tier, fill, range + 1);
    } else {
      // What was merged during the move stays counted here, though some of its rows have gone along.
      const [here, next] = [`fill${tier}`, `fill${tier + 1}`];
      db.prepare(`UPDATE state SET ${here} = ${here} - $fill, ${next} = ${next} + $fill`).run({ fill });
      progress.run(0, 0, 0);
    }
    return true;
  });

  return {
    salt: readState(db).salt,
    merged: () => guarded(() => readState(db).merged),
    merge: (segment) => guarded(() => merge(segment)),
    settle: () => guarded(() => settle.immediate()),
    invalidate: () => guarded(() => db.exec('UPDATE state SET format = 0')),
    close: () => db.close(),
  };
}

function insertSql(rows: number): string {
  // Doubles are harmless: a term stated twice, or a payload attached in the segment of its own entry.
  return `INSERT OR IGNORE INTO tier1 (key, idx) VALUES ${Array(rows).fill('(?, ?)').join(', ')}`;
}

interface RowInsert {
  run(parameters: number[]): unknown;
}

function insertRows(segment: IndexSegment, order: Float64Array, insertMany: RowInsert, insertOne: RowInsert): void {
  const whole = order.length - (order.length % ROWS_PER_INSERT);
  const parameters: number[] = new Array(2 * ROWS_PER_INSERT).fill(0);
  for (let at = 0; at < whole; at += ROWS_PER_INSERT) {
    for (let row = 0; row < ROWS_PER_INSERT; row++) {
      const position = order[at + row]!;
      parameters[2 * row] = segment.keys[position]!;
      parameters[2 * row + 1] = segment.indexes[position]!;
    }
    insertMany.run(parameters);
  }
  for (const position of order.subarray(whole)) {
    insertOne.run([segment.keys[position]!, segment.indexes[position]!]);
  }
}

/**
 * Positions in the order of their keys' leading bits, which is all that a B-tree's locality asks for. Leading bits and
 * position share one double, because sorting plain numbers is ten times faster than sorting by a comparison function.
 */
function keyOrder(keys: Float64Array): Float64Array {
  const positions = 2 ** Math.ceil(Math.log2(keys.length + 1));
  const dropped = Math.max(1, (KEY_SPACE * positions) / 2 ** 53);
  const order = new Float64Array(keys.length);
  for (let i = 0; i < keys.length; i++) order[i] = Math.floor(keys[i]! / dropped) * positions + i;
  order.sort();
  for (let i = 0; i < order.length; i++) order[i] = order[i]! % positions;
  return order;
}

function readState(db: Connection): State {
  const state = db.prepare<[], State>('SELECT * FROM state').get();
  if (state === undefined) throw new LogError('corrupt', 'the look-up index has no state');
  return state;
}

/** Turns SQLite's word that the file is damaged into ours; everything else stays what it is. */
function guarded<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw damaged(error);
  }
}

/** What is wrong with the file as the one error for it; everything else stays what it is. */
export function damaged(error: unknown): unknown {
  const code = String((error as { code?: unknown } | null)?.code);
  // SQLITE_ERROR: a table or column that the migrations made is gone.
  if (!/^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(code)) return error;
  return new LogError('corrupt', 'the look-up index is damaged and has to be rebuilt', { cause: error });
}
