/** Checks every answer after the run: the leaf is that of what was sent, and its proof leads to a signed checkpoint. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readReceipt, type StatedReceipt } from '../../src/client/answer.ts';
import { verifyStatedInclusion } from '../../src/client/receipt.ts';
import { equalBytes } from '../../src/core/bytes.ts';
import { openCheckpoint } from '../../src/core/checkpoint.ts';
import type { Hash } from '../../src/core/hash.ts';
import { type NoteVerifier, parseVerifierKey } from '../../src/core/note.ts';
import type { SignatureChecks } from '../../src/entry/keys/signature-checks.ts';
import { prepareSubmission } from '../../src/entry/submission/submission.ts';
import type { Answer } from './connection.ts';
import { type Form, type PreparedRequest, resultsIn, submissionsIn } from './submissions.ts';

/** The server checks the signatures; here only the leaf that a submission becomes is wanted. */
const SIGNED_HERE: SignatureChecks = { verifyMessage: () => true, verifyDigest: () => true };

export class AnswerChecker {
  readonly #form: Form;
  readonly #verifier: NoteVerifier;
  /** Each commit's checkpoint answers many submissions and is opened once. */
  readonly #heads = new Map<string, { size: number; root: Hash }>();
  readonly #indexes = new Set<number>();

  /** Submissions whose proof was verified. */
  verified = 0;
  /** Submissions that were answered with an error, by its code and reason. */
  readonly refused: Record<string, number> = {};
  /** What was wrong with answers that claim success. */
  readonly faults: Record<string, number> = {};

  constructor(form: Form, verifierKey: string) {
    this.#form = form;
    this.#verifier = nativeVerifier(verifierKey);
  }

  check(request: PreparedRequest, answer: Answer): void {
    if (answer.status >= 400) {
      // One problem document, whatever the form: nothing of the request was logged.
      const problem = problemOf(JSON.parse(answer.body.toString()));
      count(this.refused, problem ?? `status ${answer.status}`, request.items);
      return;
    }
    const submissions = submissionsIn(this.#form, request);
    const results = resultsIn(this.#form, answer.body);
    if (results.length !== submissions.length) {
      count(this.faults, 'another number of results than of submissions');
      return;
    }
    for (const [i, result] of results.entries()) {
      const problem = problemOf(result);
      if (problem !== undefined) count(this.refused, problem);
      else this.#checkReceipt(submissions[i], result);
    }
  }

  #checkReceipt(submission: unknown, result: unknown): void {
    try {
      const receipt: StatedReceipt = readReceipt(result);
      const { leafHash } = prepareSubmission(submission, SIGNED_HERE);
      if (!equalBytes(receipt.leafHash, leafHash)) throw new Error('another leaf was acknowledged');
      if (receipt.inclusionProof.index !== receipt.index) throw new Error('the proof is for another index');
      if (this.#indexes.has(receipt.index)) throw new Error('one index was given twice');
      this.#indexes.add(receipt.index);
      verifyStatedInclusion(receipt.inclusionProof, leafHash, this.#open(receipt.checkpoint));
      this.verified++;
    } catch (error) {
      count(this.faults, (error as Error).message);
    }
  }

  #open(note: string): { size: number; root: Hash } {
    let head = this.#heads.get(note);
    if (head === undefined) {
      head = openCheckpoint(note, this.#verifier);
      this.#heads.set(note, head);
    }
    return head;
  }
}

/**
 * Why it was refused: code and reason. A whole answer with an error status is the problem document itself; an item of a
 * batch holds it as `error`.
 */
function problemOf(result: unknown): string | undefined {
  const { error, ...own } = result as Problem & { error?: Problem };
  const { code, detail } = error ?? own;
  return code === undefined || detail === undefined ? code : `${code}: ${detail}`;
}

interface Problem {
  code?: string;
  detail?: string;
}

function count(counts: Record<string, number>, name: string, times = 1): void {
  counts[name] = (counts[name] ?? 0) + times;
}

/** Ed25519 by OpenSSL: thousands of checkpoints are opened, and portable code takes milliseconds for each. */
function nativeVerifier(verifierKey: string): NoteVerifier {
  const { name, keyId, publicKey } = parseVerifierKey(verifierKey);
  const x = Buffer.from(publicKey).toString('base64url');
  const key: KeyObject = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return { name, keyId, verify: (message, signature) => verify(null, message, key, signature) };
}
