/** The newest part of the look-up index: keys of entries that are not known to be in the tiers yet, in memory. */
import type { IndexSegment } from './index-ports.ts';
import { type ExtraKey, TailSegment } from './tail-segment.ts';

export type { ExtraKey } from './tail-segment.ts';

/** Entries of a segment: what is merged into the tiers at once. */
export const SEGMENT_LENGTH = 65_536;

/** Keys at which a segment is full before its time: entries with thousands of subjects must not fill the memory. */
const SEGMENT_KEYS = 2 ** 20;

/** Full segments that may wait for the merger before writers have to pause: about 10 MB each, at most 50. */
const MAX_WAITING = 8;

export interface TailOptions {
  segmentLength?: number;
  segmentKeys?: number;
  maxWaiting?: number;
}

export class Tail {
  readonly #segmentLength: number;
  readonly #segmentKeys: number;
  readonly #maxWaiting: number;
  /** Oldest first, without gaps, all full but the last. Never empty: the last one takes the next entry. */
  readonly #segments: TailSegment[];

  /** @param start entries below it are in the tiers */
  constructor(start: number, options: TailOptions = {}) {
    this.#segmentLength = options.segmentLength ?? SEGMENT_LENGTH;
    this.#segmentKeys = options.segmentKeys ?? SEGMENT_KEYS;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
    this.#segments = [new TailSegment(start)];
  }

  /** First entry held. */
  get start(): number {
    return this.#segments[0]!.start;
  }

  /** One past the last entry held: the only index that `append` takes. */
  get end(): number {
    return this.#segments.at(-1)!.end;
  }

  /** True when too many segments wait for the merger: whoever writes has to pause. Nothing is dropped by itself. */
  get full(): boolean {
    return this.#segments.length - 1 > this.#maxWaiting;
  }

  /**
   * Adds an entry's keys, and with them keys of older entries whose payloads this one attaches.
   * @throws RangeError where the index is not the next one, or an extra key names an entry that is not older
   */
  append(index: number, keys: ArrayLike<number>, extras: readonly ExtraKey[] = []): void {
    if (index !== this.end) throw new RangeError(`the tail ends at ${this.end} and cannot take entry ${index}`);
    for (const extra of extras) {
      if (!(extra.index < index)) throw new RangeError(`entry ${index} cannot announce keys of entry ${extra.index}`);
    }
    const last = this.#segments.at(-1)!;
    last.append(keys, extras);
    const full = last.end - last.start >= this.#segmentLength || last.keyCount >= this.#segmentKeys;
    if (full) this.seal();
  }

  /** Entries that carry the key, newest first, without doubles, all below `before`; at most `limit`. */
  candidates(key: number, before: number, limit: number): number[] {
    const own: number[] = [];
    const extras: number[] = [];
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      const segment = this.#segments[i]!;
      segment.collect(key, before, limit - own.length, own);
      segment.collectExtras(key, before, limit, extras);
    }
    return extras.length === 0 ? own : newestFirst([...own, ...extras], limit);
  }

  /** A copy, to be transferred to the merger, of the full segment that begins at `start`; undefined if there is none. */
  sealed(start: number): IndexSegment | undefined {
    const segment = this.#segments.find((candidate) => candidate.start === start);
    return segment === undefined || segment === this.#segments.at(-1) ? undefined : segment.copy();
  }

  /** Ends the segment that takes entries now before it is full, unless it is empty. */
  seal(): void {
    const last = this.#segments.at(-1)!;
    // With the room that the last one needed: growing takes milliseconds, on a thread that has others waiting.
    if (last.end > last.start) this.#segments.push(new TailSegment(last.end, last.capacity));
  }

  /** Forgets full segments whose entries are all below `through`: only on the merger's word that they are committed. */
  drop(through: number): void {
    while (this.#segments.length > 1 && this.#segments[0]!.end <= through) this.#segments.shift();
  }
}

/** The newest `limit` of the indexes, newest first, without doubles. */
export function newestFirst(indexes: number[], limit: number): number[] {
  indexes.sort((a, b) => b - a);
  const distinct = indexes.filter((index, position) => index !== indexes[position - 1]);
  return distinct.length > limit ? distinct.slice(0, limit) : distinct;
}
