/** Something that looks at entry after entry, in the order of the log. */
import type { Evidence } from '../evidence/facts/evidence.ts';
import type { Told } from './finding.ts';

/**
 * Owns what it remembers of earlier entries, which is bounded, and all of it is in `state`: a detector that is given the
 * state of another goes on as that one would. Log time alone moves it, never the clock of the machine.
 */
export interface Detector {
  /** Of the state that is kept; stays the same for ever. */
  readonly name: string;
  /** @param evidence the next entry; its `loggedAt` never decreases */
  observe(evidence: Evidence): Told[];
  /** Everything up to a time has been seen. @param time POSIX seconds */
  passed?(time: number): Told[];
  /** JSON. */
  state(): unknown;
}

/** A map of bounded size that forgets what was put into it first. */
export class Recent<Value> {
  readonly #values: Map<string, Value>;
  readonly #most: number;

  /** @param entries as `entries()` gave them */
  constructor(most: number, entries: readonly (readonly [string, Value])[] = []) {
    this.#most = most;
    this.#values = new Map(entries);
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    if (!this.#values.has(key) && this.#values.size >= this.#most) {
      this.#values.delete(this.#values.keys().next().value!);
    }
    this.#values.set(key, value);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  entries(): [string, Value][] {
    return [...this.#values];
  }
}
