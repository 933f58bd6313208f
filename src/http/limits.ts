/** How much a client may ask for: requests, bytes, and the memory that bodies take. */
import { LogError } from '../core/errors.ts';
import { TokenBuckets } from '../log/token-buckets.ts';
import type { Clock } from './clock.ts';
import type { LimitsConfig } from './config.ts';

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

/** Counts reads against a client. @throws LogError rate_limited */
export function chargeReads({ reads }: Limits, client: string, count: number): void {
  const wait = reads.take(client, count);
  if (wait > 0) throw new LogError('rate_limited', 'this client has used up its quota of reads', { retryAfter: wait });
}
