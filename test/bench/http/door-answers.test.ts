import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { AnswerChecker } from '../../../bench/http/answers.ts';
import { type Form, type PreparedRequest, prepareRequests, submissionsIn } from '../../../bench/http/submissions.ts';
import { toBase64 } from '../../../src/core/bytes.ts';
import { formatCheckpoint } from '../../../src/core/checkpoint.ts';
import { ed25519PublicKey } from '../../../src/core/ed25519.ts';
import { leafHash, nodeHash } from '../../../src/core/hash.ts';
import { ed25519NoteSigner, formatVerifierKey, NOTE_ED25519, signNote } from '../../../src/core/note.ts';
import { prepareRekorV1Request } from '../../../src/entry/rekor/rekor-v1-request.ts';
import { prepareRekorV2Request } from '../../../src/entry/rekor/rekor-v2-request.ts';
import type { PreparedEntry } from '../../../src/entry/submission/prepared-entry.ts';
import { RekorV1Door } from '../../../src/http/rekor/rekor-v1-door.ts';
import { transparencyLogEntry } from '../../../src/http/rekor/rekor-v2-answer.ts';
import type { Log, Receipt } from '../../../src/log/log.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';
import { RekorV1Signer } from '../../../src/log/rekor-v1-signer.ts';

const ORIGIN = 'log.example.com';
const seed = new Uint8Array(32).fill(7);
const verifierKey = formatVerifierKey(ORIGIN, NOTE_ED25519, ed25519PublicKey(seed));
const rekorV1 = new RekorV1Signer(ORIGIN, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const target = { url: '', verifierKey, rekorV1Key: rekorV1.identity.publicKey };
const sibling = leafHash(Uint8Array.of(1));

function receiptOf({ leaf, leafHash }: PreparedEntry): Receipt {
  const root = nodeHash(leafHash, sibling);
  const inclusionProof = { index: 0, treeSize: 2, rootHash: root, hashes: [sibling] };
  const note = formatCheckpoint({ origin: ORIGIN, size: 2, root, extensions: [] });
  const checkpoint = signNote(note, [ed25519NoteSigner(ORIGIN, seed)]);
  return {
    index: 0,
    leaf,
    leafHash,
    duplicate: false,
    inclusionProof,
    checkpoint,
    time: 1_700_000_000,
    payload: 'absent',
  };
}

async function answerOf(form: Form, submission: unknown): Promise<string> {
  if (form.startsWith('v1')) {
    const receipt = receiptOf(prepareRekorV1Request(submission, nativeChecks));
    return (await new RekorV1Door({ rekorV1 } as Log).answer(receipt)).text;
  }
  const entry = prepareRekorV2Request(submission, nativeChecks);
  return transparencyLogEntry(receiptOf(entry), entry.leaf, toBase64(new Uint8Array(32)));
}

async function checked(form: Form, change: (answer: string) => string): Promise<AnswerChecker> {
  const [request] = prepareRequests(form, 1, 'localhost') as [PreparedRequest];
  const answer = await answerOf(form, submissionsIn(form, request)[0]);
  const checker = new AnswerChecker(form, target);
  checker.check(request, { status: 201, body: Buffer.from(change(answer)) });
  return checker;
}

const FORMS: Form[] = ['v2-hashedrekord', 'v2-dsse-certificate', 'v1-hashedrekord', 'v1-dsse-certificate', 'v1-intoto'];

it.each(FORMS)('counts an answer to %s that holds', async (form) => {
  expect(await checked(form, (answer) => answer)).toMatchObject({ verified: 1, faults: {}, refused: {} });
});

const root = /"rootHash":"(.)/;
const flipped = (text: string, place: RegExp) =>
  text.replace(place, (found) => found.slice(0, -1) + (found.endsWith('0') ? '1' : '0'));

it.each<[string, Form, RegExp]>([
  ['another root', 'v2-hashedrekord', root],
  ['another index', 'v2-hashedrekord', /"logIndex":"./],
  ['another leaf', 'v2-hashedrekord', /"canonicalizedBody":"./],
  ['another checkpoint', 'v2-hashedrekord', /"envelope":"log\.example\.co./],
  ['another root', 'v1-hashedrekord', root],
  ['another index', 'v1-hashedrekord', /"logIndex":./],
  ['another leaf', 'v1-hashedrekord', /"body":"./],
  ['another time', 'v1-hashedrekord', /"integratedTime":../],
  ['the id of another log', 'v1-hashedrekord', /"logID":"./],
  ['the UUID of another', 'v1-hashedrekord', /^\{"[0-9a-f]{80}/],
  ['another checkpoint', 'v1-hashedrekord', /"checkpoint":"log\.example\.com - ./],
])('counts %s in an answer to %s as a fault', async (_, form, place) => {
  const { verified, faults } = await checked(form, (answer) => flipped(answer, place));
  expect(verified).toBe(0);
  expect(Object.values(faults)).toEqual([1]);
});

it('counts a refusal by the code and the reason that a door gives', () => {
  const [request] = prepareRequests('v2-dsse', 1, 'localhost') as [PreparedRequest];
  const checker = new AnswerChecker('v2-dsse', target);
  const refusal = { code: 3, message: 'the signature does not verify', details: [] };
  checker.check(request, { status: 400, body: Buffer.from(JSON.stringify(refusal)) });
  expect(checker.refused).toEqual({ '3: the signature does not verify': 1 });
});
