/**
 * Gathers cosignatures of a log's newest checkpoints by a policy's witnesses.
 *
 * Witnesses are asked in rounds, since cosignatures of different sizes make no quorum: everybody is asked for the same
 * checkpoint, sizes in between are skipped, and the next round begins when the quorum is met, or when it has had its
 * time. A witness that is late goes on with its request, which still counts, and joins the newest round afterwards.
 */
import { isLogError, LogError } from '../../core/errors.ts';
import type { Hash } from '../../core/hash.ts';
import type { NoteSignature, NoteVerifier } from '../../core/note.ts';
import { type PolicyWitness, quorumMet, type WitnessPolicy } from '../../core/witness-policy.ts';
import { askWitness, withSignatures } from './ask-witness.ts';

/** The log that is witnessed, as the one who serves it has it. */
export interface WitnessedLog {
  /** The newest checkpoint. */
  head(): { size: number; note: string };
  /** Proof that the tree of `second` leaves extends that of `first`, 0 < first < second. */
  consistencyProof(first: number, second: number): Hash[];
  /** @returns stops the calls */
  onPublished(listener: () => void): () => void;
}

export interface WitnessRoundsOptions {
  policy: WitnessPolicy;
  log: WitnessedLog;
  fetch?: typeof fetch;
  /** A checkpoint that satisfies the policy, and its note with the cosignatures so far; called again as more arrive. */
  witnessed: (checkpoint: WitnessedCheckpoint) => void;
  /** Milliseconds between the beginnings of two rounds, at least. */
  interval?: number;
  /** Milliseconds after which a round that has met no quorum makes room for the next. */
  patience?: number;
  /** Milliseconds for one request. */
  timeout?: number;
}

export interface WitnessedCheckpoint {
  size: number;
  /** With the cosignatures. */
  note: string;
}

/** What is known of a witness. */
export interface WitnessHealth {
  name: string;
  /** asking: a request is under way · waiting: it has cosigned the newest round · resting: its breaker is open. */
  state: 'asking' | 'waiting' | 'resting';
  /** Largest size that it has cosigned here; 0 for none. */
  size: number;
  /** Requests that failed since it last cosigned. */
  failures: number;
  /** Why the last one failed; undefined where it did not. */
  trouble: string | undefined;
}

const INTERVAL_MS = 100;
const PATIENCE_MS = 2_000;
const TIMEOUT_MS = 5_000;
/** Rest after the first failure; doubled by each further one. */
const FIRST_REST_MS = 250;
const LONGEST_REST_MS = 60_000;
/** Answers in a row that name another size, without a cosignature in between, until they count as a failure. */
const MOST_RESYNCS = 3;

interface Round {
  size: number;
  note: string;
  started: number;
  /** By the policy's names. */
  cosigned: Map<string, NoteSignature[]>;
}

/** Whom checkpoints can be submitted to, and whose answers can be verified. */
type Asked = PolicyWitness & { url: string; verifier: NoteVerifier };

interface Participant extends Asked {
  health: WitnessHealth;
  /** The size that it is believed to have. */
  believed: number;
}

export class WitnessRounds {
  readonly #options: WitnessRoundsOptions;
  readonly #participants: Participant[];
  readonly #ended = new AbortController();
  /** The round that witnesses are asked for; undefined until there is an entry. */
  #round: Round | undefined;
  #newest: WitnessedCheckpoint | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Wakes the witnesses that wait for the next round. */
  #wake = new Set<() => void>();
  readonly #stopListening: () => void;
  readonly #running: Promise<void>[];

