/**
 * Decides what one batch writes. Pure: head, edge and entries in; rows, tiles, the new edge and outcomes out. What is
 * already in the log is asked through `known`, so the planner is tested without any storage.
 */
import { concat, toHex } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import type { Hash } from '../core/hash.ts';
import type { Growth, TileEdge } from '../core/tile-edge.ts';
import { type FeedItem, feedLeafHash } from '../entry/control/feed-leaf.ts';
import type { FeedStatement } from '../entry/submission/feed-statement.ts';
import type { AttachedPayload } from '../entry/submission/log-statement.ts';
import type { PayloadStatus } from './log.ts';
import type { KeyRole } from './named-keys.ts';
import {
  type CommitPlan,
  type CompanionRow,
  type EntryRow,
  type Erasure,
  type FeedRow,
  MAX_COMPANIONS,
  type PayloadRow,
} from './ports.ts';

/** An entry as the writer receives it: checked, canonical, with its look-up keys. */
export interface LoggableEntry {
  leaf: Uint8Array;
  leafHash: Hash;
  payload: { bytes: Uint8Array; type: string; sha256: Hash } | undefined;
  /** The payload is a control statement: it takes effect where it came with its leaf. */
  control?: boolean;
  /** Encoded companion, undefined where nothing came along. */
  companion: Uint8Array | undefined;
  /**
   * Encoded companion with the log's own timestamps. Only a leaf that is new gets it, and gets it first, so that no
   * companions that others send leave it without room.
   */
  stamp?: Uint8Array | undefined;
  /** The key that this entry, a statement of the log's own, names. */
  namesKey?: KeyRole | undefined;
  /** 48-bit look-up keys (`lookup-key.ts`); the first is the leaf's own. */
  keys: number[];
  /** It came with a payload that was erased before: that one is not among its members, and no other can be. */
  payloadErased?: boolean | undefined;
  /** What it erases: it is a tombstone. */
  erases?: Omit<Erasure, 'erasedBy'> | undefined;
}

/** What the log holds of a leaf already. */
export interface KnownEntry {
  index: number;
  payload: { countsFrom: number } | 'erased' | undefined;
  companions: Uint8Array[];
}

export interface EntryOutcome {
  index: number;
  duplicate: boolean;
  payload: PayloadStatus;
  /** Index of the `attached` statement, where `payload` is `attached`. */
  attachedAt: number | undefined;
}

/** Keys that make a new entry findable, and what its batch adds to earlier ones. */
export interface IndexedKeys {
  index: number;
  keys: number[];
  extra: { key: number; index: number }[];
}

export interface BatchPlan {
  commit: CommitPlan;
  /** The edge after the batch, and what the proofs of its entries are made of. */
  growth: Growth;
  feed: { before: CompactRange; after: CompactRange };
  /** One per entry handed in, in order. */
  outcomes: EntryOutcome[];
  indexed: IndexedKeys[];
}

export interface PlanInput {
  /** The edge at the committed head. */
  edge: TileEdge;
  /** The feed there; it is not changed. */
  feed: CompactRange;
  entries: LoggableEntry[];
  /** The entry with exactly these leaf bytes that the log holds, if any. */
  known(entry: LoggableEntry): KnownEntry | undefined;
  /** Makes the statement that logs the arrival of payloads. It follows all that was submitted. */
  attached(items: AttachedPayload[]): LoggableEntry;
  /** Makes the statement that puts control statements into effect. It is the batch's last leaf. */
  controls(statement: FeedStatement): LoggableEntry;
}

/** What the batch knows of one leaf while it is being planned. */
interface Slot extends KnownEntry {
  isNew: boolean;
  leafHash: Hash;
  /** Where its payload arrives with this batch, the index is only known at the end. */
  attaching: boolean;
}

