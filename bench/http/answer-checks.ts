/**
 * Checks the answer to one submission: the leaf is that of what was sent, and its proof leads to a checkpoint that the
 * log signed.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readReceipt } from '../../src/client/answer.ts';
import { verifyStatedInclusion } from '../../src/client/receipt.ts';
import { equalBytes } from '../../src/core/bytes.ts';
import { openCheckpoint } from '../../src/core/checkpoint.ts';
import type { Hash } from '../../src/core/hash.ts';
import { type NoteVerifier, parseVerifierKey } from '../../src/core/note.ts';
import type { SignatureChecks } from '../../src/entry/keys/signature-checks.ts';
import type { PreparedEntry } from '../../src/entry/submission/prepared-entry.ts';
import { prepareSubmission } from '../../src/entry/submission/submission.ts';
import type { LoadTarget } from './load.ts';

/** @returns the entry's index. @throws Error with what is wrong */
export type AnswerCheck = (submission: unknown, answer: unknown) => number;

/** Opens a signed note. @throws Error where it does not verify */
export type OpenHead = (note: string) => { size: number; root: Hash };

/** The server checks the signatures; here only the leaf that a submission becomes is wanted. */
export const SIGNED_HERE: SignatureChecks = { verifyMessage: () => true, verifyDigest: () => true };

/** Answers of the native routes. */
export function nativeCheck(target: LoadTarget): AnswerCheck {
  const open = headsOf(target);
  return (submission, answer) => {
    const receipt = readReceipt(answer);
    const { index, inclusionProof, checkpoint } = receipt;
    const leafHash = acknowledgedLeaf(prepareSubmission(submission, SIGNED_HERE), receipt.leafHash);
    if (inclusionProof.index !== index) throw new Error('the proof is for another index');
    verifyStatedInclusion(inclusionProof, leafHash, open(checkpoint));
    return index;
  };
}

/** Answers that are an index, and prove nothing. */
export function indexCheck(): AnswerCheck {
  return (_, answer) => {
    if (!Number.isSafeInteger(answer)) throw new Error('the answer is no index');
    return answer as number;
  };
}

/** @throws Error where what was acknowledged is not what was sent */
export function acknowledgedLeaf(sent: PreparedEntry, acknowledged: Hash): Hash {
  if (!equalBytes(sent.leafHash, acknowledged)) throw new Error('another leaf was acknowledged');
  return sent.leafHash;
}

/** Opens checkpoints under the log's checkpoint key. */
export function headsOf({ verifierKey }: LoadTarget): OpenHead {
  const verifier = nativeVerifier(verifierKey);
  return onceEach((note) => openCheckpoint(note, verifier));
}

/** Each commit's checkpoint answers many submissions and is opened once. */
export function onceEach(open: OpenHead): OpenHead {
  const heads = new Map<string, ReturnType<OpenHead>>();
  return (note) => {
    let head = heads.get(note);
    if (head === undefined) {
      head = open(note);
      heads.set(note, head);
    }
    return head;
  };
}

/** Ed25519 by OpenSSL: thousands of checkpoints are opened, and portable code takes milliseconds for each. */
function nativeVerifier(verifierKey: string): NoteVerifier {
  const { name, keyId, publicKey } = parseVerifierKey(verifierKey);
  const x = Buffer.from(publicKey).toString('base64url');
  const key: KeyObject = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return { name, keyId, verify: (message, signature) => verify(null, message, key, signature) };
}