  constructor(options: WitnessRoundsOptions) {
    this.#options = options;
    this.#participants = options.policy.witnesses.filter(isAsked).map((witness) => ({
      ...witness,
      believed: 0,
      health: { name: witness.name, state: 'waiting', size: 0, failures: 0, trouble: undefined },
    }));
    this.#stopListening = options.log.onPublished(() => this.#consider());
    this.#running = this.#participants.map((participant) => this.#follow(participant));
    this.#consider();
  }

  health(): WitnessHealth[] {
    return this.#participants.map(({ health }) => ({ ...health }));
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#stopListening();
    clearTimeout(this.#timer);
    this.#ended.abort();
    this.#wakeAll();
    await Promise.all(this.#running);
  }

  /** Begins a round where there is something new and it is time, or looks again when it may be. */
  #consider(): void {
    if (this.#ended.signal.aborted) return;
    const { interval = INTERVAL_MS, patience = PATIENCE_MS } = this.#options;
    const head = this.#options.log.head();
    const round = this.#round;
    if (head.size === 0 || head.size === round?.size) return;
    const met = round === undefined || this.#isMet(round);
    const due = round === undefined ? 0 : round.started + (met ? interval : Math.max(interval, patience));
    clearTimeout(this.#timer);
    const wait = due - performance.now();
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#consider(), wait);
      return;
    }
    this.#round = { ...head, started: performance.now(), cosigned: new Map() };
    this.#wakeAll();
  }

  async #follow(participant: Participant): Promise<void> {
    const { health } = participant;
    const { signal } = this.#ended;
    let resyncs = 0;
    while (!signal.aborted) {
      const round = this.#round;
      if (round === undefined || round.cosigned.has(participant.name)) {
        health.state = 'waiting';
        await this.#nextRound();
        continue;
      }
      health.state = 'asking';
      let rest: number | undefined;
      try {
        const said = await this.#ask(participant, round);
        if (said === 'done') resyncs = 0;
        else if (++resyncs >= MOST_RESYNCS) throw new LogError('answer_unexpected', 'it names one size after another');
      } catch (error) {
        if (signal.aborted) return;
        resyncs = 0;
        rest = failed(participant, error);
      }
      if (rest === undefined) continue;
      health.state = 'resting';
      await this.#rest(rest);
    }
  }

  /** @throws LogError with what is wrong with the witness */
  async #ask(participant: Participant, round: Round): Promise<'done' | 'resync'> {
    const { log, timeout = TIMEOUT_MS } = this.#options;
    const { believed: old, health } = participant;
    if (old > round.size) {
      // It may have cosigned a newer checkpoint than this round's; never one that the log has not signed.
      if (old > log.head().size) throw new LogError('answer_unexpected', 'it claims a size that the log does not have');
      round.cosigned.set(participant.name, []);
      return 'done';
    }
    const proof = old === 0 || old === round.size ? [] : log.consistencyProof(old, round.size);
    const reply = await askWitness(participant.url, { old, proof, note: round.note }, participant.verifier, {
      fetch: this.#options.fetch,
      signal: AbortSignal.any([this.#ended.signal, AbortSignal.timeout(timeout)]),
    });
    if (reply.kind === 'cosigned') {
      participant.believed = round.size;
      Object.assign(health, { size: Math.max(health.size, round.size), failures: 0, trouble: undefined });
      round.cosigned.set(participant.name, reply.signatures);
      this.#gathered(round);
      return 'done';
    }
    if (reply.kind === 'size') {
      participant.believed = reply.size;
      return 'resync';
    }
    if (reply.kind === 'busy') {
      throw new LogError(
        'rate_limited',
        'it is busy',
        reply.retryAfter === undefined ? {} : { retryAfter: reply.retryAfter },
      );
    }
    // Whatever it has, from nothing it must say so.
    participant.believed = 0;
    throw new LogError('answer_unexpected', 'it says that the checkpoint does not follow from the one it has');
  }

  #gathered(round: Round): void {
    if (!this.#isMet(round)) return;
    if (this.#newest === undefined || round.size >= this.#newest.size) {
      const note = withSignatures(round.note, [...round.cosigned.values()].flat());
      this.#newest = { size: round.size, note };
      this.#options.witnessed(this.#newest);
    }
    this.#consider();
  }

  #isMet(round: Round): boolean {
    const names = [...round.cosigned].filter(([, signatures]) => signatures.length > 0).map(([name]) => name);
    return quorumMet(this.#options.policy, new Set(names));
  }

  #nextRound(): Promise<void> {
    return new Promise((resolve) => this.#wake.add(resolve));
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = new Set();
    for (const wake of waiting) wake();
  }

  #rest(milliseconds: number): Promise<void> {
    const { signal } = this.#ended;
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}

/** The breaker of one witness: rests that double, with some chance so that witnesses do not come back together. */
function failed({ health }: Participant, error: unknown): number {
  health.failures += 1;
  health.trouble = isLogError(error) ? error.message : 'the request failed';
  const rest = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (health.failures - 1)) * (0.5 + Math.random() / 2);
  const asked = isLogError(error) ? (error.retryAfter ?? 0) * 1000 : 0;
  return Math.min(LONGEST_REST_MS, Math.max(rest, asked));
}

function isAsked(witness: PolicyWitness): witness is Asked {
  return witness.url !== undefined && witness.verifier !== undefined;
}
