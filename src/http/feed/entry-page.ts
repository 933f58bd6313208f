/** Pages of the entries as they were logged: what the log's leaves are, and the checkpoint by which they are proved. */
import { toHex } from '../../core/bytes.ts';
import { parseLeaf } from '../../entry/leaf/leaf.ts';
import { eventIdsOf } from '../../evidence/facts/signing-event.ts';
import type { Log, StoredEntry } from '../../log/log.ts';
import { type EntryJson, entryJson } from '../entry-answer.ts';

/** Entries on a full page, which ends at a multiple of it. Reading as many holds up others for milliseconds only. */
export const PAGE_ENTRIES = 64;
/** Bytes of leaves and payloads that are read for a page at most, and one entry more; it then ends early. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Subjects that are named of one entry; the others are in its payload. */
const NAMED_SUBJECTS = 16;

interface FeedEntry {
  index: number;
  leafHash: string;
  kind: string;
  /** Of each signature; null where neither leaf nor payload say what was signed. */
  eventIds: (string | null)[];
  predicateType?: string;
  subjects?: EntryJson['subjects'];
  /** Of the statement; above `NAMED_SUBJECTS`, some are not named. */
  subjectCount?: number;
  signers: EntryJson['signers'];
  payload: EntryJson['payload']['status'];
}

export interface EntryPage {
  /** Index of the first entry on the page. */
  from: number;
  /** Index after the last. */
  next: number;
  /** Signed note: the first that covers the page. */
  checkpoint: string;
  /** Proof that the tree of `next` entries is the beginning of the checkpoint's; empty where it is that tree. */
  consistency: string[];
  entries: FeedEntry[];
  /** Positions [from, next) of the control statements that took effect with these entries; absent where none did. */
  revocations?: { from: number; next: number };
}

/** @param from below the published size */
export function entryPage(log: Pick<Log, 'reader' | 'head'>, from: number): EntryPage {
  const { reader } = log;
  const end = Math.min(log.head().size, from + PAGE_ENTRIES - (from % PAGE_ENTRIES));
  const entries: FeedEntry[] = [];
  let bytes = 0;
  for (let index = from; index < end && bytes < PAGE_BYTES; index++) {
    const entry = reader.entry(index);
    bytes += entry.leaf.length + ('bytes' in entry.payload ? entry.payload.bytes.length : 0);
    entries.push(feedEntry(entry));
  }
  const next = from + entries.length;
  const covering = reader.checkpointCovering(next - 1);
  const { hashes } = reader.consistencyProof(next, covering.size);
  const [before, after] = [reader.feedHead(from).size, reader.feedHead(next).size];
  return {
    ...{ from, next, checkpoint: covering.note, consistency: hashes.map(toHex), entries },
    ...(after > before && { revocations: { from: before, next: after } }),
  };
}

function feedEntry(entry: StoredEntry): FeedEntry {
  const { index, leafHash, kind, predicateType, subjects, signers, payload } = entryJson(entry);
  const stated = 'bytes' in entry.payload ? entry.payload : undefined;
  const eventIds = eventIdsOf(parseLeaf(entry.leaf), stated).map((id) => (id === undefined ? null : toHex(id)));
  return {
    ...{ index, leafHash, kind, eventIds },
    ...(predicateType !== undefined && { predicateType }),
    ...(subjects && { subjects: subjects.slice(0, NAMED_SUBJECTS), subjectCount: subjects.length }),
    ...{ signers, payload: payload.status },
  };
}
