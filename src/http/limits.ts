/** How much a client may ask for: token buckets of requests and bytes, in bounded memory. */
import type { Clock } from './clock.ts';
import type { LimitsConfig, Rate } from './config.ts';

/** Buckets of one kind, one per client. */
export class TokenBuckets {
  readonly #rate: Rate | false;
  readonly #clients: number;
  readonly #clock: Clock;
  /** In order of last use, oldest first; bounded by `#clients`. Only this object touches it. */
  readonly #buckets = new Map<string, { level: number; at: number }>();

  constructor(rate: Rate | false, clients: number, clock: Clock) {
    this.#rate = rate;
    this.#clients = clients;
    this.#clock = clock;
  }

  /**
   * Takes `amount` from a client's bucket, or nothing where it does not hold that much.
   * @returns 0, or the seconds after which it will; what exceeds the burst is granted from a full bucket
   */
  take(client: string, amount: number): number {
    if (this.#rate === false) return 0;
    const { perSecond, burst } = this.#rate;
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(client) ?? { level: burst, at: now };
    bucket.level = Math.min(burst, bucket.level + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    if (this.#buckets.size > this.#clients) this.#forgetOldest();
    const needed = Math.min(amount, burst);
    if (bucket.level < needed) return (needed - bucket.level) / perSecond;
    bucket.level -= amount;
    return 0;
  }

  /** Gives back what was taken for a request that the server failed. */
  refund(client: string, amount: number): void {
    const bucket = this.#buckets.get(client);
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

/** Memory that all bodies under way may take together, whoever sends them. */
export class BodyBudget {
  /** Bytes promised to requests that have not been answered. Only this object touches it. */
  #used = 0;
  readonly #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** True where so many bytes are free; they are then taken until `release`. A lone request always gets them. */
  reserve(bytes: number): boolean {
    if (this.#used > 0 && this.#used + bytes > this.#bytes) return false;
    this.#used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}

/** The limits of one server. */
export interface Limits {
  writes: TokenBuckets;
  writeBytes: TokenBuckets;
  reads: TokenBuckets;
  bodies: BodyBudget;
}

export function createLimits(config: LimitsConfig, clock: Clock): Limits {
  return {
    writes: new TokenBuckets(config.writes, config.clients, clock),
    writeBytes: new TokenBuckets(config.writeBytes, config.clients, clock),
    reads: new TokenBuckets(config.reads, config.clients, clock),
    bodies: new BodyBudget(config.bodyMemory),
  };
}
