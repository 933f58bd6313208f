/** The keys that a log is known by, and the checkpoints they open. */
import { type OpenedCheckpoint, openCheckpoint } from '../core/checkpoint.ts';
import { openCosignature } from '../core/cosignature.ts';
import { LogError } from '../core/errors.ts';
import type { Hash } from '../core/hash.ts';
import { type NoteVerifier, verifierOf } from '../core/note.ts';

export interface LogKeyOptions {
  /** C2SP verifier key of the log's checkpoint key. */
  verifierKey: string;
  /** C2SP verifier key of the log's time key. Where it is given, a checkpoint without a good time is refused. */
  timeVerifierKey?: string | undefined;
  /** First line of the log's checkpoints; the name of the key where it is not given. */
  origin?: string | undefined;
}

/** A size, and the root that the log has at that size. */
export interface TreeHead {
  size: number;
  /** 32 bytes. */
  root: Hash;
}

/** A checkpoint that the log's key signed. */
export interface VerifiedCheckpoint extends TreeHead {
  origin: string;
  /** The signed note as it came. */
  note: string;
  /** POSIX seconds of the log's time key; undefined where that key is not known. */
  time: number | undefined;
}

/** A log, as its users know it: by its name and its keys. */
export class LogKey {
  readonly origin: string;
  /** As it was given. */
  readonly verifierKey: string;
  readonly verifier: NoteVerifier;
  readonly timeVerifier: NoteVerifier | undefined;
  /** What was opened last, owned here: the receipts of a batch share one checkpoint. */
  #last: VerifiedCheckpoint | undefined;

  /** @throws LogError malformed_key, unsupported_key */
  constructor({ verifierKey, timeVerifierKey, origin }: LogKeyOptions) {
    this.verifierKey = verifierKey;
    this.verifier = verifierOf(verifierKey);
    this.timeVerifier = timeVerifierKey === undefined ? undefined : verifierOf(timeVerifierKey);
    this.origin = origin ?? this.verifier.name;
  }

  /** @throws LogError malformed_checkpoint; checkpoint_unverified */
  open(note: string): VerifiedCheckpoint {
    if (this.#last?.note === note) return this.#last;
    const { origin, size, root }: OpenedCheckpoint = openCheckpoint(note, this.verifier, this.origin);
    const time = this.timeVerifier === undefined ? undefined : openCosignature(note, this.timeVerifier).time;
    this.#last = { origin, size, root, note, time };
    return this.#last;
  }
}

/** What a log states does not fit together. */
export function proofInvalid(message: string): LogError {
  return new LogError('proof_invalid', message);
}
