/**
 * Turns a copy of a log back into what its batches wrote: from checkpoint to checkpoint, as they were once committed.
 * Pure; what is derived from statements of the log is derived from them, not taken from the copy.
 */
import { concat, equalBytes } from '../core/bytes.ts';
import { openCheckpoint } from '../core/checkpoint.ts';
import { CompactRange } from '../core/compact-range.ts';
import { openCosignature } from '../core/cosignature.ts';
import { LogError } from '../core/errors.ts';
import { type Hash, sha256 } from '../core/hash.ts';
import { TileEdge } from '../core/tile-edge.ts';
import { feedLeafHash } from '../entry/control/feed-leaf.ts';
import { parseLeaf } from '../entry/leaf/leaf.ts';
import { readFeedStatement } from '../entry/submission/feed-statement.ts';
import { readTombstone } from './erasure.ts';
import type { LogIdentity } from './identity.ts';
import type { StoredCheckpoint } from './log.ts';
import { KEY_ROLES, STATED_AS, statedKeys } from './named-keys.ts';
import { nativeNoteVerifier } from './native/native-notes.ts';
import { isSignedByLog, readAs } from './own-statement.ts';
import type { CommitPlan, PayloadRow } from './ports.ts';

/** An entry as a copy has it: its payload is bound to the leaf, nothing else is verified. */
export interface CopiedEntry {
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly leafHash: Hash;
  readonly payload: { readonly type: string; readonly bytes: Uint8Array; readonly countsFrom: number } | undefined;
  readonly erased: { readonly by: number; readonly sha256: Hash } | undefined;
  /** Oldest first. */
  readonly companions: readonly Uint8Array[];
}

/** Entries in a row, and the notes that were first signed for sizes within it: above its start, up to its end. */
export interface CopiedPart {
  readonly entries: readonly CopiedEntry[];
  readonly notes: readonly string[];
}

/** A batch as it was committed once. */
export interface ReplayedBatch {
  plan: CommitPlan;
  checkpoint: StoredCheckpoint;
}

export class Replay {
  readonly #identity: LogIdentity;
  /** Size that is recovered; what came or went later is left out. */
  readonly #size: number;
  readonly #logKey;
  readonly #timeKey;
  #edge = TileEdge.empty();
  readonly #feed = CompactRange.empty();
  /** Entries that no checkpoint has covered yet. */
  #open: CopiedEntry[] = [];

  constructor(identity: LogIdentity, size: number) {
    this.#identity = identity;
    this.#size = size;
    this.#logKey = nativeNoteVerifier(identity.verifierKey);
    this.#timeKey = nativeNoteVerifier(identity.timeVerifierKey);
  }

  /** Entries below the last checkpoint. */
  get size(): number {
    return this.#edge.size;
  }

  /**
   * The batches that a part completes. Parts must come in order.
   * @throws LogError proof_invalid where leaves and checkpoints do not fit; payload_absent where one is missing without
   *   which the log cannot work; checkpoint_unverified, malformed_checkpoint
   */
  *batches({ entries, notes }: CopiedPart): Generator<ReplayedBatch> {
    this.#open.push(...entries);
    for (const note of notes) {
      const checkpoint = this.checkpoint(note);
      const count = checkpoint.size - this.#edge.size;
      if (count <= 0 || count > this.#open.length) throw invalid('the checkpoints of the copy are not in order');
      const batch = this.#open.slice(0, count);
      this.#open = this.#open.slice(count);
      yield { plan: this.#plan(batch, checkpoint), checkpoint };
    }
  }

  /** Reads a note, which both keys of the log must have signed. */
  checkpoint(note: string): StoredCheckpoint {
    const { size, root } = openCheckpoint(note, this.#logKey, this.#identity.origin);
    return { size, root, note, time: openCosignature(note, this.#timeKey).time };
  }

  #plan(batch: readonly CopiedEntry[], { size, root }: StoredCheckpoint): CommitPlan {
    const previous = { size: this.#edge.size, root: this.#edge.root() };
    const growth = this.#edge.append(concat(...batch.map(({ leafHash }) => leafHash)));
    if (!equalBytes(growth.edge.root(), root)) {
      throw invalid(`the leaves of the copy do not give the root that the log signed for ${size} entries`);
    }
    this.#edge = growth.edge;
    const plan: CommitPlan = {
      ...{ previous, next: { size, root }, tiles: growth.tiles },
      entries: batch.map(({ index, leaf, leafHash }) => ({ index, leaf, leafHash })),
      payloads: batch.flatMap((entry) => this.#payload(entry) ?? []),
      companions: batch.flatMap(({ index, companions }) =>
        companions.map((content, position) => ({ index, position, content })),
      ),
      ...{ erasures: [], keyStatements: [], feed: [] },
    };
    for (const entry of batch) if (isSignedByLog(parseLeaf(entry.leaf), this.#identity)) this.#state(entry, plan);
    return plan;
  }

  #payload({ index, payload, erased }: CopiedEntry): PayloadRow | undefined {
    if (payload !== undefined && payload.countsFrom < this.#size)
      return { index, ...payload, sha256: sha256(payload.bytes) };
    // The row that stands for an erased payload: its tombstone comes in a later batch, and marks it.
    if (erased === undefined || erased.by >= this.#size) return undefined;
    return { index, countsFrom: index, type: '', bytes: new Uint8Array(0), sha256: erased.sha256 };
  }

  /** What a statement of the log's own has had written. */
  #state({ index, payload }: CopiedEntry, plan: CommitPlan): void {
    if (payload === undefined) {
      throw new LogError(
        'payload_absent',
        `the copy lacks the payload of entry ${index}, a statement of the log itself, without which the log cannot be recovered`,
      );
    }
    const { bytes } = payload;
    const tombstone = readTombstone(bytes);
    if (tombstone !== undefined) {
      const leaves = tombstone.leaves.map((leaf) => leaf.index);
      plan.erasures.push({ erasedBy: index, sha256: tombstone.payloadSha256, leaves });
    }
    const keys = statedKeys(bytes, index, this.#identity);
    for (const role of KEY_ROLES) if (keys?.[STATED_AS[role]] !== undefined) plan.keyStatements.push({ role, index });
    const stated = readAs(readFeedStatement, bytes);
    for (const item of stated?.items ?? []) {
      if (!plan.payloads.some((row) => row.index === item.index && equalBytes(row.sha256, item.payloadSha256))) {
        throw new LogError(
          'payload_absent',
          `the copy lacks the payload of entry ${item.index}, a control statement in effect, without which the log cannot be recovered`,
        );
      }
      const hash = feedLeafHash(item);
      plan.feed.push({ position: this.#feed.size, index: item.index, statement: index, hash });
      this.#feed.append(hash);
    }
  }
}

function invalid(message: string): LogError {
  return new LogError('proof_invalid', message);
}
