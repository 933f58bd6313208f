/** Changes rows of a log behind its back. */
import Database from 'better-sqlite3';

export interface Damage {
  /** Runs SQL that changes one row, with the append-only triggers gone. */
  run(sql: string, ...values: unknown[]): void;
  close(): void;
}

export function damageTo(file: string): Damage {
  const db = new Database(file);
  const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all() as string[];
  for (const name of triggers) db.exec(`DROP TRIGGER ${name}`);
  return {
    run(sql, ...values) {
      if (db.prepare(sql).run(...values).changes !== 1) throw new Error('nothing was damaged');
    },
    close: () => db.close(),
  };
}
