import { expect, it } from 'vitest';
import { AnswerChecker } from '../../../bench/http/answers.ts';
import { type PreparedRequest, prepareRequests, submissionsIn } from '../../../bench/http/submissions.ts';
import { toHex } from '../../../src/core/bytes.ts';
import { formatCheckpoint } from '../../../src/core/checkpoint.ts';
import { ed25519PublicKey } from '../../../src/core/ed25519.ts';
import { leafHash, nodeHash } from '../../../src/core/hash.ts';
import { ed25519NoteSigner, formatVerifierKey, NOTE_ED25519, signNote } from '../../../src/core/note.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';

const ORIGIN = 'log.example.com';
const seed = new Uint8Array(32).fill(7);
const verifierKey = formatVerifierKey(ORIGIN, NOTE_ED25519, ed25519PublicKey(seed));

const [request] = prepareRequests('dsse', 1, 'localhost') as [PreparedRequest];
/** That the portable checks pass shows the signature to be good. */
const leaf = prepareSubmission(submissionsIn('dsse', request)[0], portableChecks).leafHash;
const sibling = leafHash(Uint8Array.of(1));
const root = nodeHash(leaf, sibling);

function checked(change: (receipt: Record<string, unknown>) => unknown): AnswerChecker {
  const receipt = {
    index: 0,
    leafHash: toHex(leaf),
    duplicate: false,
    inclusionProof: { index: 0, treeSize: 2, rootHash: toHex(root), hashes: [toHex(sibling)] },
    checkpoint: signNote(formatCheckpoint({ origin: ORIGIN, size: 2, root, extensions: [] }), [
      ed25519NoteSigner(ORIGIN, seed),
    ]),
    payload: 'stored',
  };
  const checker = new AnswerChecker('dsse', { url: '', verifierKey });
  checker.check(request, { status: 201, body: Buffer.from(JSON.stringify(change(receipt))) });
  return checker;
}

it('counts an answer whose proof leads from what was sent to a signed checkpoint', () => {
  expect(checked((receipt) => receipt)).toMatchObject({ verified: 1, faults: {}, refused: {} });
});

it.each([
  ['of another leaf', { leafHash: toHex(sibling) }],
  ['of another index', { index: 1 }],
  ['with a changed hash', { inclusionProof: { index: 0, treeSize: 2, rootHash: toHex(root), hashes: [toHex(root)] } }],
  ['under a checkpoint that nobody signed', { checkpoint: 'log.example.com\n2\n' }],
])('counts an answer %s as a fault', (_, change) => {
  const { verified, faults } = checked((receipt) => ({ ...receipt, ...change }));
  expect(verified).toBe(0);
  expect(Object.values(faults)).toEqual([1]);
});

it('counts a refusal by its code, and the reason where one is given', () => {
  expect(checked(() => ({ code: 'pool_full', status: 503 })).refused).toEqual({ pool_full: 1 });
  const item = { error: { code: 'malformed_request', detail: 'it ended early', status: 400 } };
  expect(checked(() => item).refused).toEqual({ 'malformed_request: it ended early': 1 });
});
