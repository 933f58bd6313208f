/**
 * Sigstore's `TransparencyLogEntry` in ProtoJSON, as Rekor v2 answers with it: every field is there, 64-bit integers
 * are strings, bytes are base64.
 */
import { toBase64 } from '../../core/bytes.ts';
import type { Hash } from '../../core/hash.ts';
import { leafKind } from '../../entry/leaf/leaf-kind.ts';
import type { Receipt } from '../../log/log.ts';
import { noteText } from '../answers.ts';

/**
 * The entry as JSON text, put together from parts that need no escaping but the note. All of it is ASCII. v2 states no
 * time of its own (`integratedTime` is 0), which is a timestamp authority's to say.
 * @param logId the log's, 32 bytes, base64
 */
export function transparencyLogEntry({ inclusionProof, checkpoint }: Receipt, leaf: Uint8Array, logId: string): string {
  const { index, treeSize, rootHash, hashes } = inclusionProof;
  const { kind, version } = leafKind(leaf);
  return (
    `{"logIndex":"${index}","logId":{"keyId":"${logId}"},"kindVersion":{"kind":"${kind}","version":"${version}"},` +
    `"integratedTime":"0","inclusionPromise":null,"inclusionProof":{"logIndex":"${index}","rootHash":"${toBase64(rootHash)}",` +
    `"treeSize":"${treeSize}","hashes":[${hashListText(hashes)}],"checkpoint":{"envelope":${noteText(checkpoint)}}},` +
    `"canonicalizedBody":"${toBase64(leaf)}"}`
  );
}

/** Base64 turns 3 bytes into 4 characters: with a byte after each hash, every hash begins a group. */
const STRIDE = 33;
const STRIDE_TEXT = 44;

/** All hashes of a proof in one native call. Of each text the last character stands for the byte after the hash. */
function hashListText(hashes: readonly Hash[]): string {
  let length = 0;
  for (const hash of hashes) {
    scratch.set(hash, length);
    length += STRIDE;
  }
  const digits = scratch.toString('base64', 0, length);
  let text = '';
  for (let at = 0; at < digits.length; at += STRIDE_TEXT) {
    text += `${at === 0 ? '' : ','}"${digits.slice(at, at + STRIDE_TEXT - 1)}="`;
  }
  return text;
}

/** Room for the longest proof of a tree below 2^53 leaves; the byte after each hash stays 0. */
const scratch = Buffer.alloc(64 * STRIDE);
