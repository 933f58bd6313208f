/** Creates a log: keys, database, genesis statement, anchor. Explicit, and never over the traces of another. */
import { existsSync, mkdirSync } from 'node:fs';
import { LogError } from '../core/errors.ts';
import { TileEdge } from '../core/tile-edge.ts';
import { genesisStatement } from '../entry/log-statement.ts';
import { Anchor } from '../log/anchor.ts';
import type { LogIdentity } from '../log/identity.ts';
import { assertOrigin, createKeys, identityOf } from '../log/keys.ts';
import { planBatch } from '../log/planner.ts';
import { sealOf } from '../log/seal.ts';
import { checkpointSigner } from '../log/signer.ts';
import { statementEntry } from '../log/statements.ts';
import { createLogStore } from '../storage/sqlite/log-store.ts';
import { type DataPaths, defaultAnchor } from './paths.ts';

/**
 * @param anchor file of the anchor, where not the default one
 * @throws LogError log_exists where the directory holds a database or keys already; config_invalid for a bad origin
 */
export async function createLog(
  directory: string,
  paths: DataPaths,
  origin: string,
  anchor: string | undefined,
): Promise<{ identity: LogIdentity; anchor: string }> {
  assertOrigin(origin);
  if (existsSync(paths.log))
    throw new LogError('log_exists', `${paths.log} is there already; a log is never created over another`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const keys = createKeys(paths.keys);
  const identity = identityOf(origin, keys);
  const store = createLogStore(paths.log, identity);
  try {
    const time = Math.floor(Date.now() / 1000);
    const { logId, verifierKey, timeVerifierKey, statementKey } = identity;
    const genesis = genesisStatement({
      origin,
      logId,
      checkpointKey: verifierKey,
      timeKey: timeVerifierKey,
      statementKey,
      time,
    });
    const edge = TileEdge.empty();
    const plan = planBatch({
      edge,
      // The index does not exist yet; it will be built from the entry itself, so the salt does not matter here.
      entries: [statementEntry(genesis, keys, new Uint8Array(0))],
      known: () => undefined,
      attached: () => {
        throw new Error('nothing is attached to an empty log');
      },
    });
    const head = await store.commit(plan.commit, sealOf(plan, edge, checkpointSigner(identity, keys), time));
    const path = anchor ?? defaultAnchor(identity.logId);
    Anchor.create(path, { logId: identity.logId, size: head!.size, root: head!.root }).close();
    return { identity, anchor: path };
  } finally {
    store.close();
  }
}
