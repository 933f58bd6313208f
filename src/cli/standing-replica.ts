/** What is revoked in a log that somebody else runs, kept up with its stream for as long as a process lives. */
import type { LogClient } from '../client/log-client.ts';
import type { VerifiedCheckpoint } from '../client/log-key.ts';
import type { RevocationFeed } from '../client/revocation-feed.ts';
import { followRevocations, replicateRevocations } from '../client/revocations.ts';
import { pause } from '../client/transport.ts';
import { toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { Authority } from '../entry/control/authority-set.ts';
import type { RevocationState } from '../evidence/revocation/revocation-state.ts';
import { StandingAt, type StandingOptions } from '../evidence/revocation/standing-at.ts';
import { judge, stateOf } from './verified-standing.ts';

/** Milliseconds. The log shows that it is alive every 15 s: a stream that says nothing for thrice that is dead. */
const TIMES = { silence: 45_000, retry: 2_000 };

interface Current {
  readonly feed: RevocationFeed;
  /** After all events of the feed; replaced as a whole, so that no standing changes under its user. */
  readonly state: RevocationState;
  readonly applied: number;
  /** The newest that the log has shown. */
  readonly checkpoint: VerifiedCheckpoint;
}

/** Owns the replica. `follow` must run for it to be of any use. */
export class StandingReplica {
  readonly #client: LogClient;
  readonly #authorities: readonly Authority[];
  readonly #listeners = new Set<() => void>();
  #current: Current | undefined;

  constructor(client: LogClient, authorities: readonly Authority[]) {
    this.#client = client;
    this.#authorities = authorities;
  }

  /** The newest checkpoint; undefined until the feed has been replicated once. */
  get checkpoint(): VerifiedCheckpoint | undefined {
    return this.#current?.checkpoint;
  }

  /** Calls back after each change of what is revoked, and of the newest checkpoint. @returns ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As of all events that have arrived. @throws LogError unreachable before the feed has been replicated once */
  standing(options: StandingOptions): StandingAt {
    if (this.#current === undefined) {
      throw new LogError('unreachable', 'the revocations of the log have not been replicated yet');
    }
    const { feed, state } = this.#current;
    return new StandingAt(state.inForce, { size: feed.state.size, root: toHex(feed.state.root) }, options);
  }

  /**
   * Goes on through outages of the log; ends by the signal, or where what the log says does not verify.
   * @throws LogError proof_invalid, signature_invalid, checkpoint_unverified, answer_unexpected; the signal's reason
   */
  async follow(signal: AbortSignal): Promise<never> {
    for (;;) {
      // A way to the log that is cut without a word would leave a stream open for minutes.
      const stream = new AbortController();
      const either = AbortSignal.any([signal, stream.signal]);
      let silence: NodeJS.Timeout | undefined;
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => stream.abort(), TIMES.silence);
      };
      try {
        heard();
        const { feed, checkpoint } = await replicateRevocations(this.#client, this.#current?.feed, { signal: either });
        this.#take(feed, checkpoint);
        for await (const step of followRevocations(this.#client, feed, { signal: either, retryDelay: TIMES.retry })) {
          heard();
          this.#take(step.feed, step.checkpoint);
        }
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!stream.signal.aborted && !isLogError(error, ...MAY_PASS)) throw error;
      } finally {
        clearTimeout(silence);
      }
      await pause(TIMES.retry, signal);
    }
  }

  #take(feed: RevocationFeed, checkpoint: VerifiedCheckpoint): void {
    const before = this.#current;
    let { state, applied } = before ?? { state: stateOf(feed, this.#authorities), applied: 0 };
    if (applied < feed.events.length) {
      state = state.copy();
      for (; applied < feed.events.length; applied++) judge(state, feed.events[applied]!);
    }
    const newest = before !== undefined && isNewer(before.checkpoint, checkpoint) ? before.checkpoint : checkpoint;
    this.#current = { feed, state, applied, checkpoint: newest };
    for (const listener of [...this.#listeners]) listener();
  }
}

const MAY_PASS = ['unreachable', 'pool_full', 'rate_limited', 'index_rebuilding', 'not_yet_published'] as const;

/** Whether the first is newer: the proof of an event may be under an older one than the stream has shown. */
function isNewer(a: VerifiedCheckpoint, b: VerifiedCheckpoint): boolean {
  return a.size > b.size || (a.size === b.size && (a.time ?? 0) > (b.time ?? 0));
}
