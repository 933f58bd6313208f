import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CompactRange } from '../../../src/core/compact-range.ts';
import { EMPTY_ROOT } from '../../../src/core/hash.ts';
import { TileEdge } from '../../../src/core/tile-edge.ts';
import { type BatchPlan, planBatch } from '../../../src/log/planner.ts';
import type { CommitFailure, Seal } from '../../../src/log/ports.ts';
import { sealOf } from '../../../src/log/seal.ts';
import { openLogRows, SqliteLogRows } from '../../../src/storage/sqlite/log-rows.ts';
import { createLogStore, openLogStore, SqliteLogStore } from '../../../src/storage/sqlite/log-store.ts';
import { controlEntry, entryOf, feedEntry } from '../../log/loggable-entries.ts';
import { identity, signer } from '../../log/test-identity.ts';

let folder: string;
let file: string;
let store: SqliteLogStore;
let edge: TileEdge;
let feed: CompactRange;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  file = join(folder, 'log.db');
  store = createLogStore(file, identity);
  edge = TileEdge.empty();
  feed = CompactRange.empty();
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const START = 1_700_000_000;
const named = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    entryOf(`entry ${edge.size + i}`, i % 3 === 0 ? { payload: `payload ${i}`, companion: `companion ${i}` } : {}),
  );
const plan = (count: number): BatchPlan =>
  planBatch({
    edge,
    feed,
    controls: feedEntry,
    entries: named(count),
    known: () => undefined,
    attached: () => entryOf('-'),
  });
const sealed = (batch: BatchPlan): Seal => sealOf(batch, edge, signer, START);

async function append(count: number): Promise<BatchPlan> {
  const batch = plan(count);
  await store.commit(batch.commit, sealed(batch));
  edge = batch.growth.edge;
  return batch;
}

const failed = (failure: CommitFailure) => expect.objectContaining({ name: 'CommitError', failure });
/** Everything that is in the file, as another connection sees it. */
function contents(): Record<string, unknown[]> {
  const db = new Database(file, { readonly: true });
  const tables = ['log', 'entries', 'tiles', 'checkpoints', 'head', 'payloads', 'erasures', 'companions', 'feed'];
  const rows = tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()]);
  db.close();
  return Object.fromEntries(rows) as Record<string, unknown[]>;
}

/** Runs each statement past the program, and holds the file to what it was. */
function refusesAll(statements: readonly string[]): void {
  const before = contents();
  const db = new Database(file);
  db.pragma('recursive_triggers = ON');
  for (const sql of statements) {
    expect(() => db.exec(sql), sql).toThrow();
    expect(contents(), sql).toEqual(before);
  }
  db.close();
}

describe('a new log', () => {
  it('is empty, and knows who it is', () => {
    expect(store.head()).toMatchObject({ size: 0, time: 0, note: '' });
    expect(Buffer.from(store.head().root)).toEqual(Buffer.from(EMPTY_ROOT));
    expect(store.identity()).toEqual({ ...identity, logId: Buffer.from(identity.logId) });
  });

  it('is not created over another', () => {
    expect(() => createLogStore(file, identity)).toThrow(expect.objectContaining({ code: 'log_exists' }));
  });

  it('is not made by opening it', () => {
    const nowhere = join(folder, 'nowhere.db');
    expect(() => openLogStore(nowhere)).toThrow(expect.objectContaining({ code: 'log_missing' }));
    expect(existsSync(nowhere)).toBe(false);
  });
});

