/** Checkpoints of logs that a trusted root names: Rekor v1 (ECDSA, origin with a tree's number) and v2 (C2SP). */
import { equalBytes } from '../../core/bytes.ts';
import { type OpenedCheckpoint, openCheckpoint } from '../../core/checkpoint.ts';
import { isLogError, LogError } from '../../core/errors.ts';
import { type NoteSignature, type NoteVerifier, parseNote } from '../../core/note.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import type { TrustedLog } from './trusted-root.ts';

/**
 * Opens a checkpoint that must carry the log's signature. Lines of others, witnesses for example, are passed over
 * wherever they stand.
 * @throws LogError malformed_checkpoint, checkpoint_unverified
 */
export function openLogCheckpoint(note: string, log: TrustedLog, checks: SignatureChecks): OpenedCheckpoint {
  const { key } = log;
  if (key === undefined) throw unverified('the key of the log is of a kind that is not known here');
  const { text, signatures } = parsed(note);
  const origin = text.slice(0, text.indexOf('\n'));
  const line = signatures.find((signature) => isKeyOf(signature, log) && isOriginOf(origin, signature.name));
  if (line === undefined) throw unverified('the checkpoint has no signature by the log that the entry names');
  const verifier: NoteVerifier = {
    name: line.name,
    keyId: line.keyId,
    verify: (message, signature) => checks.verifyMessage(key.key, key.scheme, message, signature),
  };
  return openCheckpoint(note, verifier, origin);
}

function isKeyOf({ keyId }: NoteSignature, { logId, checkpointKeyId }: TrustedLog): boolean {
  const id = new Uint8Array(4);
  new DataView(id.buffer).setUint32(0, keyId);
  return equalBytes(id, (checkpointKeyId ?? logId).subarray(0, 4));
}

/** What a log of several trees puts behind its name, the number of one of them: `rekor.example - 42`. */
const TREE = / - [0-9]{1,20}$/;

/** By custom a log's origin is its key's name; here it must be, but for the number of a tree. */
function isOriginOf(origin: string, name: string): boolean {
  return origin.replace(TREE, '') === name;
}

/** True where the checkpoint is of one of the trees that a Rekor v1 log has. */
export function isOfNumberedTree({ origin }: OpenedCheckpoint): boolean {
  return TREE.test(origin);
}

function parsed(note: string): ReturnType<typeof parseNote> {
  try {
    return parseNote(note);
  } catch (error) {
    if (isLogError(error)) throw new LogError('malformed_checkpoint', error.message, { cause: error });
    throw error;
  }
}

function unverified(message: string): LogError {
  return new LogError('checkpoint_unverified', message);
}
