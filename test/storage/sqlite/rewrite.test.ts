import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rewriteDatabase } from '../../../src/storage/sqlite/rewrite.ts';

let folder: string;
let file: string;
let db: Database.Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-rewrite-'));
  file = join(folder, 'rows.db');
  db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT');
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const mark = (id: number) => `row-${id}-`;
const written = () => Buffer.concat([readFileSync(file), readFileSync(`${file}-wal`)]);

it('leaves nothing of what was overwritten, wherever SQLite had moved it', () => {
  const insert = db.prepare('INSERT INTO rows VALUES (?, ?)');
  // In no order, so that pages are split and rows moved; of all sizes, so that some lie in pages of their own.
  for (let i = 0; i < 200; i++) {
    const id = (i * 77) % 200;
    insert.run(id, Buffer.from(mark(id).repeat(1 + ((i * 131) % 900))));
  }
  db.pragma('secure_delete = ON');
  db.exec("UPDATE rows SET bytes = x'' WHERE id % 5 = 0");
  const gone = Array.from({ length: 40 }, (_, i) => mark(5 * i));
  const copies = () => gone.filter((text) => written().includes(text)).length;
  expect(copies()).toBeGreaterThan(0);
  rewriteDatabase(db);
  expect(copies()).toBe(0);
  expect(statSync(`${file}-wal`).size).toBe(0);
  expect(db.prepare('SELECT count(*), sum(length(bytes) > 0) FROM rows').raw().get()).toEqual([200, 160]);
});

it('says so where a reader holds the old pages', () => {
  db.exec("INSERT INTO rows VALUES (1, x'00')");
  const reader = new Database(file);
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM rows').get();
  db.pragma('busy_timeout = 1');
  expect(() => rewriteDatabase(db)).toThrow(expect.objectContaining({ code: 'already_running' }));
  reader.close();
  rewriteDatabase(db);
});
