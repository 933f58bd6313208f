/** What `serve` does about witnesses: asks them, keeps what they said, and shows it. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type WitnessedCheckpoint, WitnessRounds } from '../client/witness/witness-rounds.ts';
import { equalBytes } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { verifierOf } from '../core/note.ts';
import { openUnderPolicy, parseWitnessPolicy, type WitnessPolicy } from '../core/witness-policy.ts';
import { WitnessedHead } from '../http/witness/witnessed-head.ts';
import type { Log } from '../log/log.ts';

/** Milliseconds between two writes of the newest witnessed checkpoint: it is gathered anew where it was lost. */
const KEEP_INTERVAL = 5_000;

export interface Witnessing {
  head: WitnessedHead;
  close(): Promise<void>;
}

/**
 * Reads the witness policy of a log.
 * @throws LogError file_unreadable; policy_invalid; config_invalid where it is of another log, or nobody can be asked
 */
export function loadWitnessPolicy(file: string, verifierKey: string): WitnessPolicy {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LogError('file_unreadable', `the witness policy ${file} cannot be read`, { cause });
  }
  const policy = parseWitnessPolicy(text);
  if (policy.logs.length > 0 && policy.logs.every((log) => log.verifierKey !== verifierKey)) {
    throw new LogError('config_invalid', `the witness policy ${file} is not of this log, whose key is ${verifierKey}`);
  }
  if (policy.witnesses.every(({ url, verifier }) => url === undefined || verifier === undefined)) {
    throw new LogError(
      'config_invalid',
      `the witness policy ${file} names no witness with an address and an Ed25519 key`,
    );
  }
  const own = { verifierKey, verifier: verifierOf(verifierKey), url: undefined };
  return { ...policy, logs: [own] };
}

/** @param file where the newest witnessed checkpoint is kept */
export function startWitnessing(log: Log, policy: WitnessPolicy, file: string): Witnessing {
  const kept = new KeptCheckpoint(file);
  const head = new WitnessedHead(kept.read(log, policy), () => rounds.health());
  const rounds = new WitnessRounds({
    policy,
    log: {
      head: () => log.head(),
      consistencyProof: (first, second) => log.reader.consistencyProof(first, second).hashes,
      onPublished: (listener) => log.onPublished(listener),
    },
    witnessed(checkpoint) {
      head.publish(checkpoint);
      kept.keep(checkpoint);
    },
  });
  return {
    head,
    async close() {
      head.end();
      await rounds.close();
      kept.close();
    },
  };
}

/** The newest witnessed checkpoint in a file, so that a server which starts again need not wait for witnesses. */
class KeptCheckpoint {
  readonly #file: string;
  #next: WitnessedCheckpoint | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Undefined where there is none, or none that this log and this policy would show. */
  read(log: Log, policy: WitnessPolicy): WitnessedCheckpoint | undefined {
    if (!existsSync(this.#file)) return undefined;
    try {
      const note = readFileSync(this.#file, 'utf8');
      const { size, root, quorumMet } = openUnderPolicy(note, policy);
      const signed = log.reader.checkpoint(size);
      return quorumMet && signed !== undefined && equalBytes(signed.root, root) ? { size, note } : undefined;
    } catch (error) {
      if (isLogError(error)) return undefined;
      throw error;
    }
  }

  keep(checkpoint: WitnessedCheckpoint): void {
    this.#next = checkpoint;
    this.#timer ??= setTimeout(() => this.#write(), KEEP_INTERVAL);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#write();
  }

  #write(): void {
    this.#timer = undefined;
    if (this.#next === undefined) return;
    try {
      writeFileSync(`${this.#file}.new`, this.#next.note);
      renameSync(`${this.#file}.new`, this.#file);
      this.#next = undefined;
    } catch {
      // A full disk: what it holds can be gathered again.
    }
  }
}
