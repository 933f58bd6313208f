/** The compact range of [0, size): all that is needed of a tree to append to it and to know its root. */
import { assertSize } from './bytes.ts';
import { LogError } from './errors.ts';
import { EMPTY_ROOT, HASH_LENGTH, type Hash, nodeHash } from './hash.ts';
import { foldPeaks, peaks } from './merkle.ts';

/** A tree known by its peaks only. Appending costs one leaf hash (the caller's) and one node hash on average. */
export class CompactRange {
  /** Number of leaves; only `append` moves it. */
  #size: number;
  /** Hash of each peak, left to right; this array belongs to this object, the hashes in it are never written to. */
  readonly #peaks: Hash[];

  private constructor(size: number, peakHashes: Hash[]) {
    this.#size = size;
    this.#peaks = peakHashes;
  }

  /** The tree without leaves. */
  static empty(): CompactRange {
    return new CompactRange(0, []);
  }

  /**
   * A tree of `size` leaves from the hashes of its peaks, in the order of `peaks(size)`.
   * @throws LogError corrupt where there are more or fewer hashes than peaks, or one is not 32 bytes
   */
  static from(size: number, peakHashes: readonly Hash[]): CompactRange {
    if (peakHashes.length !== peaks(size).length || peakHashes.some((hash) => hash.length !== HASH_LENGTH)) {
      throw new LogError('corrupt', 'the peak hashes do not fit the tree size');
    }
    return new CompactRange(size, [...peakHashes]);
  }

  get size(): number {
    return this.#size;
  }

  /** The hash of each peak, left to right. */
  peakHashes(): Hash[] {
    return [...this.#peaks];
  }

  /**
   * Adds one leaf.
   * @throws RangeError where the hash is not 32 bytes, or the tree is full at 2^53-1 leaves
   */
  append(leafHash: Hash): void {
    if (leafHash.length !== HASH_LENGTH) throw new RangeError('a leaf hash has 32 bytes');
    assertSize(this.#size + 1, 'size');
    let node = leafHash;
    // The leaf completes as many subtrees as the old size has trailing one bits, as a carry runs through an addition.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) node = nodeHash(this.#peaks.pop()!, node);
    this.#peaks.push(node);
    this.#size++;
  }

  /** The root hash, that of the empty tree included. */
  root(): Hash {
    return this.#size === 0 ? EMPTY_ROOT : foldPeaks(this.#peaks);
  }
}