export function planBatch(input: PlanInput): BatchPlan {
  const { edge } = input;
  const slots = new Map<string, Slot>();
  const entries: EntryRow[] = [];
  const payloads: PayloadRow[] = [];
  const erasures: Erasure[] = [];
  const companions: CompanionRow[] = [];
  const keyStatements: CommitPlan['keyStatements'] = [];
  const indexed: IndexedKeys[] = [];
  const attaching: { item: AttachedPayload; payload: NonNullable<LoggableEntry['payload']>; keys: number[] }[] = [];
  const controls: FeedItem[] = [];
  const results: { slot: Slot; duplicate: boolean }[] = [];

  function append(entry: LoggableEntry): Slot {
    const index = edge.size + entries.length;
    entries.push({ index, leaf: entry.leaf, leafHash: entry.leafHash });
    indexed.push({ index, keys: entry.keys, extra: [] });
    if (entry.namesKey !== undefined) keyStatements.push({ role: entry.namesKey, index });
    const slot: Slot = {
      index,
      payload: undefined,
      companions: [],
      isNew: true,
      leafHash: entry.leafHash,
      attaching: false,
    };
    keepCompanion(slot, entry.stamp, companions);
    if (entry.erases !== undefined) erasures.push({ erasedBy: index, ...entry.erases });
    return slot;
  }

  /** Appends a statement of the log's own. */
  function state(statement: LoggableEntry): number {
    const { index } = append(statement);
    if (statement.payload !== undefined) payloads.push(payloadRow(index, index, statement.payload));
    return index;
  }

  /** A payload of a leaf of this batch counts from that leaf; one of an earlier leaf from the batch's statement. */
  function bring(slot: Slot, entry: LoggableEntry, payload: NonNullable<LoggableEntry['payload']>): void {
    if (slot.isNew) {
      payloads.push(payloadRow(slot.index, slot.index, payload));
      slot.payload = { countsFrom: slot.index };
      indexed[slot.index - edge.size]!.keys = entry.keys;
      if (entry.control === true) {
        controls.push({ index: slot.index, leafHash: slot.leafHash, payloadSha256: payload.sha256 });
      }
    } else {
      const item = {
        index: slot.index,
        leafHash: slot.leafHash,
        payloadSha256: payload.sha256,
        payloadType: payload.type,
      };
      attaching.push({ item, payload, keys: entry.keys });
      slot.attaching = true;
    }
  }

  for (const entry of input.entries) {
    const name = toHex(entry.leafHash);
    let slot = slots.get(name);
    let duplicate = true;
    if (slot === undefined) {
      const known = input.known(entry);
      duplicate = known !== undefined;
      slot =
        known === undefined ? append(entry) : { ...known, isNew: false, leafHash: entry.leafHash, attaching: false };
      slots.set(name, slot);
    }
    if (entry.payloadErased === true) slot.payload ??= 'erased';
    if (entry.payload !== undefined && slot.payload === undefined && !slot.attaching) bring(slot, entry, entry.payload);
    keepCompanion(slot, entry.companion, companions);
    results.push({ slot, duplicate });
  }

  let statementIndex: number | undefined;
  if (attaching.length > 0) {
    statementIndex = state(input.attached(attaching.map(({ item }) => item)));
    for (const { item, payload, keys } of attaching) {
      payloads.push(payloadRow(item.index, statementIndex, payload));
      indexed.at(-1)!.extra.push(...keys.map((key) => ({ key, index: item.index })));
    }
  }

  const feed = planFeed(input.feed, controls, (items, grown) =>
    state(input.controls({ batchStart: edge.size, items, feed: { size: grown.size, root: grown.root() } })),
  );
  const growth = edge.append(concat(...entries.map((row) => row.leafHash)));
  return {
    commit: {
      previous: { size: edge.size, root: edge.root() },
      next: { size: growth.edge.size, root: growth.edge.root() },
      entries,
      payloads,
      erasures,
      companions,
      tiles: growth.tiles,
      keyStatements,
      feed: feed.rows,
    },
    growth,
    feed: { before: input.feed, after: feed.grown },
    outcomes: results.map(({ slot, duplicate }) => outcomeOf(slot, duplicate, statementIndex)),
    indexed,
  };
}

/** @param state appends the statement that names the items, and gives its index */
function planFeed(
  feed: CompactRange,
  controls: readonly FeedItem[],
  state: (items: readonly FeedItem[], grown: CompactRange) => number,
): { grown: CompactRange; rows: FeedRow[] } {
  if (controls.length === 0) return { grown: feed, rows: [] };
  // A payload may come after its leaf within the batch, so they are not in order yet.
  const items = [...controls].sort((a, b) => a.index - b.index);
  const grown = CompactRange.from(feed.size, feed.peakHashes());
  const hashes = items.map((item) => feedLeafHash(item));
  for (const hash of hashes) grown.append(hash);
  const statement = state(items, grown);
  const rows = items.map(({ index }, i) => ({ position: feed.size + i, index, statement, hash: hashes[i]! }));
  return { grown, rows };
}

function keepCompanion(slot: Slot, companion: Uint8Array | undefined, rows: CompanionRow[]): void {
  if (companion === undefined || slot.companions.length >= MAX_COMPANIONS) return;
  const content = toHex(companion);
  if (slot.companions.some((kept) => toHex(kept) === content)) return;
  rows.push({ index: slot.index, position: slot.companions.length, content: companion });
  slot.companions = [...slot.companions, companion];
}

function payloadRow(index: number, countsFrom: number, payload: NonNullable<LoggableEntry['payload']>): PayloadRow {
  // Member by member: spreading an object takes several times as long.
  return { index, countsFrom, bytes: payload.bytes, type: payload.type, sha256: payload.sha256 };
}

function outcomeOf(slot: Slot, duplicate: boolean, statementIndex: number | undefined): EntryOutcome {
  const { index, attaching } = slot;
  if (attaching) return { index, duplicate, payload: 'attached', attachedAt: statementIndex };
  if (slot.payload === undefined) return { index, duplicate, payload: 'absent', attachedAt: undefined };
  if (slot.payload === 'erased') return { index, duplicate, payload: 'erased', attachedAt: undefined };
  const { countsFrom } = slot.payload;
  if (countsFrom === index) return { index, duplicate, payload: 'stored', attachedAt: undefined };
  return { index, duplicate, payload: 'attached', attachedAt: countsFrom };
}
