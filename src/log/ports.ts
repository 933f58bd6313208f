/** What the machine needs from storage. Implementations live in `storage/`; their duties are stated here. */
import type { Hash } from '../core/hash.ts';
import type { CompletedTile } from '../core/tile-edge.ts';
import type { StoredCheckpoint } from './log.ts';
import type { KeyRole } from './named-keys.ts';

/** The newest committed state of the log, in a single row that moves by compare-and-swap. */
export interface StoredHead {
  size: number;
  root: Hash;
  /** Newest note over (size, root): the checkpoint's own, or a later re-stamp. */
  note: string;
  /** POSIX seconds of that note. */
  time: number;
}

export interface EntryRow {
  index: number;
  leaf: Uint8Array;
  leafHash: Hash;
}

/** A payload in its own table: it can be erased without touching the tree. */
export interface PayloadRow {
  index: number;
  /** Index from which its facts count: its own where it came with the submission, else the `attached` statement's. */
  countsFrom: number;
  type: string;
  sha256: Hash;
  bytes: Uint8Array;
}

/** What is left of a payload that was erased. */
export interface ErasedRow {
  index: number;
  /** Index of the tombstone, the log's statement that says so. */
  erasedBy: number;
  /** Of the bytes that were erased. */
  sha256: Hash;
  /** Bytes of payload and type that are stored all the same: 0 in a sound log. */
  remaining: number;
}

/** A payload that a batch erases, by a tombstone which is one of its entries. */
export interface Erasure {
  /** Index of the tombstone. */
  erasedBy: number;
  sha256: Hash;
  /** Indexes of all entries whose payload it is. */
  leaves: readonly number[];
}

export interface CompanionRow {
  index: number;
  /** Position among the leaf's companions, 0 to MAX_COMPANIONS - 1. */
  position: number;
  content: Uint8Array;
}

/** A control statement in the feed. */
export interface FeedRow {
  /** In the feed, from 0, gapless. */
  position: number;
  /** Of the control statement. */
  index: number;
  /** Of the log's own statement that names it. */
  statement: number;
  /** Hash of its leaf in the feed's tree (`entry/control/feed-leaf.ts`). */
  hash: Hash;
}

/** Distinct companions kept for one leaf. */
export const MAX_COMPANIONS = 8;

/** Everything one batch writes, decided by the pure planner. */
export interface CommitPlan {
  previous: { size: number; root: Hash };
  next: { size: number; root: Hash };
  /** Ascending, gapless, from `previous.size` to `next.size - 1`. Empty where only companions are added. */
  entries: EntryRow[];
  payloads: PayloadRow[];
  erasures: Erasure[];
  companions: CompanionRow[];
  tiles: CompletedTile[];
  /** Entries of this batch that name a key of the log's. */
  keyStatements: { role: KeyRole; index: number }[];
  /** Ascending by position. */
  feed: FeedRow[];
}

/** The batch's rows as read back inside the transaction, before anything is signed. */
export interface WrittenRows {
  entries: EntryRow[];
  payloads: PayloadRow[];
  tiles: CompletedTile[];
  feed: FeedRow[];
}

/**
 * Checks what was written and signs it. Called inside the transaction, synchronously, at most once.
 * @throws LogError corrupt where the written rows do not give the planned root; the transaction must roll back
 */
export type Seal = (written: WrittenRows) => StoredCheckpoint;

/** How a commit ended, where it did not succeed. */
export type CommitFailure =
  /** Cleanly rolled back for want of space: nothing was written, writing may succeed later. */
  | 'storage_full'
  /** The head was not the one the plan starts from: there is another writer. */
  | 'head_moved'
  /** Nobody can say whether it is durable. Nothing may be retried or signed in this process. */
  | 'unknown';

export class CommitError extends Error {
  override readonly name = 'CommitError';
  readonly failure: CommitFailure;
  constructor(failure: CommitFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

/**
 * The writer's side of `log.db`. One instance per log, in one process.
 * Durability: when `commit` or `restamp` resolves, the change survives a power cut.
 */
export interface LogStore extends LogRows {
  /**
   * One transaction: compares the head with `plan.previous`, writes the rows, reads them back, calls `seal`, inserts
   * the checkpoint, swaps the head, commits durably. Without entries nothing is sealed and the head stays. What the plan
   * erases is overwritten in the same transaction: there is no tombstone without the erasure, nor the other way round.
   * @throws CommitError; and whatever `seal` throws, after rolling back
   */
  commit(plan: CommitPlan, seal: Seal): Promise<StoredCheckpoint | undefined>;
  /** Replaces the head's note and time by compare-and-swap on size, root and time. @throws CommitError */
  restamp(head: StoredHead, note: string, time: number): Promise<void>;
  close(): void;
}

/** Rows of `log.db` as any connection reads them. Unverified: whoever serves them re-hashes them first. */
export interface LogRows {
  head(): StoredHead;
  /** Entries of [start, end), ascending. */
  entries(start: number, end: number): EntryRow[];
  entry(index: number): EntryRow | undefined;
  /** Of the entries [start, end), 32 bytes each, joined; fewer where there are fewer. */
  leafHashes(start: number, end: number): Uint8Array;
  /** The 256 hashes of a full tile, 8,192 bytes. */
  tile(level: number, index: number): Uint8Array | undefined;
  /** Roots of the full tiles [start, end) of a level, joined likewise, without reading the tiles. */
  tileRoots(level: number, start: number, end: number): Uint8Array;
  /** Undefined where there is none, or none any more. */
  payload(index: number): PayloadRow | undefined;
  /** What is known of a payload without reading its bytes. */
  payloadState(index: number): { countsFrom: number } | 'erased' | undefined;
  /** Undefined where nothing was erased. */
  erased(index: number): ErasedRow | undefined;
  companions(index: number): Uint8Array[];
  /** Index of the statement that names a key which the log got after its genesis. */
  keyStatement(role: KeyRole): number | undefined;
  checkpoint(size: number): StoredCheckpoint | undefined;
  /** The stored checkpoint of the smallest size above `index`. */
  checkpointCovering(index: number): StoredCheckpoint | undefined;
  checkpoints(after: number, limit: number): StoredCheckpoint[];
  /** Rows of the feed at positions [start, end), ascending. */
  feed(start: number, end: number): FeedRow[];
  /** Rows whose statement lies below a tree size: the feed's size there. */
  feedSize(treeSize: number): number;
}
