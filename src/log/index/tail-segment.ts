/** One run of consecutive entries' keys in memory: a hash table of chains, held in typed arrays. */
import type { IndexSegment } from './index-ports.ts';

/** A key of an entry that is older than the one which announces it: a payload that was attached later. */
export interface ExtraKey {
  key: number;
  index: number;
}

const INITIAL_CAPACITY = 1024;

export class TailSegment {
  /** First entry covered. Fixed. */
  readonly start: number;
  /** One past the last entry covered. Moved by `append` only. */
  end: number;
  /** Keys held. Position p, from 1 so that 0 can mean none, has its key at p - 1. */
  #count = 0;
  #keys: Float64Array;
  /** Each key's entry, counted from `start`. */
  #offsets: Uint32Array;
  /** The next older position of the same chain. */
  #next: Uint32Array;
  /** The newest position of each chain. As long as the others; a power of two. */
  #heads: Uint32Array;
  /** Entries of extra keys. They arrive in no order, so they are kept apart from the chains and sorted when asked for. */
  readonly #extras = new Map<number, { indexes: number[]; sorted: boolean }>();
  #extraCount = 0;

  /** @param capacity keys it has room for before it has to grow; a power of two */
  constructor(start: number, capacity = INITIAL_CAPACITY) {
    this.start = start;
    this.end = start;
    this.#keys = new Float64Array(capacity);
    this.#offsets = new Uint32Array(capacity);
    this.#next = new Uint32Array(capacity);
    this.#heads = new Uint32Array(capacity);
  }

  get capacity(): number {
    return this.#keys.length;
  }

  get keyCount(): number {
    return this.#count + this.#extraCount;
  }

  /** Adds the keys of entry `end`. */
  append(keys: ArrayLike<number>, extras: readonly ExtraKey[]): void {
    const offset = this.end - this.start;
    while (this.#count + keys.length > this.#keys.length) this.#grow();
    for (let i = 0; i < keys.length; i++) {
      this.#keys[this.#count] = keys[i]!;
      this.#offsets[this.#count] = offset;
      this.#count += 1;
      this.#link(this.#count);
    }
    for (const { key, index } of extras) {
      const known = this.#extras.get(key);
      if (known === undefined) {
        this.#extras.set(key, { indexes: [index], sorted: true });
      } else {
        known.indexes.push(index);
        known.sorted = false;
      }
      this.#extraCount += 1;
    }
    this.end += 1;
  }

  /** Pushes the entries of this segment that carry the key, newest first: at most `limit`, all below `before`. */
  collect(key: number, before: number, limit: number, into: number[]): void {
    let wanted = limit;
    let last = -1;
    for (let at = this.#heads[this.#chain(key)]!; at !== 0 && wanted > 0; at = this.#next[at - 1]!) {
      if (this.#keys[at - 1] !== key) continue;
      const index = this.start + this.#offsets[at - 1]!;
      if (index >= before || index === last) continue;
      into.push(index);
      last = index;
      wanted -= 1;
    }
  }

  /** Pushes the older entries that extra keys of this segment name, newest first: at most `limit`, all below `before`. */
  collectExtras(key: number, before: number, limit: number, into: number[]): void {
    const known = this.#extras.get(key);
    if (known === undefined) return;
    if (!known.sorted) {
      known.indexes.sort((a, b) => b - a);
      known.sorted = true;
    }
    let wanted = limit;
    let last = -1;
    for (const index of known.indexes) {
      if (wanted === 0) return;
      if (index >= before || index === last) continue;
      into.push(index);
      last = index;
      wanted -= 1;
    }
  }

  /** A copy whose buffers can be transferred to another thread. */
  copy(): IndexSegment {
    const keys = new Float64Array(this.keyCount);
    const indexes = new Float64Array(keys.length);
    keys.set(this.#keys.subarray(0, this.#count));
    for (let i = 0; i < this.#count; i++) indexes[i] = this.start + this.#offsets[i]!;
    let at = this.#count;
    for (const [key, extras] of this.#extras) {
      for (const index of extras.indexes) {
        keys[at] = key;
        indexes[at] = index;
        at += 1;
      }
    }
    return { start: this.start, end: this.end, keys, indexes };
  }

  /** Keys are random already, so their low bits choose the chain: `&` takes them modulo 2^32, which is enough here. */
  #chain(key: number): number {
    return key & (this.#heads.length - 1);
  }

  #link(position: number): void {
    const chain = this.#chain(this.#keys[position - 1]!);
    this.#next[position - 1] = this.#heads[chain]!;
    this.#heads[chain] = position;
  }

  #grow(): void {
    const capacity = 2 * this.#keys.length;
    const keys = new Float64Array(capacity);
    keys.set(this.#keys);
    const offsets = new Uint32Array(capacity);
    offsets.set(this.#offsets);
    this.#keys = keys;
    this.#offsets = offsets;
    this.#next = new Uint32Array(capacity);
    this.#heads = new Uint32Array(capacity);
    for (let position = 1; position <= this.#count; position++) this.#link(position);
  }
}
