/** Checkpoints (C2SP tlog-checkpoint v1.0.0): the note in which a log states its size and root. */
import { equalBytes, fromBase64, parseDecimal, toBase64 } from './bytes.ts';
import { isLogError, LogError } from './errors.ts';
import { EMPTY_ROOT, HASH_LENGTH, type Hash } from './hash.ts';
import { type NoteSignature, type NoteVerifier, openNote } from './note.ts';

/** What a log states about its tree. */
export interface Checkpoint {
  /** Name of the log, by custom a host name with an optional path. */
  origin: string;
  /** Number of leaves, 0 to 2^53-1. */
  size: number;
  /** 32 bytes. */
  root: Hash;
  /** Further lines, without their newlines; none is empty. */
  extensions: string[];
}

/** A checkpoint whose log's signature was verified. */
export interface OpenedCheckpoint extends Checkpoint {
  /** The note's text, which is what was signed. */
  text: string;
  /** Every signature line of the note; only those of the given key have been verified. */
  signatures: NoteSignature[];
}

/**
 * Writes the text of a checkpoint, to be signed as a note (tlog-checkpoint §Note text).
 * @throws LogError malformed_checkpoint where `parseCheckpoint` would not read the same back
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions } = checkpoint;
  const text = [origin, String(size), toBase64(root), ...extensions].map((line) => `${line}\n`).join('');
  const read = parseCheckpoint(text);
  if (read.origin !== origin || read.extensions.length !== extensions.length) {
    throw malformed('a line of the checkpoint contains a newline');
  }
  return text;
}

/**
 * Reads the text of a checkpoint.
 * @throws LogError malformed_checkpoint, also for sizes above 2^53-1 and for size 0 with another root than the empty
 *   tree's
 */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length < 3) throw malformed('a checkpoint has three lines or more');
  const [origin, sizeLine, rootLine, ...extensions] = lines as [string, string, string, ...string[]];
  if (origin === '' || extensions.includes('')) throw malformed('a line of the checkpoint is empty');
  const size = parseDecimal(sizeLine);
  if (size === undefined) throw malformed('the tree size is not a canonical decimal number below 2^53');
  let root: Hash;
  try {
    root = fromBase64(rootLine, 'root');
  } catch (cause) {
    throw malformed('the root is not canonical base64', cause);
  }
  if (root.length !== HASH_LENGTH) throw malformed('the root is not 32 bytes');
  if (size === 0 && !equalBytes(root, EMPTY_ROOT)) throw malformed('size 0 has another root than the empty tree');
  return { origin, size, root, extensions };
}

/**
 * Reads a checkpoint that must be signed by the log's key.
 * @param origin what its first line must be; the name of the key where it is not given (tlog-checkpoint §Note text)
 * @throws LogError malformed_checkpoint; checkpoint_unverified where the key's signature is missing or bad, or the
 *   checkpoint is of another log
 */
export function openCheckpoint(
  note: Uint8Array | string,
  verifier: NoteVerifier,
  origin: string = verifier.name,
): OpenedCheckpoint {
  const { text, verified, unverified } = openSigned(note, verifier);
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== origin) throw unverifiedBecause('the checkpoint is of another log');
  return { ...checkpoint, text, signatures: [...verified, ...unverified] };
}

/**
 * Opens a note about a checkpoint with one key, in the checkpoint's error codes.
 * @throws LogError malformed_checkpoint; checkpoint_unverified
 */
export function openSigned(note: Uint8Array | string, verifier: NoteVerifier): ReturnType<typeof openNote> {
  try {
    return openNote(note, [verifier]);
  } catch (error) {
    if (isLogError(error, 'signature_invalid')) throw unverifiedBecause(error.message, error);
    if (isLogError(error)) throw malformed(error.message, error);
    throw error;
  }
}

function malformed(message: string, cause?: unknown): LogError {
  return new LogError('malformed_checkpoint', message, { cause });
}

function unverifiedBecause(message: string, cause?: unknown): LogError {
  return new LogError('checkpoint_unverified', message, { cause });
}
