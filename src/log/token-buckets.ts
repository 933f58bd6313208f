/** How much each of many may do: token buckets, in bounded memory. */

export interface Rate {
  /** What comes back per second. */
  perSecond: number;
  /** What may be used at once. */
  burst: number;
}

/** Buckets of one kind, one per holder: a client, a signer. */
export class TokenBuckets {
  readonly #rate: Rate | false;
  readonly #holders: number;
  readonly #clock: { monotonic(): number };
  /** In order of last use, oldest first; bounded by `#holders`. Only this object touches it. */
  readonly #buckets = new Map<string, { level: number; at: number }>();

  /**
   * @param rate false: nobody is limited
   * @param holders that are remembered; the one unseen for longest is forgotten first
   * @param clock milliseconds that only ever grow
   */
  constructor(rate: Rate | false, holders: number, clock: { monotonic(): number }) {
    this.#rate = rate;
    this.#holders = holders;
    this.#clock = clock;
  }

  /**
   * Takes `amount` from a holder's bucket, or nothing where it does not hold that much.
   * @returns 0, or the seconds after which it will; what exceeds the burst is granted from a full bucket
   */
  take(holder: string, amount: number): number {
    if (this.#rate === false) return 0;
    const { perSecond, burst } = this.#rate;
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(holder) ?? { level: burst, at: now };
    bucket.level = Math.min(burst, bucket.level + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.#buckets.delete(holder);
    this.#buckets.set(holder, bucket);
    if (this.#buckets.size > this.#holders) this.#forgetOldest();
    const needed = Math.min(amount, burst);
    if (bucket.level < needed) return (needed - bucket.level) / perSecond;
    bucket.level -= amount;
    return 0;
  }

  /** Gives back what was taken for nothing. */
  refund(holder: string, amount: number): void {
    const bucket = this.#buckets.get(holder);
    if (bucket !== undefined) bucket.level += amount;
  }

  get size(): number {
    return this.#buckets.size;
  }

  #forgetOldest(): void {
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
