/** Checks the answers of the doors for clients of Rekor, as far as those clients would and under the same keys. */
import { createPublicKey } from 'node:crypto';
import {
  type JsonObject,
  readHash,
  readHashes,
  readNumber,
  readObject,
  readString,
  type StatedInclusion,
} from '../../src/client/answer.ts';
import { verifyStatedInclusion } from '../../src/client/receipt.ts';
import { fromBase64, fromHex, toHex } from '../../src/core/bytes.ts';
import { leafHash, sha256 } from '../../src/core/hash.ts';
import { checkLogEntries, readLogEntry } from '../../src/entry/bundle/transparency-log-entry.ts';
import type { LogPromise } from '../../src/entry/leaf/log-promise.ts';
import { prepareRekorV1Request } from '../../src/entry/rekor/rekor-v1-request.ts';
import { prepareRekorV2Request } from '../../src/entry/rekor/rekor-v2-request.ts';
import { openLogCheckpoint } from '../../src/entry/trust/log-checkpoint.ts';
import { readTrustedKey, type TrustedKey } from '../../src/entry/trust/trusted-key.ts';
import { verifyPromise } from '../../src/entry/trust/verify-promise.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { type AnswerCheck, acknowledgedLeaf, headsOf, onceEach, SIGNED_HERE } from './answer-checks.ts';
import type { LoadTarget } from './load.ts';

/** Answers of Rekor v2: leaf, proof, and the checkpoint that comes with it. */
export function rekorV2Check(target: LoadTarget): AnswerCheck {
  const open = headsOf(target);
  return (submission, answer) => {
    const [members] = checkLogEntries([readObject(answer, 'the answer')]);
    const { body, logIndex, inclusion } = readLogEntry(members!);
    const leaf = acknowledgedLeaf(prepareRekorV2Request(submission, SIGNED_HERE), leafHash(body));
    if (inclusion?.size === undefined || inclusion.root === undefined)
      throw new Error('the inclusion proof is missing');
    const { index, size: treeSize, root: rootHash, hashes } = inclusion;
    if (index !== logIndex) throw new Error('the proof is for another index');
    verifyStatedInclusion({ index, treeSize, rootHash, hashes: [...hashes] }, leaf, open(inclusion.checkpoint));
    return index;
  };
}

/** Answers of Rekor v1: leaf, name, Signed Entry Timestamp, proof, and the checkpoint that comes with it. */
export function rekorV1Check({ rekorV1Key }: LoadTarget): AnswerCheck {
  if (rekorV1Key === undefined) throw new Error('the log has no key for clients of Rekor v1');
  const { key, logId } = readKey(rekorV1Key);
  const validFor = { start: 0, end: undefined };
  const log = { baseUrl: '', logId, checkpointKeyId: undefined, key, validFor };
  const open = onceEach((note) => openLogCheckpoint(note, log, nativeChecks));
  return (submission, answer) => {
    const [[uuid, value] = [''], ...others] = Object.entries(readObject(answer, 'the answer'));
    if (others.length > 0) throw new Error('the answer holds more than one entry');
    const { entry, proof, checkpoint } = readEntry(readObject(value, 'the entry'));
    const leaf = acknowledgedLeaf(prepareRekorV1Request(submission, SIGNED_HERE), leafHash(entry.body));
    if (!uuid.endsWith(toHex(leaf))) throw new Error('the entry has the UUID of another');
    if (toHex(entry.logId) !== toHex(logId)) throw new Error('the entry names another log');
    verifyPromise(entry, log, nativeChecks);
    if (proof.index !== entry.logIndex) throw new Error('the proof is for another index');
    verifyStatedInclusion(proof, leaf, open(checkpoint));
    return proof.index;
  };
}

function readKey(pem: string): { key: TrustedKey; logId: Uint8Array } {
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const key = readTrustedKey(spki, 'PKIX_ECDSA_P256_SHA_256');
  if (key === undefined) throw new Error('the log has another kind of key for clients of Rekor v1 than expected');
  return { key, logId: sha256(spki) };
}

function readEntry(entry: JsonObject): { entry: LogPromise; proof: StatedInclusion; checkpoint: string } {
  const verification = readObject(entry.verification, 'verification');
  const inclusion = readObject(verification.inclusionProof, 'inclusionProof');
  return {
    entry: {
      logIndex: readNumber(entry, 'logIndex'),
      logId: fromHex(readString(entry, 'logID')),
      body: fromBase64(readString(entry, 'body')),
      integratedTime: readNumber(entry, 'integratedTime'),
      promise: fromBase64(readString(verification, 'signedEntryTimestamp')),
    },
    proof: {
      index: readNumber(inclusion, 'logIndex'),
      treeSize: readNumber(inclusion, 'treeSize'),
      rootHash: readHash(inclusion, 'rootHash'),
      hashes: readHashes(inclusion, 'hashes'),
    },
    checkpoint: readString(inclusion, 'checkpoint'),
  };
}