describe('a commit', () => {
  it('stores what was planned, for this connection and for others', async () => {
    const { commit } = await append(300);
    const { rows, close } = openLogRows(file);
    for (const reader of [store, rows]) {
      const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
      expect(plain(reader.entries(0, 300))).toEqual(plain(commit.entries.map((row) => buffers(row))));
      expect(reader.entries(10, 12)).toHaveLength(2);
      expect(plain(reader.entry(299))).toEqual(plain(buffers(commit.entries[299]!)));
      expect(reader.entry(300)).toBeUndefined();
      expect(reader.leafHashes(298, 400)).toHaveLength(2 * 32);
      expect(plain(reader.tile(0, 0))).toEqual(plain(Buffer.from(commit.tiles[0]!.hashes)));
      expect(reader.tile(0, 1)).toBeUndefined();
      expect([...reader.tileRoots(0, 0, 5)]).toEqual([...commit.tiles[0]!.root]);
      expect(plain(reader.payload(3))).toEqual(plain(buffers(commit.payloads[1]!)));
      expect(reader.payloadState(3)).toEqual({ countsFrom: 3 });
      expect(reader.payloadState(4)).toBeUndefined();
      expect(reader.companions(3).map(String)).toEqual(['companion 3']);
      expect(reader.head()).toMatchObject({ size: 300, time: START });
      expect(reader.checkpoint(300)).toMatchObject({ size: 300, time: START, note: reader.head().note });
      expect(reader.checkpointCovering(0)!.size).toBe(300);
      expect(reader.checkpointCovering(300)).toBeUndefined();
      expect(reader.checkpoints(0, 10)).toHaveLength(1);
    }
    close();
  });

  it('of companions only seals nothing and leaves the head', async () => {
    await append(3);
    const before = store.head();
    const companions = [{ index: 1, position: 0, content: Uint8Array.of(7) }];
    const { commit } = plan(0);
    const seal = () => {
      throw new Error('there is nothing to sign');
    };
    expect(await store.commit({ ...commit, companions }, seal)).toBeUndefined();
    expect(store.head()).toEqual(before);
    expect(store.companions(1)).toEqual([Buffer.of(7)]);
  });

  it('stores the feed, and tells its size at every tree size', async () => {
    const controls = [controlEntry('one'), controlEntry('two')];
    const planned = planBatch({
      ...{ edge, feed, controls: feedEntry, entries: controls },
      ...{ known: () => undefined, attached: () => entryOf('-') },
    });
    await store.commit(planned.commit, sealed(planned));
    const rows = planned.commit.feed.map((row) => ({ ...row, hash: Buffer.from(row.hash) }));
    expect(store.feed(0, 9)).toEqual(rows);
    expect(store.feed(1, 2)).toEqual(rows.slice(1));
    expect([0, 2, 3].map((size) => store.feedSize(size))).toEqual([0, 0, 2]);
  });

  it('reads back rows that lie beyond what it wrote', async () => {
    const batch = plan(2);
    const db = new Database(file);
    db.prepare("INSERT INTO entries (idx, leaf_hash, leaf) VALUES (9, ?, x'00')").run(EMPTY_ROOT);
    db.close();
    await expect(store.commit(batch.commit, sealed(batch))).rejects.toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
    expect(contents().head).toEqual([expect.objectContaining({ size: 0 })]);
  });

  it('leaves nothing where the seal refuses', async () => {
    await append(5);
    const before = contents();
    const batch = plan(400);
    const refusal = new Error('not signed');
    const seal = () => {
      throw refusal;
    };
    await expect(store.commit(batch.commit, seal)).rejects.toMatchObject({ failure: 'unknown', cause: refusal });
    expect(contents()).toEqual(before);
    await append(400);
    expect(store.head().size).toBe(405);
  });

  it('leaves nothing on a head that has moved', async () => {
    const late = plan(5);
    const other = openLogStore(file);
    const early = plan(2);
    await other.commit(early.commit, sealed(early));
    other.close();
    const before = contents();
    await expect(store.commit(late.commit, sealed(late))).rejects.toThrow(failed('head_moved'));
    expect(contents()).toEqual(before);
  });

  it('leaves nothing where the size is right and the root another', async () => {
    await append(2);
    const before = contents();
    const batch = plan(1);
    const previous = { ...batch.commit.previous, root: EMPTY_ROOT };
    await expect(store.commit({ ...batch.commit, previous }, sealed(batch))).rejects.toThrow(failed('head_moved'));
    expect(contents()).toEqual(before);
  });

  it('says that there is another writer where it cannot have the lock', async () => {
    const db = new Database(file);
    db.exec('BEGIN IMMEDIATE');
    const batch = plan(1);
    await expect(store.commit(batch.commit, sealed(batch))).rejects.toThrow(failed('head_moved'));
    db.close();
    await append(1);
  });

  it('that would take a place twice is rolled back whole', async () => {
    await append(5);
    const before = contents();
    const batch = plan(3);
    const companions = [0, 0].map((position) => ({ index: 5, position, content: Uint8Array.of(position) }));
    await expect(store.commit({ ...batch.commit, companions }, sealed(batch))).rejects.toThrow(failed('unknown'));
    expect(contents()).toEqual(before);
  });

  it('on a full disk is rolled back whole, and possible again when there is room', async () => {
    await append(5);
    const before = contents();
    const db = pagesOf(store);
    db.limit();
    const batch = plan(3000);
    await expect(store.commit(batch.commit, sealed(batch))).rejects.toThrow(failed('storage_full'));
    expect(contents()).toEqual(before);
    db.free();
    await append(3000);
    expect(store.head().size).toBe(3005);
  });
});

