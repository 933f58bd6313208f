/**
 * The entries of a log as its feed brings them, verified page by page: the leaf hashes extend the tree that is known, and
 * that tree is proved to be the beginning of the one whose checkpoint the page names. No entry needs a proof of its own.
 */
import { equalBytes } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { LogError } from '../core/errors.ts';
import type { Hash } from '../core/hash.ts';
import { verifyConsistency } from '../core/proof.ts';
import {
  type JsonObject,
  readHash,
  readHashes,
  readList,
  readNumber,
  readObject,
  readString,
  unexpected,
} from './answer.ts';
import type { TreeHead, VerifiedCheckpoint } from './log-key.ts';

/** An entry whose leaf hash and index are proved. */
export interface FeedEntry {
  readonly index: number;
  readonly leafHash: Hash;
  /** What the log says of the entry; `LogClient.entry(index)` verifies it. */
  readonly statedUnverified: Readonly<JsonObject>;
}

export interface FeedPage {
  readonly entries: readonly FeedEntry[];
  /** Covers all of them. */
  readonly checkpoint: VerifiedCheckpoint;
  /** Positions [from, next) of control statements that took effect with these entries, as the log says. */
  readonly revocationsUnverified: { readonly from: number; readonly next: number } | undefined;
}

/** A checkpoint that the log signed, and the root that its entries give at that size instead. */
export class FeedContradiction extends LogError {
  readonly signed: VerifiedCheckpoint;
  readonly given: TreeHead;
  /** Whose tree has these entries. */
  readonly by: VerifiedCheckpoint;

  constructor(signed: VerifiedCheckpoint, given: TreeHead, by: VerifiedCheckpoint) {
    super('proof_invalid', `the log signed another tree of ${signed.size} entries than the one that its feed gives`);
    this.signed = signed;
    this.given = given;
    this.by = by;
  }
}

/** Checkpoints beyond the known tree that are remembered, to be compared when it has grown to their size. */
const REMEMBERED = 16;

/** Only `append` and `expect` change it; what cannot be verified leaves it as it was. */
export class EntryFeed {
  /** The tree that is known. */
  #range: CompactRange;
  /** What the log signed for sizes beyond it, ascending. */
  #ahead: readonly VerifiedCheckpoint[] = [];
  /** By which the known tree was proved last. */
  #proved: VerifiedCheckpoint | undefined;

  /**
   * @param known the tree of the entries that were seen before; it is not changed
   * @param checkpoints that the log signed, of sizes not below it: the entries to come must give their roots
   */
  constructor(known: CompactRange = CompactRange.empty(), checkpoints: readonly VerifiedCheckpoint[] = []) {
    this.#range = copyOf(known);
    for (const checkpoint of checkpoints) this.expect(checkpoint);
  }

  /** Index of the entry that comes next. */
  get next(): number {
    return this.#range.size;
  }

  /** The tree of the entries up to `next`, to go on from another time. */
  get known(): CompactRange {
    return copyOf(this.#range);
  }

  /**
   * Remembers a checkpoint that is beyond the known tree; compares one of its size. A smaller one says nothing here.
   * @throws FeedContradiction
   */
  expect(checkpoint: VerifiedCheckpoint): void {
    const { size, root } = checkpoint;
    const here = { size: this.next, root: this.#range.root() };
    if (size === here.size && !equalBytes(root, here.root))
      throw new FeedContradiction(checkpoint, here, this.#proved ?? checkpoint);
    const same = this.#ahead.find((one) => one.size === size);
    if (same !== undefined && !equalBytes(same.root, root)) throw new FeedContradiction(same, checkpoint, checkpoint);
    if (size <= here.size || same !== undefined || this.#ahead.length === REMEMBERED) return;
    this.#ahead = [...this.#ahead, checkpoint].sort((a, b) => a.size - b.size);
  }

  /**
   * Takes a page that begins at `next`.
   * @param open verifies a signed note
   * @throws LogError answer_unexpected for another form; proof_invalid, checkpoint_unverified; FeedContradiction
   */
  async append(page: unknown, open: (note: string) => Promise<VerifiedCheckpoint>): Promise<FeedPage> {
    const stated = readObject(page, 'the page');
    if (readNumber(stated, 'from') !== this.next) throw unexpected('the page begins somewhere else');
    const entries = readList(stated, 'entries').map((entry, i) => readEntry(entry, this.next + i));
    if (entries.length === 0 || readNumber(stated, 'next') !== this.next + entries.length) {
      throw unexpected('the page ends somewhere else');
    }
    const checkpoint = await open(readString(stated, 'checkpoint'));
    const grown = copyOf(this.#range);
    const roots = new Map(this.#ahead.map(({ size }) => [size, undefined as Hash | undefined]));
    for (const { leafHash } of entries) {
      grown.append(leafHash);
      if (roots.has(grown.size)) roots.set(grown.size, grown.root());
    }
    if (checkpoint.size < grown.size) throw unexpected('the checkpoint does not cover the page');
    verifyConsistency({
      ...{ first: grown.size, firstRoot: grown.root() },
      ...{ second: checkpoint.size, secondRoot: checkpoint.root, proof: readHashes(stated, 'consistency') },
    });
    for (const signed of this.#ahead) {
      const root = roots.get(signed.size);
      if (root === undefined || equalBytes(root, signed.root)) continue;
      throw new FeedContradiction(signed, { size: signed.size, root }, checkpoint);
    }
    const revocationsUnverified = readPositions(stated.revocations);
    const [range, ahead, proved] = [this.#range, this.#ahead, this.#proved];
    this.#range = grown;
    this.#proved = checkpoint;
    this.#ahead = ahead.filter(({ size }) => size > grown.size);
    try {
      this.expect(checkpoint);
    } catch (error) {
      [this.#range, this.#ahead, this.#proved] = [range, ahead, proved];
      throw error;
    }
    return { entries, checkpoint, revocationsUnverified };
  }
}

function readEntry(value: unknown, index: number): FeedEntry {
  const stated = readObject(value, 'an entry');
  if (readNumber(stated, 'index') !== index) throw unexpected('the entries are not in order');
  return { index, leafHash: readHash(stated, 'leafHash'), statedUnverified: stated };
}

function readPositions(value: unknown): FeedPage['revocationsUnverified'] {
  if (value === undefined) return undefined;
  const stated = readObject(value, 'revocations');
  return { from: readNumber(stated, 'from'), next: readNumber(stated, 'next') };
}

function copyOf(range: CompactRange): CompactRange {
  return CompactRange.from(range.size, range.peakHashes());
}
