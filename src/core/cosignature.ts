/** Timestamped cosignatures of checkpoints (C2SP tlog-cosignature, cosignature/v1 with Ed25519, algorithm 0x04). */
import { openSigned } from './checkpoint.ts';
import { cosignatureTime, cosignedMessage, timestampedSignature } from './cosigned-message.ts';
import { ed25519PublicKey, signEd25519 } from './ed25519.ts';
import { LogError } from './errors.ts';
import { isKeyName, NOTE_COSIGNATURE_V1, type NoteSigner, type NoteVerifier, noteKeyId, noteVerifier } from './note.ts';

export { cosignedMessage } from './cosigned-message.ts';

/** A key that lies elsewhere, in a key store or another process. */
export interface Ed25519Key {
  /** 32 bytes. */
  publicKey: Uint8Array;
  /** The 64-byte Ed25519 signature of a message. */
  sign(message: Uint8Array): Uint8Array;
}

/** Cosigns with one key at times it is told. */
export interface Cosigner {
  readonly name: string;
  readonly keyId: number;
  /** A note signer that states this time, in POSIX seconds. */
  at(time: number): NoteSigner;
}

/**
 * A cosigner from a 32-byte seed, or from a key that signs for itself.
 * @throws LogError malformed_key for a bad name
 */
export function cosigner(name: string, key: Uint8Array | Ed25519Key): Cosigner {
  if (!isKeyName(name))
    throw new LogError('malformed_key', 'a key name must not be empty nor contain white space or a plus');
  const { publicKey, sign } =
    key instanceof Uint8Array
      ? { publicKey: ed25519PublicKey(key), sign: (message: Uint8Array) => signEd25519(key, message) }
      : { publicKey: key.publicKey, sign: (message: Uint8Array) => key.sign(message) };
  const keyId = noteKeyId(name, NOTE_COSIGNATURE_V1, publicKey);
  return {
    name,
    keyId,
    at: (time) => ({
      name,
      keyId,
      sign: (text) => timestampedSignature(time, sign(cosignedMessage(time, text))),
    }),
  };
}

/**
 * Verifier of cosignatures; their bytes are the time (8) and the signature (64).
 * @throws LogError malformed_key; unsupported_key
 */
export function cosignatureVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  return noteVerifier(name, NOTE_COSIGNATURE_V1, publicKey);
}

/**
 * The time at which a cosigner states that it saw the checkpoint; the earliest where it signed more than once. Only
 * the cosigner's signature is checked: `openCheckpoint` checks the log's.
 * @returns time in POSIX seconds
 * @throws LogError malformed_checkpoint; checkpoint_unverified where the cosignature is missing or bad
 */
export function openCosignature(note: Uint8Array | string, verifier: NoteVerifier): { time: number } {
  const times = openSigned(note, verifier).verified.map((signature) => cosignatureTime(signature.bytes));
  const known = times.filter((time) => time !== undefined);
  if (known.length === 0) throw new LogError('checkpoint_unverified', 'the key does not make cosignatures');
  return { time: Math.min(...known) };
}
