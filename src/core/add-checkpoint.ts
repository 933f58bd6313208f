/** The request by which a witness is asked to cosign (C2SP tlog-witness §add-checkpoint). */
import { decodeUtf8, fromBase64, parseDecimal, toBase64 } from './bytes.ts';
import { LogError } from './errors.ts';
import { HASH_LENGTH, type Hash } from './hash.ts';
import { MAX_NOTE_LENGTH } from './note.ts';

export const ADD_CHECKPOINT_PATH = '/add-checkpoint';
/** Of the answer that states the size a witness has: 409. */
export const TLOG_SIZE_TYPE = 'text/x.tlog.size';
/** Longest consistency proof; no tree below 2^63 leaves needs more. */
export const MAX_PROOF_LINES = 63;
/** Largest request, in bytes: the note, and 63 lines of 45 bytes. */
export const MAX_ADD_CHECKPOINT_LENGTH = MAX_NOTE_LENGTH + 4_096;

export interface AddCheckpointRequest {
  /** Size of the newest checkpoint that the witness is believed to have cosigned; 0 for none. */
  old: number;
  /** Consistency proof from `old`, 32 bytes each. */
  proof: Hash[];
  /** The signed checkpoint, unread. */
  note: string;
}

export function formatAddCheckpoint({ old, proof, note }: AddCheckpointRequest): string {
  return `old ${old}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
}

/** @throws LogError malformed_request */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpointRequest {
  const text = decodeUtf8(body);
  if (text === undefined) throw malformed('it is not UTF-8');
  // The first blank line divides: the checkpoint has one of its own before its signatures.
  const divide = text.indexOf('\n\n');
  if (divide === -1) throw malformed('there is no blank line before the checkpoint');
  const [oldLine, ...proofLines] = text.slice(0, divide).split('\n') as [string, ...string[]];
  const old = oldLine.startsWith('old ') ? parseDecimal(oldLine.slice(4)) : undefined;
  if (old === undefined) throw malformed('its first line is not "old" and a canonical decimal number below 2^53');
  if (proofLines.length > MAX_PROOF_LINES) throw malformed(`it has more than ${MAX_PROOF_LINES} lines of proof`);
  return { old, proof: proofLines.map(proofHash), note: text.slice(divide + 2) };
}

function proofHash(line: string): Hash {
  let hash: Hash;
  try {
    hash = fromBase64(line, 'proof');
  } catch (cause) {
    throw malformed('a line of the proof is not canonical base64', cause);
  }
  if (hash.length !== HASH_LENGTH) throw malformed('a hash of the proof is not 32 bytes');
  return hash;
}

function malformed(message: string, cause?: unknown): LogError {
  return new LogError('malformed_request', `the request cannot be read: ${message}`, { cause });
}
