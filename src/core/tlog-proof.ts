/** `.tlog-proof` files (C2SP tlog-proof v1): an inclusion proof and its checkpoint in one text. */
import { fromBase64, parseDecimal, toBase64 } from './bytes.ts';
import { type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import { LogError } from './errors.ts';
import { HASH_LENGTH, type Hash } from './hash.ts';
import { MAX_NOTE_LENGTH, type NoteVerifier } from './note.ts';
import { verifyInclusion } from './proof.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** No path in a tree below 2^53 leaves is longer. */
const MAX_HASHES = 53;

/** What such a file says. Nothing in it is verified by reading it. */
export interface TlogProof {
  /** Application data that nothing authenticates. */
  extra?: Uint8Array;
  index: number;
  /** From the leaf's sibling to the root's child. */
  hashes: readonly Hash[];
  /** The signed note as it is, all signatures included. */
  checkpoint: string;
}

/** Writes the file. @throws LogError malformed_proof where `parseTlogProof` would not read the same back */
export function formatTlogProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const lines = [HEADER];
  if (extra !== undefined) lines.push(`extra ${toBase64(extra)}`);
  lines.push(`index ${index}`, ...hashes.map(toBase64), '', checkpoint);
  const text = lines.join('\n');
  parseTlogProof(text);
  return text;
}

/**
 * Reads the file. The checkpoint is not looked into: `verifyTlogProof` does that.
 * @throws LogError malformed_proof; limit_exceeded above 2 MiB
 */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > 2 * MAX_NOTE_LENGTH) throw new LogError('limit_exceeded', 'the proof file is larger than 2 MiB');
  const blank = text.indexOf('\n\n');
  if (blank < 0) throw malformed('the proof file has no checkpoint');
  const [header, ...lines] = text.slice(0, blank).split('\n');
  if (header !== HEADER) throw malformed(`the file does not begin with ${HEADER}`);
  const extra = lines[0]?.startsWith('extra ') ? base64(lines.shift()!.slice('extra '.length)) : undefined;
  const indexLine = lines.shift() ?? '';
  const index = indexLine.startsWith('index ') ? parseDecimal(indexLine.slice('index '.length)) : undefined;
  if (index === undefined) throw malformed('the proof file does not state an index below 2^53');
  if (lines.length > MAX_HASHES) throw malformed('the proof is longer than any tree requires');
  const hashes = lines.map(base64);
  if (hashes.some((hash) => hash.length !== HASH_LENGTH)) throw malformed('a hash is not 32 bytes');
  return { ...(extra && { extra }), index, hashes, checkpoint: text.slice(blank + 2) };
}

/**
 * Verifies that the leaf with this hash is in the log, under a checkpoint signed by the log's key.
 * @param origin first line of the checkpoint; the name of the key where it is not given
 * @throws LogError malformed_checkpoint; checkpoint_unverified; proof_invalid
 */
export function verifyTlogProof(
  proof: TlogProof,
  leafHash: Hash,
  verifier: NoteVerifier,
  origin?: string,
): OpenedCheckpoint {
  const checkpoint = openCheckpoint(proof.checkpoint, verifier, origin);
  const { size, root } = checkpoint;
  verifyInclusion({ index: proof.index, size, leafHash, root, proof: proof.hashes });
  return checkpoint;
}

function base64(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw malformed('a line of the proof file is not canonical base64', cause);
  }
}

function malformed(message: string, cause?: unknown): LogError {
  return new LogError('malformed_proof', message, { cause });
}
