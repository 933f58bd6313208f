/**
 * What a client of Rekor v2 knows: how to ask for an entry, what its leaf must be, and how its answer is checked. Shares
 * no code with src: the leaf is written down as the protocol says, the proof is followed as RFC 9162 §2.1.3.2 says.
 */
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';

export interface HashedRekordRequest {
  hashedRekordRequestV002: {
    digest: string;
    signature: {
      content: string;
      verifier: { keyDetails: string; publicKey?: { rawBytes: string }; x509Certificate?: { rawBytes: string } };
    };
  };
}

export interface LogEntry {
  logIndex: string;
  logId: { keyId: string };
  kindVersion: { kind: string; version: string };
  integratedTime: string;
  inclusionPromise: null;
  inclusionProof: {
    logIndex: string;
    rootHash: string;
    treeSize: string;
    hashes: string[];
    checkpoint: { envelope: string };
  };
  canonicalizedBody: string;
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rawBytes = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

/** A request unlike every other. */
export function hashedRekordRequest(): HashedRekordRequest {
  const artifact = randomBytes(32);
  return {
    hashedRekordRequestV002: {
      digest: createHash('sha256').update(artifact).digest('base64'),
      signature: {
        content: sign('sha256', artifact, privateKey).toString('base64'),
        verifier: { publicKey: { rawBytes }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
      },
    },
  };
}

const HASHES: Record<string, string> = {
  PKIX_ECDSA_P256_SHA_256: 'SHA2_256',
  PKIX_ECDSA_P384_SHA_384: 'SHA2_384',
  PKIX_ECDSA_P521_SHA_512: 'SHA2_512',
};

/** Standard padded base64 of the same bytes. */
const standard = (text: string) => Buffer.from(text, 'base64').toString('base64');

/** The leaf of a hashedrekord request, character by character. */
export function expectedLeaf({ hashedRekordRequestV002: { digest, signature } }: HashedRekordRequest): string {
  const { keyDetails, publicKey, x509Certificate } = signature.verifier;
  const [name, raw] = x509Certificate === undefined ? ['publicKey', publicKey!] : ['x509Certificate', x509Certificate];
  return (
    `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"${HASHES[keyDetails]}",` +
    `"digest":"${standard(digest)}"},"signature":{"content":"${standard(signature.content)}","verifier":{` +
    `"keyDetails":"${keyDetails}","${name}":{"rawBytes":"${standard(raw.rawBytes)}"}}}}}}`
  );
}

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** The hash that a leaf has in the tree. */
export const leafHashOf = (leaf: Uint8Array) => sha256(Uint8Array.of(0), leaf);

/** The root that a proof leads to. @throws Error where the proof has another length than index and size ask for */
function rootOf(index: bigint, size: bigint, leaf: Uint8Array, proof: readonly Uint8Array[]): Buffer {
  let [fn, sn, root] = [index, size - 1n, leafHashOf(leaf)];
  for (const hash of proof) {
    if (sn === 0n) throw new Error('the proof is too long');
    if (fn % 2n === 1n || fn === sn) {
      root = sha256(Uint8Array.of(1), hash, root);
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn / 2n, sn / 2n];
    } else root = sha256(Uint8Array.of(1), root, hash);
    [fn, sn] = [fn / 2n, sn / 2n];
  }
  if (sn !== 0n) throw new Error('the proof is too short');
  return root;
}

/** A log as its trusted root names it: its note key is the last 32 bytes of a C2SP verifier key. */
export interface TrustedLog {
  origin: string;
  verifierKey: string;
}

/** Everything that a verifier asks of an answer. @throws Error with what is wrong */
export function checkLogEntry(entry: LogEntry, { origin, verifierKey }: TrustedLog): void {
  const { logIndex, inclusionProof, canonicalizedBody, integratedTime, inclusionPromise, logId } = entry;
  const { treeSize, rootHash, hashes, checkpoint } = inclusionProof;
  const wrong = (what: string): never => {
    throw new Error(`${what} is wrong in the entry of index ${logIndex}`);
  };
  if (inclusionProof.logIndex !== logIndex) wrong('the index of the proof');
  if (integratedTime !== '0' || inclusionPromise !== null) wrong('what v2 leaves empty');

  const leaf = Buffer.from(canonicalizedBody, 'base64');
  const proof = hashes.map((hash) => Buffer.from(hash, 'base64'));
  const root = rootOf(BigInt(logIndex), BigInt(treeSize), leaf, proof);
  if (root.toString('base64') !== rootHash) wrong('the proof');

  const [text, signatures] = checkpoint.envelope.split('\n\n') as [string, string];
  if (text !== `${origin}\n${treeSize}\n${rootHash}`) wrong('the checkpoint');
  const key = Buffer.from(/^[^+]+\+[0-9a-f]{8}\+(.+)$/.exec(verifierKey)![1]!, 'base64');
  const id = sha256(Buffer.from(`${origin}\n`), key);
  if (id.toString('base64') !== logId.keyId) wrong('the log id');
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(1)]);
  const verified = signatures.split('\n').some((line) => {
    const signature = Buffer.from(line.split(' ').at(-1)!, 'base64');
    if (!signature.subarray(0, 4).equals(id.subarray(0, 4))) return false;
    const signed = Buffer.from(`${text}\n`);
    return verify(null, signed, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature.subarray(4));
  });
  if (!verified) wrong('the signature of the checkpoint');
}
