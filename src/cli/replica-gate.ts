/**
 * A gate that answers from memory: revocations as they are streamed, and evidence that was fetched and proved a short
 * while ago. Every decision is made anew from both, so that none outlives a revocation.
 */
import type { LogClient } from '../client/log-client.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { boundedCache } from '../entry/encoding/bounded-cache.ts';
import type { EvidenceSource } from '../evidence/facts/evidence-source.ts';
import { namespacesOf, type Question } from '../evidence/gate/collect.ts';
import { decide } from '../evidence/gate/decide.ts';
import type { Decision } from '../evidence/policy/decision.ts';
import type { Policy } from '../evidence/policy/policy.ts';
import { RememberedEvidence } from './remembered-evidence.ts';
import { remoteEvidence } from './remote-evidence.ts';
import type { StandingReplica } from './standing-replica.ts';

export interface ReplicaGateOptions {
  client: LogClient;
  replica: StandingReplica;
  /** POSIX seconds. */
  now: () => number;
  /** Seconds by which the log's newest stamp may be behind, whatever a policy allows. */
  maxStaleness: number;
  /** Seconds for which an artifact's evidence counts as known. */
  evidenceAge: number;
}

/** Artifacts whose evidence is kept. */
const CAPACITY = 2_000;

/** Seconds after which evidence that does not suffice is fetched again: what is missing may have been logged since. */
const SOON = 1;

interface Kept {
  readonly source: RememberedEvidence;
  /** POSIX seconds. */
  readonly since: number;
}

/** Owns the evidence that it keeps. */
export class ReplicaGate {
  readonly #options: ReplicaGateOptions;
  /** By artifact; a slot outlives what is in it, so that one that is being filled is filled once. */
  readonly #slots = boundedCache<{ kept: Kept | undefined; filling: Promise<Kept> | undefined }>(CAPACITY);

  constructor(options: ReplicaGateOptions) {
    this.#options = options;
  }

  /** Why nothing can be decided now; undefined where it can. */
  trouble(): string | undefined {
    try {
      this.#assertFresh();
      return undefined;
    } catch (error) {
      if (isLogError(error)) return error.message;
      throw error;
    }
  }

  /**
   * @param signal ends the waiting, and not what others wait for too
   * @throws LogError gate_closed where the log's newest stamp is too old; what keeps the log from answering; the
   *   signal's reason
   */
  async decide(policy: Policy, artifact: Question['artifact'], signal: AbortSignal): Promise<Decision> {
    this.#assertFresh();
    const kept = await unlessAborted(this.#evidence(artifact, this.#options.evidenceAge), signal);
    const decision = await unlessAborted(this.#decideOn(kept.source, policy, artifact), signal);
    if (decision.decision === 'ALLOW' || this.#options.now() - kept.since < SOON) return decision;
    try {
      const renewed = await unlessAborted(this.#evidence(artifact, SOON), signal);
      return await unlessAborted(this.#decideOn(renewed.source, policy, artifact), signal);
    } catch (error) {
      // That it was denied says more than that the log is out of reach.
      if (isLogError(error) || signal.aborted) return decision;
      throw error;
    }
  }

  #decideOn(source: EvidenceSource, policy: Policy, artifact: Question['artifact']): Promise<Decision> {
    const standing = this.#options.replica.standing({ follows: namespacesOf(policy.document) });
    return decide(source, standing, policy, { artifact, phase: 'deploy', now: this.#options.now() });
  }

  /** @param age seconds that it may have been kept for */
  #evidence({ digests }: Question['artifact'], age: number): Promise<Kept> {
    const { client, replica, now } = this.#options;
    const key = [...digests].map(([algorithm, digest]) => `${algorithm}:${digest}`).join(' ');
    const slot = this.#slots.get(key, () => ({ kept: undefined, filling: undefined }));
    if (slot.kept !== undefined && now() - slot.kept.since < age) return Promise.resolve(slot.kept);
    slot.filling ??= remoteEvidence(client, {})
      .then((source) => {
        const time = () => Math.max(source.time, replica.checkpoint?.time ?? 0);
        slot.kept = { source: new RememberedEvidence(source, time), since: now() };
        return slot.kept;
      })
      .finally(() => {
        slot.filling = undefined;
      });
    return slot.filling;
  }

  #assertFresh(): void {
    const { replica, now, maxStaleness } = this.#options;
    const { checkpoint } = replica;
    if (checkpoint === undefined) throw new LogError('unreachable', 'the log has not answered yet');
    const behind = now() - (checkpoint.time ?? 0);
    if (behind > maxStaleness) {
      throw new LogError(
        'gate_closed',
        `the log's newest stamp is ${behind} s old, above the limit of ${maxStaleness} s`,
      );
    }
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
