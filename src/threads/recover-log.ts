/**
 * Rebuilds a log's database from a copy, up to a checkpoint that the log signed. Everything is written to a file of
 * another name, checked as `fsck` does, and only then given its own.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { equalBytes, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import type { Hash } from '../core/hash.ts';
import { Anchor, type AnchorRecord, syncFolder } from '../log/anchor.ts';
import { fsck } from '../log/fsck.ts';
import type { LogIdentity } from '../log/identity.ts';
import { identityOf, readKeys } from '../log/keys.ts';
import { type CopiedPart, Replay } from '../log/replay.ts';
import { checkKeyFiles } from '../log/service-keys.ts';
import { checkAnchor, checkIdentity } from '../log/start-checks.ts';
import { createLogStore, type SqliteLogStore } from '../storage/sqlite/log-store.ts';
import { lockWriter } from '../storage/sqlite/writer-lock.ts';
import { type DataPaths, defaultAnchor } from './paths.ts';

/** A copy of a log, with the checkpoint up to which it goes. */
export interface LogCopy {
  /** As its genesis, which the tree holds, names it. */
  identity: LogIdentity;
  head: { size: number; root: Hash; note: string };
  /** All of it, in order. */
  parts(): AsyncIterable<CopiedPart>;
}

export interface RecoverSettings {
  paths: DataPaths;
  /** Default: in the user's state folder. */
  anchor: string | undefined;
  /** The head that the operator states, where there is no anchor. */
  acceptHead: { size: number; root: Hash } | undefined;
  /** Told how many entries are written, and of how many. */
  progress?: (written: number, size: number) => void;
}

export interface Recovered {
  identity: LogIdentity;
  size: number;
  root: Hash;
  payloads: number;
  checkpoints: number;
  anchor: string;
  /** There is no anchor: the log serves reads only until the operator states its head. */
  anchorMissing: boolean;
}

/**
 * @throws LogError log_exists where the target is not empty; wrong_key, wrong_origin, config_invalid for other keys than
 *   the log's; rolled_back, anchor_foreign where the anchor knows of more, or of another history; those of `Replay`
 */
export async function recoverLog(copy: LogCopy, settings: RecoverSettings): Promise<Recovered> {
  const { paths, acceptHead } = settings;
  const { identity, head } = copy;
  assertEmpty(paths);
  const own = identityOf(identity.origin, readKeys(paths.keys));
  checkIdentity(identity, own);
  if (acceptHead !== undefined && (acceptHead.size !== head.size || !equalBytes(acceptHead.root, head.root))) {
    throw new LogError(
      'rolled_back',
      `the stated head is not that of the copy, which is ${head.size}:${toHex(head.root)}`,
    );
  }
  const anchor = settings.anchor ?? defaultAnchor(identity.logId);
  const record = recordAt(anchor);
  judgeAnchor(anchor, record, copy);
  mkdirSync(dirname(paths.log), { recursive: true, mode: 0o700 });
  const unlock = lockWriter(paths.lock);
  const file = `${paths.log}.recovering`;
  try {
    assertEmpty(paths);
    removeDatabase(file);
    const report = await rebuild(file, copy, settings, record);
    renameSync(file, paths.log);
    syncFolder(dirname(paths.log));
    bringAnchorUp(
      anchor,
      { logId: identity.logId, size: head.size, root: head.root },
      record,
      acceptHead !== undefined,
    );
    const anchorMissing = record === undefined && acceptHead === undefined;
    return { identity, size: head.size, root: head.root, ...report, anchor, anchorMissing };
  } finally {
    removeDatabase(file);
    unlock();
  }
}

/** Also an index of what was lost: it may know of entries that the copy does not have. */
function assertEmpty({ log, index }: DataPaths): void {
  for (const file of [log, index]) {
    if (!existsSync(file)) continue;
    throw new LogError(
      'log_exists',
      `${file} is there already; a log is only recovered to where none is: move it away`,
    );
  }
}

function recordAt(path: string): AnchorRecord | undefined {
  const opened = Anchor.open(path);
  opened?.anchor.close();
  return opened?.record;
}

/** The operator's word stands in for an anchor that is missing. It does not overrule a sound one. */
function judgeAnchor(path: string, record: AnchorRecord | undefined, { identity, head }: LogCopy): void {
  if (record === undefined) return;
  if (!equalBytes(record.logId, identity.logId)) throw new LogError('anchor_foreign', "the anchor is another log's");
  if (record.size <= head.size) return;
  throw new LogError(
    'rolled_back',
    `the copy ends at ${head.size} entries, but the log was published at ${record.size}, as the anchor ${path} says: entries ` +
      `from ${head.size} on were acknowledged, and would be lost, and the log would fork as soon as it goes on, for all who ` +
      'have a later checkpoint. Use a copy that has them. Who must go on all the same takes the anchor away and states ' +
      `--accept-head ${head.size}:${toHex(head.root)}`,
  );
}

/** A record that is behind is written over as a running log does; one is only made anew on the operator's word. */
function bringAnchorUp(path: string, current: AnchorRecord, record: AnchorRecord | undefined, accepted: boolean): void {
  if (record !== undefined && record.size < current.size) {
    const opened = Anchor.open(path);
    opened?.anchor.write(current);
    opened?.anchor.close();
  } else if (accepted && record === undefined) Anchor.create(path, current).close();
}

async function rebuild(
  file: string,
  copy: LogCopy,
  settings: RecoverSettings,
  record: AnchorRecord | undefined,
): Promise<{ payloads: number; checkpoints: number }> {
  const store = createLogStore(file, copy.identity);
  try {
    await replay(store, copy, settings);
    const report = await fsck(store, copy.identity);
    const [problem] = report.problems;
    if (problem !== undefined) {
      throw new LogError('proof_invalid', `what the copy gives is not sound: ${problem.at}: ${problem.message}`);
    }
    checkKeyFiles(store, copy.identity, settings.paths.keys);
    checkAnchor(store, store.head(), copy.identity, record, undefined);
    return { payloads: report.payloads, checkpoints: report.checkpoints };
  } finally {
    store.close();
  }
}

async function replay(
  store: SqliteLogStore,
  { identity, head, parts }: LogCopy,
  settings: RecoverSettings,
): Promise<void> {
  const replayed = new Replay(identity, head.size);
  for await (const part of parts()) {
    for (const { plan, checkpoint } of replayed.batches(part)) await store.commit(plan, () => checkpoint);
    settings.progress?.(replayed.size, head.size);
  }
  const written = store.head();
  if (written.size !== head.size || !equalBytes(written.root, head.root)) {
    throw new LogError(
      'proof_invalid',
      `the copy gives ${written.size} entries with root ${toHex(written.root)}, not the ${head.size} entries that its checkpoint names`,
    );
  }
  // A later stamp of the same tree: the log's time must not go back.
  const { note, time } = replayed.checkpoint(head.note);
  if (time > written.time) await store.restamp(written, note, time);
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}