/** A store whose file may not grow for a while: SQLite then answers SQLITE_FULL, as on a full disk. */
function pagesOf(current: SqliteLogStore): { limit(): void; free(): void } {
  current.close();
  const db = new Database(file);
  db.pragma('recursive_triggers = ON');
  store = new SqliteLogStore(db);
  return {
    limit: () => db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`),
    free: () => db.pragma('max_page_count = 1000000'),
  };
}

const buffers = <T extends object>(row: T): object =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value) : value]),
  );

describe('an erasure', () => {
  const erasing = (index: number, sha256: Uint8Array) => ({
    ...entryOf('tombstone'),
    erases: { sha256, leaves: [index] },
  });

  async function erase(index: number, sha256: Uint8Array): Promise<void> {
    const entries = [erasing(index, sha256)];
    const batch = planBatch({
      edge,
      feed,
      controls: feedEntry,
      entries,
      known: () => undefined,
      attached: () => entryOf('-'),
    });
    await store.commit(batch.commit, sealed(batch));
    edge = batch.growth.edge;
  }

  it('leaves the hash and the place of the tombstone, and no more', async () => {
    const { commit } = await append(4);
    const { sha256 } = commit.payloads[1]!;
    await erase(3, sha256);
    expect([store.payload(3), store.payloadState(3)]).toEqual([undefined, 'erased']);
    expect(store.payloads(0, 9).map(({ index }) => index)).toEqual([0]);
    expect(store.erased(3)).toEqual({ index: 3, erasedBy: 4, sha256: Buffer.from(sha256), remaining: 0 });
    expect(store.erased(0)).toBeUndefined();
    expect(store.erasures()).toEqual([{ erasedBy: 4, sha256: Buffer.from(sha256), traces: true }]);
    store.tracesRemoved(4);
    expect(store.erasures()).toMatchObject([{ traces: false }]);
  });

  it('of another payload than the entry holds is rolled back whole, tombstone and all', async () => {
    await append(4);
    const before = contents();
    await expect(erase(3, new Uint8Array(32))).rejects.toMatchObject({ code: 'corrupt' });
    expect(contents()).toEqual(before);
  });

  it('is not undone, nor half done', async () => {
    const { commit } = await append(4);
    await erase(3, commit.payloads[1]!.sha256);
    refusesAll([
      "UPDATE payloads SET bytes = x'00' WHERE idx = 3",
      'UPDATE payloads SET erased_by = NULL WHERE idx = 3',
      'DELETE FROM payloads WHERE idx = 3',
      "REPLACE INTO payloads (idx, counts_from, sha256, type, bytes) SELECT idx, idx, sha256, '', x'00' FROM payloads",
      'UPDATE payloads SET erased_by = 4 WHERE idx = 0',
      'DELETE FROM erasures',
      'UPDATE erasures SET sha256 = zeroblob(32)',
    ]);
  });
});

describe('a re-stamp', () => {
  it('replaces note and time, and nothing else', async () => {
    await append(3);
    const before = contents();
    await store.restamp(store.head(), 'a later note', START + 60);
    const { head, ...rest } = contents();
    expect(head).toEqual([{ ...(before.head![0] as object), note: 'a later note', time: START + 60 }]);
    expect({ ...rest, head: before.head }).toEqual(before);
  });

  it('misses where size, root or time are not the stored ones', async () => {
    await append(3);
    const head = store.head();
    await store.restamp(head, 'a later note', START + 60);
    const before = contents();
    for (const stale of [head, { ...store.head(), size: 2 }, { ...store.head(), root: EMPTY_ROOT }]) {
      await expect(store.restamp(stale, 'another note', START + 120)).rejects.toThrow(failed('head_moved'));
    }
    expect(contents()).toEqual(before);
  });

  it('never goes back in time', async () => {
    await append(3);
    await expect(store.restamp(store.head(), 'an earlier note', START - 1)).rejects.toThrow(failed('unknown'));
    expect(store.head().time).toBe(START);
  });
});

describe('the database itself refuses', () => {
  const statements = [
    "UPDATE log SET origin = 'other'",
    'DELETE FROM log',
    "UPDATE entries SET leaf = x'00' WHERE idx = 1",
    'UPDATE entries SET idx = 1000 WHERE idx = 1',
    'DELETE FROM entries WHERE idx = 299',
    "REPLACE INTO entries (idx, leaf_hash, leaf) SELECT 1, leaf_hash, x'00' FROM entries WHERE idx = 1",
    'UPDATE tiles SET root = zeroblob(32)',
    'DELETE FROM tiles',
    'REPLACE INTO tiles (position, root, hashes) SELECT position, zeroblob(32), hashes FROM tiles',
    'UPDATE checkpoints SET time = time + 1',
    'DELETE FROM checkpoints',
    "REPLACE INTO checkpoints (size, root, time, note) SELECT size, root, time, '' FROM checkpoints",
    "UPDATE companions SET content = x'00'",
    'DELETE FROM head',
    'UPDATE head SET size = size - 1',
    'UPDATE head SET time = time - 1',
    'UPDATE head SET root = zeroblob(32)',
    "REPLACE INTO head (id, size, root, time, note) SELECT id, 0, root, time, '' FROM head",
    "INSERT INTO entries (idx, leaf_hash, leaf) VALUES (300, x'00', x'00')",
    "INSERT INTO entries (idx, leaf_hash, leaf) VALUES (300, zeroblob(32), x'')",
    'INSERT INTO entries (idx, leaf_hash, leaf) VALUES (300, zeroblob(32), zeroblob(65536))',
    "INSERT INTO tiles (position, root, hashes) VALUES (9, zeroblob(32), x'00')",
    "INSERT INTO payloads (idx, counts_from, sha256, type, bytes) VALUES (300, 299, zeroblob(32), '', x'')",
    "INSERT INTO companions (idx, position, content) VALUES (1, 8, x'')",
    "INSERT INTO head (id, size, root, time, note) VALUES (2, 0, zeroblob(32), 0, '')",
  ];

  it('every change of what is to stay, and every row that cannot be', async () => {
    await append(300);
    refusesAll(statements);
  });
});

it('is as durable at the second open as at the first', () => {
  store.close();
  const db = new Database(file);
  // What the driver gives by itself on a WAL file; only setting it every time helps.
  expect(db.pragma('synchronous', { simple: true })).toBe(1);
  db.close();
  const opened = openLogStore(file);
  const connection = connectionOf(opened);
  const names = ['synchronous', 'journal_mode', 'recursive_triggers'];
  expect(names.map((name) => connection.pragma(name, { simple: true }))).toEqual([2, 'wal', 1]);
  opened.close();
  store = openLogStore(file);
});

/** The store's own connection, since settings are a connection's and not the file's: caught as it prepares a query. */
function connectionOf(opened: SqliteLogStore): Database.Database {
  let connection: Database.Database | undefined;
  const prepare = vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (this: Database.Database) {
    connection = this;
    throw new Error('caught');
  } as never);
  expect(() => opened.checkpoints(0, 1)).toThrow();
  prepare.mockRestore();
  return connection!;
}

it('says that a file without a log holds none', () => {
  const db = new Database(':memory:');
  db.exec(
    'CREATE TABLE log (origin, log_id, checkpoint_key, time_key, statement_key); CREATE TABLE head (size, root, note, time)',
  );
  expect(() => new SqliteLogRows(db).identity()).toThrow(expect.objectContaining({ code: 'log_missing' }));
  expect(() => new SqliteLogRows(db).head()).toThrow(expect.objectContaining({ code: 'corrupt' }));
  expect(() => new SqliteLogRows(db).entry(0)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  db.close();
});
