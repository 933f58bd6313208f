/** The newest checkpoint that the witness policy is satisfied with, and those who wait for one. */

export interface WitnessedCheckpoint {
  size: number;
  /** With the cosignatures gathered so far. */
  note: string;
}

/** What is known of a witness that is asked. */
export interface WitnessStatus {
  name: string;
  state: 'asking' | 'waiting' | 'resting';
  size: number;
  failures: number;
  trouble: string | undefined;
}

/** Waiting requests at once; further ones are answered without waiting. */
const MOST_WAITING = 10_000;

interface Waiting {
  index: number;
  end(checkpoint: WitnessedCheckpoint | undefined): void;
}

export class WitnessedHead {
  /** Its size only grows; its note gains cosignatures. */
  #newest: WitnessedCheckpoint | undefined;
  readonly #waiting = new Set<Waiting>();
  readonly #statuses: () => WitnessStatus[];

  /** @param newest as it was when the server ended last */
  constructor(newest: WitnessedCheckpoint | undefined, statuses: () => WitnessStatus[]) {
    this.#newest = newest;
    this.#statuses = statuses;
  }

  newest(): WitnessedCheckpoint | undefined {
    return this.#newest;
  }

  statuses(): WitnessStatus[] {
    return this.#statuses();
  }

  /** One checkpoint answers everybody who waits for an entry below its size. */
  publish(checkpoint: WitnessedCheckpoint): void {
    if (this.#newest !== undefined && checkpoint.size < this.#newest.size) return;
    this.#newest = checkpoint;
    for (const waiting of this.#waiting) if (waiting.index < checkpoint.size) waiting.end(checkpoint);
  }

  /**
   * A witnessed checkpoint that covers an entry; undefined where there is none in time.
   * @param milliseconds to wait at most
   */
  covering(index: number, milliseconds: number): Promise<WitnessedCheckpoint | undefined> {
    const newest = this.#newest;
    if (newest !== undefined && index < newest.size) return Promise.resolve(newest);
    if (this.#waiting.size >= MOST_WAITING) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        index,
        end: (checkpoint) => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(checkpoint);
        },
      };
      const timer = setTimeout(() => waiting.end(undefined), milliseconds);
      this.#waiting.add(waiting);
    });
  }

  /** Lets go of everybody who waits: the server is ending. */
  end(): void {
    for (const waiting of this.#waiting) waiting.end(undefined);
  }
}
