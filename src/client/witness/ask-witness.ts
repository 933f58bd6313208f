/** Asks one witness once for its cosignature (C2SP tlog-witness §add-checkpoint), and believes nothing it answers. */
import { ADD_CHECKPOINT_PATH, type AddCheckpointRequest, formatAddCheckpoint } from '../../core/add-checkpoint.ts';
import { decodeUtf8, parseDecimal } from '../../core/bytes.ts';
import { isLogError, LogError } from '../../core/errors.ts';
import { formatNote, type NoteSignature, type NoteVerifier, openNote, parseNote } from '../../core/note.ts';
import { readBounded, retryAfterOf } from '../transport.ts';

/** Of an answer: cosignatures are short, those of ML-DSA-44 have 3.3 kB. */
const MAX_ANSWER = 64 * 1024;

export type WitnessReply =
  /** Cosignatures of the witness over the checkpoint that was sent, each verified; one at least. */
  | { kind: 'cosigned'; signatures: NoteSignature[] }
  /** It has another size than was believed. */
  | { kind: 'size'; size: number }
  /** It says that what was sent does not follow, or that it has another size, and not which: 409, 422. */
  | { kind: 'conflict' }
  /** 429 or 503. */
  | { kind: 'busy'; retryAfter: number | undefined };

export interface AskOptions {
  fetch?: typeof fetch | undefined;
  /** Ends the request, its answer included. */
  signal: AbortSignal;
}

/**
 * @param url the submission prefix, without a slash at the end
 * @param verifier of the witness's cosignatures
 * @throws LogError unreachable; signature_invalid where what it answers is no cosignature of its own over this
 *   checkpoint; answer_unexpected for any other answer
 */
export async function askWitness(
  url: string,
  request: AddCheckpointRequest,
  verifier: NoteVerifier,
  options: AskOptions,
): Promise<WitnessReply> {
  let response: Response;
  let body: Uint8Array;
  try {
    response = await (options.fetch ?? fetch)(`${url}${ADD_CHECKPOINT_PATH}`, {
      method: 'POST',
      body: formatAddCheckpoint(request),
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      signal: options.signal,
      redirect: 'error',
    });
    body = await readBounded(response, MAX_ANSWER);
  } catch (cause) {
    if (isLogError(cause)) throw cause;
    const reason = options.signal.aborted ? 'it did not answer in time' : 'the connection failed';
    throw new LogError('unreachable', `the witness cannot be reached: ${reason}`, { cause });
  }
  const { status } = response;
  if (status === 200) return { kind: 'cosigned', signatures: cosignaturesOf(body, request.note, verifier) };
  if (status === 409) {
    const size = parseDecimal((decodeUtf8(body) ?? '').replace(/\n$/, ''));
    return size === undefined ? { kind: 'conflict' } : { kind: 'size', size };
  }
  if (status === 422) return { kind: 'conflict' };
  if (status === 429 || status === 503) return { kind: 'busy', retryAfter: retryAfterOf(response) };
  throw new LogError('answer_unexpected', `the witness answered with status ${status}`);
}

function cosignaturesOf(body: Uint8Array, note: string, verifier: NoteVerifier): NoteSignature[] {
  const lines = decodeUtf8(body) ?? '';
  try {
    const { text } = parseNote(note);
    return openNote(`${text}\n${lines}`, [verifier]).verified;
  } catch (cause) {
    if (!isLogError(cause)) throw cause;
    throw new LogError('signature_invalid', 'the witness answered with no cosignature of this checkpoint', { cause });
  }
}

/** The note with further signatures, each once. */
export function withSignatures(note: string, added: readonly NoteSignature[]): string {
  const { text, signatures } = parseNote(note);
  const isNew = ({ name, keyId }: NoteSignature): boolean =>
    signatures.every((known) => known.name !== name || known.keyId !== keyId);
  return formatNote(text, [...signatures, ...added.filter(isNew)]);
}
