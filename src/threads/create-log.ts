/** Creates a log: keys, database, genesis statement, anchor. Explicit, and never over the traces of another. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CompactRange } from '../core/compact-range.ts';
import { LogError } from '../core/errors.ts';
import { TileEdge } from '../core/tile-edge.ts';
import { type Genesis, genesisStatement } from '../entry/submission/log-statement.ts';
import { Anchor, syncFolder } from '../log/anchor.ts';
import type { LogIdentity } from '../log/identity.ts';
import {
  assertNoKeys,
  assertOrigin,
  createKeys,
  identityOf,
  type LogKeys,
  publicPem,
  readRekorV1Key,
  removeKeys,
} from '../log/keys.ts';
import type { StoredCheckpoint } from '../log/log.ts';
import { planBatch } from '../log/planner.ts';
import { sealOf } from '../log/seal.ts';
import { checkpointSigner } from '../log/signer.ts';
import { statementEntry } from '../log/statements.ts';
import { createTimestampKey } from '../log/timestamp/timestamp-key.ts';
import { createLogStore } from '../storage/sqlite/log-store.ts';
import { lockWriter } from '../storage/sqlite/writer-lock.ts';
import { type DataPaths, defaultAnchor } from './paths.ts';

/**
 * @param anchor file of the anchor, where not the default one
 * @param time POSIX seconds: when the log begins
 * @throws LogError log_exists where the directory holds a database or keys already; config_invalid for a bad origin
 */
export async function createLog(
  directory: string,
  paths: DataPaths,
  origin: string,
  anchor: string | undefined,
  time = Math.floor(Date.now() / 1000),
): Promise<{ identity: LogIdentity; anchor: string }> {
  assertOrigin(origin);
  assertNoLog(paths);
  // One that stands there is another log's, unless the creation of this one was interrupted just after it.
  if (anchor !== undefined && existsSync(anchor) && !existsSync(unfinishedOf(paths)))
    throw new LogError('log_exists', `${anchor} is there already; an anchor is never created over another`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Two that create at once would each take the other's files for an interrupted creation.
  const unlock = lockWriter(paths.lock);
  try {
    return await create(directory, paths, origin, anchor, time);
  } finally {
    unlock();
  }
}

async function create(
  directory: string,
  paths: DataPaths,
  origin: string,
  anchor: string | undefined,
  time: number,
): Promise<{ identity: LogIdentity; anchor: string }> {
  assertNoLog(paths);
  const unfinished = beginAnew(paths);
  const keys = createKeys(paths.keys);
  const identity = identityOf(origin, keys);
  const path = anchor ?? defaultAnchor(identity.logId);
  const timestampChain = await createTimestampKey(paths.keys, origin, time);
  const rekorV1Key = publicPem(readRekorV1Key(paths.keys));
  const head = await writeGenesis(unfinished, identity, keys, { timestampChain, rekorV1Key, time });
  Anchor.create(path, { logId: identity.logId, size: head.size, root: head.root }).close();
  renameSync(unfinished, paths.log);
  syncFolder(directory);
  return { identity, anchor: path };
}

/**
 * The database gets its name when it is complete. Until then its file says that the keys beside it are those of a log
 * which nobody has seen: a creation that was interrupted is begun again, and no other keys are ever removed.
 * @returns the file to write
 */
function beginAnew(paths: DataPaths): string {
  const unfinished = unfinishedOf(paths);
  if (existsSync(unfinished)) removeKeys(paths.keys);
  else assertNoKeys(paths.keys);
  for (const suffix of ['-wal', '-shm']) rmSync(unfinished + suffix, { force: true });
  writeFileSync(unfinished, '');
  return unfinished;
}

function assertNoLog({ log }: DataPaths): void {
  if (existsSync(log)) throw new LogError('log_exists', `${log} is there already; a log is never created over another`);
}

function unfinishedOf(paths: DataPaths): string {
  return `${paths.log}.new`;
}

async function writeGenesis(
  file: string,
  identity: LogIdentity,
  keys: LogKeys,
  named: Pick<Genesis, 'timestampChain' | 'rekorV1Key' | 'time'>,
): Promise<StoredCheckpoint> {
  const store = createLogStore(file, identity);
  try {
    const { origin, logId, verifierKey, timeVerifierKey, statementKey } = identity;
    const genesis = genesisStatement({
      origin,
      logId,
      checkpointKey: verifierKey,
      timeKey: timeVerifierKey,
      statementKey,
      ...named,
    });
    const edge = TileEdge.empty();
    const plan = planBatch({
      edge,
      feed: CompactRange.empty(),
      // The index does not exist yet; it will be built from the entry itself, so the salt does not matter here.
      entries: [statementEntry(genesis, keys, new Uint8Array(0))],
      known: () => undefined,
      attached: () => {
        throw new Error('nothing is attached to an empty log');
      },
      controls: () => {
        throw new Error('nothing controls an empty log');
      },
    });
    const head = await store.commit(plan.commit, sealOf(plan, edge, checkpointSigner(identity, keys), named.time));
    return head!;
  } finally {
    store.close(); // moves the write-ahead log into the file, which only then is whole
  }
}
