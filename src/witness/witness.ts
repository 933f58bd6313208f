/**
 * A witness (C2SP tlog-witness): cosigns a checkpoint that it has proved to extend the last one it cosigned. What it
 * signs for a log is one history, whatever the log does.
 */
import { type AddCheckpointRequest, parseAddCheckpoint } from '../core/add-checkpoint.ts';
import { equalBytes, utf8 } from '../core/bytes.ts';
import { type Checkpoint, parseCheckpoint } from '../core/checkpoint.ts';
import type { Cosigner } from '../core/cosignature.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { EMPTY_ROOT } from '../core/hash.ts';
import { inconsistentTrees, type MisbehaviourEvidence, twoRoots } from '../core/misbehaviour.ts';
import { formatNote, type NoteSignature, openNote } from '../core/note.ts';
import { rootsFromConsistency, verifyConsistency } from '../core/proof.ts';
import type { WatchedLog } from './watched-log.ts';
import type { CosignedHead, WitnessStore } from './witness-store.ts';

export type WitnessAnswer =
  /** The cosignature as a line of a note. */
  | { status: 200; line: string }
  /** Not from the size that the witness has, which is this. */
  | { status: 409; size: number }
  /** 400 malformed · 403 not signed by the log · 404 unknown log · 422 not proved · 503 the clock is behind. */
  | { status: 400 | 403 | 404 | 422 | 503; message: string };

export interface WitnessOptions {
  logs: ReadonlyMap<string, WatchedLog>;
  cosigner: Cosigner;
  store: WitnessStore;
  /** POSIX seconds. */
  clock: () => number;
  /** A log signed two checkpoints that cannot both be true. */
  misbehaved: (evidence: MisbehaviourEvidence) => void;
  /** Called between the durable write and the answer; tests end the process here. */
  persisted?: () => void;
}

/** A checkpoint that is signed by its log. */
interface Submitted extends Checkpoint {
  text: string;
  note: string;
  /** Those of the log, verified. */
  signatures: NoteSignature[];
  /** The verifier key of the first of them. */
  verifierKey: string;
}

