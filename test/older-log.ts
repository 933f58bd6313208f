/** A log as it was made before there were keys for timestamps and for clients of Rekor v1, and before its schema knew them. */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { CompactRange } from '../src/core/compact-range.ts';
import { TileEdge } from '../src/core/tile-edge.ts';
import { genesisStatement } from '../src/entry/submission/log-statement.ts';
import { Anchor } from '../src/log/anchor.ts';
import { createKeys, identityOf } from '../src/log/keys.ts';
import { planBatch } from '../src/log/planner.ts';
import { sealOf } from '../src/log/seal.ts';
import { checkpointSigner } from '../src/log/signer.ts';
import { statementEntry } from '../src/log/statements.ts';
import { createLogStore } from '../src/storage/sqlite/log-store.ts';
import { dataPaths } from '../src/threads/paths.ts';

/** @param place folder of the data, and file of the anchor */
export async function createOlderLog(place: { data: string; anchor: string }, origin: string): Promise<void> {
  const paths = dataPaths(place.data);
  mkdirSync(dirname(paths.log), { recursive: true });
  const keys = createKeys(paths.keys);
  rmSync(join(paths.keys, 'rekor-v1.key'));
  const identity = identityOf(origin, keys);
  const { logId, verifierKey, timeVerifierKey, statementKey } = identity;
  const time = Math.floor(Date.now() / 1000);
  const named = { origin, logId, checkpointKey: verifierKey, timeKey: timeVerifierKey, statementKey, time };
  const genesis = statementEntry(genesisStatement(named), keys, new Uint8Array(0));
  const edge = TileEdge.empty();
  const plan = planBatch({
    edge,
    feed: CompactRange.empty(),
    entries: [genesis],
    known: () => undefined,
    attached: () => genesis,
    controls: () => genesis,
  });
  const store = createLogStore(paths.log, identity);
  const head = await store.commit(plan.commit, sealOf(plan, edge, checkpointSigner(identity, keys), time));
  store.close();
  const db = new Database(paths.log);
  db.exec(`DROP TABLE key_statements; DROP TABLE feed; DROP TABLE erasures;
    DROP TRIGGER payloads_erased_whole; DROP TRIGGER payloads_stay_erased; DROP TRIGGER erased_payloads_stay;
    ALTER TABLE payloads DROP COLUMN erased_by; DELETE FROM migrations WHERE id > 1`);
  db.close();
  Anchor.create(place.anchor, { logId, size: head!.size, root: head!.root }).close();
}
