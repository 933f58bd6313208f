/**
 * How many entries each signer may log. Clients are limited by HTTP already; this holds whoever sends them, since one
 * key behind many addresses is still one signer, whose entries every monitor has to read.
 */
import { LogError } from '../core/errors.ts';
import { asItemError } from './item-error.ts';
import type { Answer, PooledEntry } from './sequencer.ts';
import { type Rate, TokenBuckets } from './token-buckets.ts';

/** An entry on its way to the pool. */
export interface SubmittedEntry extends PooledEntry {
  /** SHA-256 of each signer's SPKI, 32 bytes each, without duplicates. */
  signers: Uint8Array[];
}

export interface SignerLimitSettings {
  rate: Rate;
  /** Signers that are remembered; the one unseen for longest is forgotten first. */
  signers: number;
}

export class SignerLimit {
  /** Only this object touches it; every signer of an entry pays for it. */
  readonly #buckets: TokenBuckets;

  constructor({ rate, signers }: SignerLimitSettings, clock: { monotonic(): number }) {
    this.#buckets = new TokenBuckets(rate, signers, clock);
  }

  /** Parts entries into those that may be pooled, in their order, and the answers of the others. */
  admit(entries: SubmittedEntry[]): { admitted: SubmittedEntry[]; refused: Answer[] } {
    const admitted: SubmittedEntry[] = [];
    const refused: Answer[] = [];
    for (const entry of entries) {
      const wait = this.#take(entry.signers);
      if (wait === 0) admitted.push(entry);
      else refused.push({ ticket: entry.ticket, item: entry.item, outcome: { error: limited(wait) } });
    }
    return { admitted, refused };
  }

  /** @returns 0, or the seconds after which every signer may log again; nobody has then paid */
  #take(signers: Uint8Array[]): number {
    const names = signers.map((signer) => Buffer.from(signer).toString('latin1'));
    const waits = names.map((name) => this.#buckets.take(name, 1));
    const wait = Math.max(0, ...waits);
    if (wait > 0) {
      names.forEach((name, i) => {
        if (waits[i] === 0) this.#buckets.refund(name, 1);
      });
    }
    return wait;
  }
}

function limited(retryAfter: number) {
  return asItemError(new LogError('rate_limited', 'this signer has used up its quota of entries', { retryAfter }));
}