export class Witness {
  readonly #options: WitnessOptions;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  /** Answers a request in the order of checks that the specification gives. Synchronous, so that no two interleave. */
  addCheckpoint(body: Uint8Array): WitnessAnswer {
    let request: AddCheckpointRequest;
    try {
      request = parseAddCheckpoint(body);
    } catch (error) {
      return refusal(400, error, 'malformed_request');
    }
    const { note } = request;
    if (!hasFormOfNote(note)) return { status: 400, message: 'the checkpoint is not a signed note' };
    const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
    const log = this.#options.logs.get(text.slice(0, text.indexOf('\n')));
    if (log === undefined) return { status: 404, message: 'this witness does not know the log' };
    let signed: ReturnType<typeof openNote>;
    try {
      signed = openNote(note, log.verifiers);
    } catch (error) {
      return refusal(403, error, 'signature_invalid', 'malformed_note', 'limit_exceeded');
    }
    let checkpoint: Checkpoint;
    try {
      checkpoint = parseCheckpoint(text);
    } catch (error) {
      return refusal(claimsEmptyTree(text) ? 422 : 400, error, 'malformed_checkpoint');
    }
    const [first] = signed.verified;
    const key = log.verifiers.findIndex(({ name, keyId }) => name === first!.name && keyId === first!.keyId);
    return this.#judge(request, {
      ...checkpoint,
      text,
      note: request.note,
      signatures: signed.verified,
      verifierKey: log.verifierKeys[key]!,
    });
  }

  /** The newest cosigned checkpoint of a log; undefined where it is unknown, or none was cosigned. */
  cosigned(origin: string): string | undefined {
    return this.#options.logs.has(origin) ? this.#options.store.head(origin)?.note : undefined;
  }

  #judge({ old, proof }: AddCheckpointRequest, checkpoint: Submitted): WitnessAnswer {
    const { store, clock } = this.#options;
    if (old > checkpoint.size)
      return { status: 400, message: 'the old size is larger than the size of the checkpoint' };
    const head = store.head(checkpoint.origin);
    // Whatever else is wrong with the request: this is signed.
    if (head !== undefined) this.#accuse(head, checkpoint, old, proof);
    if (old !== (head?.size ?? 0)) return { status: 409, size: head?.size ?? 0 };
    try {
      proveExtension(head, checkpoint, proof);
    } catch (error) {
      return refusal(422, error, 'proof_invalid');
    }
    const time = clock();
    if (head !== undefined && time < head.time) {
      return { status: 503, message: 'the clock of the witness is behind its last cosignature' };
    }
    return this.#cosign(head, checkpoint, time);
  }

  /** Durable first: a cosignature that was seen and then forgotten could be followed by one of another history. */
  #cosign(
    head: CosignedHead | undefined,
    { origin, size, root, text, signatures }: Submitted,
    time: number,
  ): WitnessAnswer {
    const { store, cosigner, persisted } = this.#options;
    const signer = cosigner.at(time);
    const cosignature = { name: signer.name, keyId: signer.keyId, bytes: signer.sign(utf8(text)) };
    const note = formatNote(text, [...signatures, cosignature]);
    if (!store.replace(origin, head, { size, root, time, note })) {
      return { status: 409, size: store.head(origin)?.size ?? 0 };
    }
    persisted?.();
    return { status: 200, line: note.slice(note.trimEnd().lastIndexOf('\n') + 1) };
  }

  /** Tells of two signed checkpoints that cannot both be true, where the request shows it. */
  #accuse(head: CosignedHead, checkpoint: Submitted, old: number, proof: readonly Uint8Array[]): void {
    const { misbehaved } = this.#options;
    const { origin, verifierKey } = checkpoint;
    if (head.size === checkpoint.size) {
      if (!equalBytes(head.root, checkpoint.root)) misbehaved(twoRoots(verifierKey, { origin, ...head }, checkpoint));
      return;
    }
    if (old !== head.size || old === 0 || old > checkpoint.size) return;
    try {
      const roots = rootsFromConsistency({ first: old, second: checkpoint.size, firstRoot: head.root, proof });
      // A proof that leads to the signed root from another beginning is the log's own confession; any other is noise.
      if (!equalBytes(roots.second, checkpoint.root) || equalBytes(roots.first, head.root)) return;
      const proven = { provenRoot: roots.first, proof };
      misbehaved(inconsistentTrees(verifierKey, { origin, ...head }, checkpoint, proven));
    } catch (error) {
      if (!isLogError(error, 'proof_invalid')) throw error;
    }
  }
}

/** @throws LogError proof_invalid */
function proveExtension(head: CosignedHead | undefined, checkpoint: Submitted, proof: readonly Uint8Array[]): void {
  const first = head?.size ?? 0;
  if (first === 0 && checkpoint.size > 0) {
    if (proof.length > 0) throw new LogError('proof_invalid', 'from size 0 the proof must be empty');
    return;
  }
  const { size: second, root: secondRoot } = checkpoint;
  verifyConsistency({ first, second, firstRoot: head?.root ?? EMPTY_ROOT, secondRoot, proof });
}

/** True for a text, a blank line, and lines of signatures, of which some may be no good: that is another status. */
function hasFormOfNote(note: string): boolean {
  return /^[^\n][\s\S]*\n\n(?:\u2014 [^ \n]+ [A-Za-z0-9+/]+={0,2}\n)+$/.test(note);
}

/** A checkpoint of size 0 that cannot be read has another root than the empty tree, unless it is broken elsewhere too. */
function claimsEmptyTree(text: string): boolean {
  const [, size, root] = text.split('\n');
  return size === '0' && /^[A-Za-z0-9+/]{43}=$/.test(root ?? '');
}

function refusal(status: 400 | 403 | 422, error: unknown, ...codes: Parameters<typeof isLogError>[1][]): WitnessAnswer {
  if (!isLogError(error, ...codes)) throw error;
  return { status, message: error.message };
}
