/** Brings a database to this program's schema: plain SQL files, forward only, each recorded with its checksum. */
import { readdirSync, readFileSync } from 'node:fs';
import { equalBytes, utf8 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { type Hash, sha256 } from '../../core/hash.ts';
import { MIGRATIONS } from '../migrations.ts';
import type { Connection } from './connection.ts';

export interface Migration {
  /** From 1, gapless. */
  id: number;
  /** The file's name without number and ending. */
  name: string;
  /** Of the text with line feeds as line ends, 32 bytes. */
  sha256: Hash;
  sql: string;
}

export type AppliedMigration = Omit<Migration, 'sql'>;

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/**
 * The migrations of a database, in order.
 * @throws Error where the numbers have gaps or doubles: a mistake in the package
 */
export function readMigrations(folder: 'log' | 'index' | 'witness'): Migration[] {
  const url = new URL(`${folder}/`, MIGRATIONS);
  const names = readdirSync(url).filter((name) => name.endsWith('.sql'));
  return names.sort().map((file, position) => {
    const match = FILE_NAME.exec(file);
    if (match === null || Number(match[1]) !== position + 1) {
      throw new Error(`migrations/${folder}/${file} is not number ${position + 1}`);
    }
    const sql = readFileSync(new URL(file, url), 'utf8').replaceAll('\r\n', '\n');
    return { id: position + 1, name: match[2]!, sha256: sha256(utf8(sql)), sql };
  });
}

/**
 * Applies what is missing, each migration in a transaction of its own. A read-only connection is only checked.
 * @throws LogError schema_unknown where an applied migration was edited since, or is not known here (a newer program
 * wrote the database), or one is missing on a read-only connection
 */
export function migrate(
  db: Connection,
  folder: 'log' | 'index' | 'witness',
  migrations = readMigrations(folder),
): void {
  requireKnown(migrationsApplied(db), migrations);
  if (db.readonly) {
    if (migrationsApplied(db).length < migrations.length) {
      throw new LogError('schema_unknown', 'the database has an older schema: open it once for writing to upgrade it');
    }
    return;
  }
  db.exec(
    `CREATE TABLE IF NOT EXISTS migrations (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
      applied_at INTEGER NOT NULL
    ) STRICT`,
  );
  const record = db.prepare('INSERT INTO migrations (id, name, sha256, applied_at) VALUES (?, ?, ?, unixepoch())');
  for (const migration of migrations) {
    // Looked up again inside: two processes may be upgrading at once.
    const apply = db.transaction(() => {
      if (migrationsApplied(db).some((applied) => applied.id === migration.id)) return;
      db.exec(migration.sql);
      record.run(migration.id, migration.name, migration.sha256);
    });
    apply.immediate();
  }
}

/** What has been applied, in order. Empty for a new database. */
export function migrationsApplied(db: Connection): AppliedMigration[] {
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'").get();
  if (table === undefined) return [];
  return db.prepare('SELECT id, name, sha256 FROM migrations ORDER BY id').all() as AppliedMigration[];
}

function requireKnown(applied: AppliedMigration[], known: Migration[]): void {
  applied.forEach((migration, position) => {
    const counterpart = known[position];
    if (counterpart === undefined || counterpart.id !== migration.id) {
      throw new LogError(
        'schema_unknown',
        `the database has migration ${migration.id}, which this program does not know: use the newer program that wrote it`,
      );
    }
    if (!equalBytes(counterpart.sha256, migration.sha256)) {
      throw new LogError(
        'schema_unknown',
        `migration ${migration.id} differs from the one that was applied: restore the file, and add a new one for a change`,
      );
    }
  });
}
