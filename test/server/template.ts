/** A log that was served, filled and stopped once, to be copied by tests that then do something to it. */
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { type Acknowledgement, Http } from './http.ts';
import { type Place, run, start } from './running-server.ts';
import { type Signed, signedArtifact, signedStatement } from './signed.ts';

const ORIGIN = 'log.example.org';

export interface Template {
  place: Place;
  /** Everything that was logged, oldest first, with its acknowledgement. */
  logged: { signed: Signed; acknowledgement: Acknowledgement }[];
  /** The subject of one of them, and its index. */
  subject: { digest: string; index: number };
  /** As published. */
  head: { size: number; rootHash: string };
}

/** Makes a log, not a development one, and logs so many artifacts and a statement in it. */
export async function makeTemplate(place: Place, artifacts: number): Promise<Template> {
  const { code, stderr } = await run('init', '--data', place.data, '--anchor', place.anchor, '--origin', ORIGIN);
  if (code !== 0) throw new Error(`init failed: ${stderr}`);
  const server = await start(place, { flags: [] });
  const http = new Http(server.url);
  const { subject, whole } = signedStatement();
  const items = [...Array.from({ length: artifacts }, () => signedArtifact()), whole];
  const results = await http.logBatch(items);
  const logged = items.map((signed, i) => ({ signed, acknowledgement: results[i] as Acknowledgement }));
  const head = await http.head();
  http.close();
  await server.process.stop();
  // Once more, so that the index covers everything and the databases are whole without their write-ahead logs.
  await (await start(place, { flags: [] })).process.stop();
  settle(place);
  return { place, logged, subject: { digest: subject, index: logged.at(-1)!.acknowledgement.index }, head };
}

/** A copy to be damaged. */
export function copyOf(original: Place, copy: Place): Place {
  cpSync(original.data, copy.data, { recursive: true });
  mkdirSync(dirname(copy.anchor), { recursive: true });
  cpSync(original.anchor, copy.anchor);
  return copy;
}

/** Moves what is in the write-ahead log into the file. */
export function settle(place: Place, file = 'log.db'): void {
  const db = new Database(join(place.data, file));
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

/** Runs statements on a database that no server has open, past its append-only triggers. */
export function tamper(place: Place, statements: string, file = 'log.db'): void {
  const db = new Database(join(place.data, file));
  try {
    const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all() as string[];
    for (const name of triggers) db.exec(`DROP TRIGGER ${name}`);
    db.exec(statements);
  } finally {
    db.close();
  }
}
