/**
 * The part of a log's check that needs no other part of the log: entries against their hashes, payloads against what was
 * signed, checkpoints against their signatures. Ranges can be checked in any order and on any thread.
 */
import { equalBytes } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { HASH_LENGTH, leafHash, sha256 } from '../core/hash.ts';
import { isControlPayload } from '../entry/control/control-payload.ts';
import type { FeedItem } from '../entry/control/feed-leaf.ts';
import { type LeafContent, parseLeaf } from '../entry/leaf/leaf.ts';
import { leafBindsPayload } from '../entry/leaf/payload-binding.ts';
import { type FeedStatement, readFeedStatement } from '../entry/submission/feed-statement.ts';
import { notErased, readTombstone, tombstoneOf } from './erasure.ts';
import { endsLog } from './frozen.ts';
import type { LogIdentity } from './identity.ts';
import { KEY_ROLES, STATED_AS, statedKeys } from './named-keys.ts';
import { ownStatement, readAs } from './own-statement.ts';
import { arrivedAsStated } from './payload-arrival.ts';
import type { EntryRow, LogRows, PayloadRow } from './ports.ts';
import { storedNoteCheck } from './stored-note.ts';
import { mayBeControl } from './written-feed.ts';

export interface FsckProblem {
  /** What is wrong: `entry 12`, `tile 0/3`, `checkpoint 40`, `head`. */
  at: string;
  message: string;
}

/** Entries [start, end) of a log of `size` entries. */
export interface FsckRange {
  start: number;
  end: number;
  size: number;
}

export interface CheckedRange {
  /** Of the leaves as they are stored, 32 bytes each; fewer than the range has where an entry is missing. */
  leafHashes: Uint8Array;
  payloads: number;
  /** Control statements whose payload came with them, ascending. */
  controls: FeedItem[];
  /** The log's own statements of its feed, ascending. */
  feedStatements: (FeedStatement & { index: number })[];
  problems: FsckProblem[];
}

/** Checks ranges of one log. */
export function rangeChecker(rows: LogRows, identity: LogIdentity): (range: FsckRange) => CheckedRange {
  const checkNote = storedNoteCheck(identity);

  return ({ start, end, size }) => {
    const problems: FsckProblem[] = [];
    const report: Report = (at, message) => problems.push({ at, message });
    const entries = rows.entries(start, end);
    const gap = entries.findIndex((row, i) => row.index !== start + i);
    const present = gap < 0 ? entries : entries.slice(0, gap);
    const leafHashes = new Uint8Array(HASH_LENGTH * present.length);
    let payloads = 0;
    const controls: FeedItem[] = [];
    const feedStatements: CheckedRange['feedStatements'] = [];
    for (const [i, row] of present.entries()) {
      const hash = leafHash(row.leaf);
      leafHashes.set(hash, HASH_LENGTH * i);
      if (!equalBytes(hash, row.leafHash)) report(`entry ${row.index}`, 'the leaf does not give its stored hash');
      const leaf = readLeaf(row, report);
      if (leaf === undefined) continue;
      const payload = rows.payload(row.index);
      if (payload !== undefined) {
        payloads++;
        checkPayload(rows, payload, leaf, size, report);
        if (payload.countsFrom === row.index && mayBeControl(payload) && isControlPayload(payload)) {
          controls.push({ index: row.index, leafHash: hash, payloadSha256: sha256(payload.bytes) });
        }
      } else checkErased(rows, row, identity, report);
      const own = ownStatement(rows, row.index, leaf, identity);
      if (own === undefined) continue;
      checkOwnStatement(rows, row.index, own, size, identity, report);
      const stated = readAs(readFeedStatement, own);
      if (stated !== undefined) feedStatements.push({ ...stated, index: row.index });
    }
    if (present.length < end - start) report(`entry ${start + present.length}`, 'is missing');
    for (const checkpoint of rows.checkpoints(start, end - start)) {
      if (checkpoint.size > end) break;
      try {
        checkNote(checkpoint);
      } catch (error) {
        if (!isLogError(error, 'corrupt')) throw error;
        report(`checkpoint ${checkpoint.size}`, error.message);
      }
    }
    return { leafHashes, payloads, controls, feedStatements, problems };
  };
}

type Report = (at: string, message: string) => unknown;

function readLeaf(row: EntryRow, report: Report): LeafContent | undefined {
  try {
    return parseLeaf(row.leaf);
  } catch {
    report(`entry ${row.index}`, 'the leaf is not a known kind of entry');
    return undefined;
  }
}

/** @param own the statement of this entry, which is the log's */
function checkOwnStatement(
  rows: LogRows,
  index: number,
  own: Uint8Array,
  size: number,
  identity: LogIdentity,
  report: Report,
): void {
  if (index + 1 < size && endsLog(own, index, identity)) {
    report(`entry ${index + 1}`, 'follows the statement that ended the log');
  }
  const tombstone = readTombstone(own);
  for (const named of tombstone === undefined ? [] : notErased(rows, index, tombstone)) {
    report(`payload ${named}`, `was not erased as entry ${index} says`);
  }
  const stated = statedKeys(own, index, identity);
  for (const role of KEY_ROLES) {
    if (stated?.[STATED_AS[role]] === undefined || rows.keyStatement(role) === index) continue;
    report(`entry ${index}`, `names a ${role} key that the log does not have`);
  }
}

/** A payload that is marked as erased must be gone, by a tombstone that names it. */
function checkErased(rows: LogRows, { index }: EntryRow, identity: LogIdentity, report: Report): void {
  const erased = rows.erased(index);
  if (erased === undefined) return;
  if (erased.remaining > 0) report(`payload ${index}`, 'is marked as erased, and is still there');
  if (tombstoneOf(rows, erased, identity) === undefined) {
    report(`payload ${index}`, 'is marked as erased, and no statement of the log says so');
  }
}

function checkPayload(rows: LogRows, payload: PayloadRow, leaf: LeafContent, size: number, report: Report): void {
  const at = `payload ${payload.index}`;
  if (!equalBytes(sha256(payload.bytes), payload.sha256) || !leafBindsPayload(leaf, payload)) {
    report(at, 'is not the one that was signed');
  }
  // A server that runs meanwhile may have attached it just now.
  const beyond = payload.countsFrom >= size && payload.countsFrom >= rows.head().size;
  if (beyond) report(at, 'counts from beyond the head');
  else if (!arrivedAsStated(rows, payload)) report(at, 'counts from an index at which no statement attaches it');
}
