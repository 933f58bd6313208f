/** The main thread's look-up index: tail and tiers together, fed from the writer, merged in the background. */
import { LogError } from '../core/errors.ts';
import type { LookupTerm } from '../entry/leaf/lookup.ts';
import { LookupIndex } from '../log/index/lookup-index.ts';
import { lookupKey } from '../log/index/lookup-key.ts';
import { Tail } from '../log/index/tail.ts';
import type { IndexedKeys } from '../log/planner.ts';
import { openTierReader } from '../storage/sqlite/index-db.ts';
import { Merger } from './merger.ts';
import type { DataPaths } from './paths.ts';

export interface LiveIndexEvents {
  /** Entries below this are in the tiers: whoever holds a tail may forget them. */
  merged(through: number): void;
  failed(error: unknown): void;
}

export class LiveIndex {
  readonly #paths: DataPaths;
  readonly #merger: Merger;
  /** Undefined until the tiers cover the log. */
  #live: { index: LookupIndex; tail: Tail; salt: Uint8Array; closeTiers(): void } | undefined;
  /** Start of the first segment that the merger has not been given. */
  #unsent = 0;

  constructor(paths: DataPaths, logId: Uint8Array, events: LiveIndexEvents) {
    this.#paths = paths;
    this.#merger = new Merger(
      { index: paths.index, log: paths.log, logId },
      {
        merged: (through) => {
          this.#live?.tail.drop(through);
          events.merged(through);
        },
        failed: events.failed,
      },
    );
  }

  /**
   * Brings the tiers up to `size`, from `log.db` where they are behind, then answers look-ups.
   * @returns the salt of the index's keys
   */
  async begin(size: number): Promise<Uint8Array> {
    await this.#merger.rebuild(size);
    const tiers = openTierReader(this.#paths.index);
    const tail = new Tail(size);
    this.#unsent = size;
    this.#live = { index: new LookupIndex(tiers, tail), tail, salt: tiers.salt, closeTiers: () => tiers.close() };
    return tiers.salt;
  }

  /** True while too many segments wait for the merger. */
  get full(): boolean {
    return this.#live?.tail.full ?? false;
  }

  append(indexed: IndexedKeys[]): void {
    const live = this.#live;
    if (live === undefined) return;
    for (const { index, keys, extra } of indexed) live.tail.append(index, keys, extra);
    for (;;) {
      const segment = live.tail.sealed(this.#unsent);
      if (segment === undefined) return;
      this.#unsent = segment.end;
      this.#merger.feed(segment);
    }
  }

  /** @throws LogError index_rebuilding until `begin` has resolved */
  candidates(term: LookupTerm, before: number, limit: number): number[] {
    if (this.#live === undefined) {
      throw new LogError('index_rebuilding', 'the index is being brought up to date', { retryAfter: 1 });
    }
    try {
      return this.#live.index.candidates(lookupKey(this.#live.salt, term), before, limit);
    } catch (error) {
      this.invalidate();
      throw error;
    }
  }

  /** Has the index built anew at the next start, after it was found to be damaged. */
  invalidate(): void {
    this.#merger.invalidate();
  }

  async close(): Promise<void> {
    await this.#merger.close();
    this.#live?.closeTiers();
  }
}
