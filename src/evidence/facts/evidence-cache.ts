/** Evidence that was computed before, by index, as long as the entry is in the state that it was computed from. */
import type { StoredEntry } from '../../log/log.ts';
import type { Evidence } from './evidence.ts';

interface Kept {
  readonly state: string;
  readonly weight: number;
  readonly evidence: Evidence;
}

/**
 * An entry's leaf and log time never change. A payload can arrive and be erased, and what came along is added to, which
 * can change a chain's mark: so evidence is kept with the state of both, and computed anew where that differs. The
 * trusted CAs are fixed while a log is open.
 */
export class EvidenceCache {
  readonly #capacity: number;
  /** Least lately used first. */
  readonly #kept = new Map<number, Kept>();
  #weight = 0;

  /** @param capacity bytes of leaves and payloads whose evidence is kept, of which it is about a copy */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(entry: StoredEntry): Evidence | undefined {
    const kept = this.#kept.get(entry.index);
    if (kept === undefined) return undefined;
    this.#drop(entry.index, kept);
    if (kept.state !== stateOf(entry)) return undefined;
    this.#put(entry.index, kept);
    return kept.evidence;
  }

  set(entry: StoredEntry, evidence: Evidence): void {
    const weight = entry.leaf.length + ('bytes' in entry.payload ? entry.payload.bytes.length : 0);
    const known = this.#kept.get(entry.index);
    if (known !== undefined) this.#drop(entry.index, known);
    this.#put(entry.index, { state: stateOf(entry), weight, evidence });
    for (const [index, oldest] of this.#kept) {
      if (this.#weight <= this.#capacity) return;
      this.#drop(index, oldest);
    }
  }

  #put(index: number, kept: Kept): void {
    this.#kept.set(index, kept);
    this.#weight += kept.weight;
  }

  #drop(index: number, kept: Kept): void {
    this.#kept.delete(index);
    this.#weight -= kept.weight;
  }
}

function stateOf({ payload, companions }: StoredEntry): string {
  return `${payload.status} ${'bytes' in payload ? payload.countsFrom : ''} ${companions.length}`;
}
