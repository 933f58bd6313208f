/** The time that is stamped: the log's, in whole seconds, never running backwards on any thread of the process. */
import { LogError } from '../../core/errors.ts';

/** A clock that is behind by no more than this is taken for standing still; it is within the stated accuracy. */
const PATIENCE = 1;

export class TimestampClock {
  /** One number that all threads share: the latest time that was stamped, or signed for a head. */
  readonly #latest: BigInt64Array;
  readonly #now: () => number;

  /**
   * @param shared eight bytes, the same for every thread
   * @param now POSIX milliseconds
   */
  constructor(shared: SharedArrayBuffer, now: () => number = Date.now) {
    this.#latest = new BigInt64Array(shared);
    this.#now = now;
  }

  /**
   * POSIX seconds, no less than any before.
   * @throws LogError clock_regressed where the clock is behind what was stamped: a wrong time is worse than none
   */
  time(): number {
    const now = Math.floor(this.#now() / 1000);
    const latest = this.raise(now);
    if (latest - now > PATIENCE) {
      throw new LogError('clock_regressed', 'the clock is behind the time that was stamped last', { retryAfter: 5 });
    }
    return latest;
  }

  /** Takes a time that the log has signed; @returns the latest of all */
  raise(time: number): number {
    for (;;) {
      const latest = Atomics.load(this.#latest, 0);
      if (latest >= time) return Number(latest);
      if (Atomics.compareExchange(this.#latest, 0, latest, BigInt(time)) === latest) return time;
    }
  }
}
