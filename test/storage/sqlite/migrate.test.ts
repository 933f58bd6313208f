import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { type Connection, openDatabase } from '../../../src/storage/sqlite/connection.ts';
import { type Migration, migrate, migrationsApplied, readMigrations } from '../../../src/storage/sqlite/migrate.ts';

let folder: string;
let db: Connection;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-migrate-'));
  db = openDatabase(join(folder, 'a.db'), { synchronous: 'NORMAL', pageSize: 4096, create: true });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

function migration(id: number, name: string, sql: string): Migration {
  return { id, name, sql, sha256: sha256(utf8(sql)) };
}
const first = migration(1, 'first', 'CREATE TABLE one (a INTEGER) STRICT; CREATE TABLE uno (a INTEGER) STRICT;');
const second = migration(2, 'second', 'CREATE TABLE two (a INTEGER) STRICT;');

function tables(): string[] {
  return db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all() as string[];
}

describe('migrate', () => {
  it('applies what is missing, once', () => {
    migrate(db, 'index', [first]);
    migrate(db, 'index', [first, second]);
    migrate(db, 'index', [first, second]);
    expect(tables()).toEqual(['migrations', 'one', 'two', 'uno']);
    expect(migrationsApplied(db).map(({ id, name }) => [id, name])).toEqual([
      [1, 'first'],
      [2, 'second'],
    ]);
  });

  it('applies a migration whole or not at all', () => {
    const broken = migration(2, 'broken', 'CREATE TABLE two (a INTEGER) STRICT; CREATE TABLE one (a INTEGER) STRICT;');
    expect(() => migrate(db, 'index', [first, broken])).toThrow(/already exists/);
    expect([tables(), migrationsApplied(db).length]).toEqual([['migrations', 'one', 'uno'], 1]);
  });

  it('refuses an applied migration that was edited', () => {
    migrate(db, 'index', [first]);
    const edited = migration(1, 'first', `${first.sql} -- harmless`);
    expect(() => migrate(db, 'index', [edited])).toThrow(expect.objectContaining({ code: 'schema_unknown' }));
  });

  it('refuses a database that a newer program wrote', () => {
    migrate(db, 'index', [first, second]);
    expect(() => migrate(db, 'index', [first])).toThrow(expect.objectContaining({ code: 'schema_unknown' }));
  });

  it('refuses a read-only connection to an older schema and writes nothing', () => {
    migrate(db, 'index', [first]);
    const reader = openDatabase(join(folder, 'a.db'), { synchronous: 'NORMAL', pageSize: 4096, readonly: true });
    expect(() => migrate(reader, 'index', [first])).not.toThrow();
    expect(() => migrate(reader, 'index', [first, second])).toThrow(
      expect.objectContaining({ code: 'schema_unknown' }),
    );
    reader.close();
  });
});

describe('migrationsApplied', () => {
  it('is empty for a new database', () => {
    expect(migrationsApplied(db)).toEqual([]);
  });
});

describe('readMigrations', () => {
  it('finds the files of the package', () => {
    expect(readMigrations('index')[0]).toMatchObject({ id: 1 });
  });
});
