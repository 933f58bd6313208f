/**
 * The look-up index: what is found by a random key. Derived from `log.db`, disposable, merged behind the head.
 *
 * Keys are 48 bits of a salted hash (`lookup-key.ts`), so a hit is only a candidate: the entry itself decides.
 * Completeness: every entry below the published size is in the tail, or in a tier, or (for a moment) in both.
 */

/** A run of consecutive entries' keys on its way into the tiers. Both arrays have one element per key. */
export interface IndexSegment {
  /** First entry covered. */
  start: number;
  /** One past the last entry covered. */
  end: number;
  /** 48-bit keys, in no order. */
  keys: Float64Array<ArrayBuffer>;
  /** The entry index of each key. */
  indexes: Float64Array<ArrayBuffer>;
}

/** A read-only connection to the tiers. Synchronous, so that tail and tiers are read in one step. */
export interface TierReader {
  /** Entries [0, merged) are in the tiers. */
  merged(): number;
  /** Entry indexes that carry the key, newest first, without doubles, all below `before`; at most `limit`. */
  candidates(key: number, before: number, limit: number): number[];
  /**
   * The same for many keys, without a bound on the index and from one snapshot; keys that no entry carries are left
   * out. A statement per tier instead of one per key: 0.3 µs a key and tier instead of 2.7.
   */
  candidatesOfAll(keys: readonly number[], limit: number): Map<number, number[]>;
  close(): void;
}

/** The merger's connection. One per log. */
export interface TierWriter {
  readonly salt: Uint8Array;
  merged(): number;
  /**
   * Puts the next few thousand keys of a segment into the first tier, in a transaction of its own; the last one advances
   * the count. To be called with the same segment until it returns false. What an interrupted merge leaves is harmless:
   * those entries are merged anew, and their rows are there once.
   * @throws LogError corrupt where the segment does not start at the count
   */
  merge(segment: IndexSegment): boolean;
  /** Moves one key range of an overfull tier down, in a transaction of its own. False when nothing is left to move. */
  settle(): boolean;
  close(): void;
}
