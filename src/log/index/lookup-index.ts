/** Look-ups over the whole log: the tail in memory and the tiers on disk, read in one synchronous step. */
import type { TierReader } from './index-ports.ts';
import { newestFirst, type Tail } from './tail.ts';

export class LookupIndex {
  /** Owned by whoever opened it, who also closes it. */
  readonly #tiers: TierReader;
  /** Owned by whoever appends to it. */
  readonly #tail: Tail;

  /** @throws RangeError where entries are in neither: the tail must begin at or before the tiers' count */
  constructor(tiers: TierReader, tail: Tail) {
    const merged = tiers.merged();
    if (merged < tail.start) {
      throw new RangeError(`entries from ${merged} to ${tail.start} are neither in the tiers nor in the tail`);
    }
    this.#tiers = tiers;
    this.#tail = tail;
  }

  /**
   * Indexes of entries that may carry the key, newest first, without doubles, all below `before`; at most `limit`.
   * Complete for every entry that the tail has taken. An entry whose payload was attached later is found by the
   * payload's terms even where the attaching statement lies beyond `before`: what counts at a size, the entry decides.
   * @throws LogError corrupt where the tiers cannot be read
   */
  candidates(key: number, before: number, limit: number): number[] {
    const recent = this.#tail.candidates(key, before, limit);
    // The tail knows every pair of the entries it holds; only below its start can the tiers have anything to add.
    const oldest = recent.at(-1);
    if (recent.length === limit && (oldest === undefined || oldest >= this.#tail.start)) return recent;
    const merged = this.#tiers.candidates(key, before, limit);
    if (recent.length === 0) return merged;
    return merged.length === 0 ? recent : newestFirst([...recent, ...merged], limit);
  }

  /** Candidates of many keys, as `candidates` without a bound on the index; keys that have none are left out. */
  candidatesOfAll(keys: readonly number[], limit: number): Map<number, number[]> {
    const found = this.#tiers.candidatesOfAll(keys, limit);
    for (const key of keys) {
      const recent = this.#tail.candidates(key, Number.MAX_SAFE_INTEGER, limit);
      if (recent.length > 0) found.set(key, newestFirst([...recent, ...(found.get(key) ?? [])], limit));
    }
    return found;
  }
}
