/** Leaves: the canonical JSON of a Rekor entry, built from checked parts and read back from stored bytes. */
import { decodeUtf8, fromBase64, utf8 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { DIGEST_LENGTH, type HashAlgorithm } from '../keys/signature-scheme.ts';
import { dsseLeafJson } from './dsse-leaf.ts';
import { type DsseLeafV1, dsseLeafV1Json, readDsseLeafV1 } from './dsse-leaf-v1.ts';
import { hashedRekordJson } from './hashed-rekord.ts';
import { type HashedRekordV1, hashedRekordV1Json, readHashedRekordV1 } from './hashed-rekord-v1.ts';
import { type IntotoLeaf, intotoLeafJson, readIntotoLeaf } from './intoto-leaf.ts';
import { leafObject } from './leaf-members.ts';
import { readSignatureJson } from './leaf-verifier.ts';
import type { VerifiedSignature } from './verifier.ts';

/** Longest leaf, bytes: entry bundles state its length in 16 bits (C2SP tlog-tiles, "Log entries"). */
const MAX_LEAF_LENGTH = 65_535;

/** What a leaf says. That its signatures verify was checked when it was logged; reading does not check them again. */
export type LeafContent =
  | {
      readonly kind: 'hashedrekord';
      readonly version: '0.0.2';
      readonly algorithm: HashAlgorithm;
      /** Digest that was signed: an artifact's, or that of an envelope's PAE. */
      readonly digest: Uint8Array;
      readonly signatures: readonly [VerifiedSignature];
    }
  | {
      readonly kind: 'dsse';
      readonly version: '0.0.2';
      /** SHA-256 of the payload, 32 bytes. */
      readonly payloadHash: Uint8Array;
      /** In the leaf's order: by raw signature bytes. */
      readonly signatures: readonly VerifiedSignature[];
    }
  | HashedRekordV1
  | DsseLeafV1
  | IntotoLeaf;

/**
 * Canonical bytes of a leaf.
 * @throws LogError limit_exceeded above 65,535 bytes
 */
export function encodeLeaf(leaf: LeafContent): Uint8Array {
  const bytes = utf8(leafJson(leaf));
  if (bytes.length > MAX_LEAF_LENGTH) {
    throw new LogError(
      'limit_exceeded',
      `the leaf would be longer than ${MAX_LEAF_LENGTH} bytes; send fewer or smaller certificates`,
    );
  }
  return bytes;
}

/**
 * Reads a leaf back. What is read is encoded again and must be the same bytes, so nothing in them goes unread.
 * @throws LogError malformed_leaf
 */
export function parseLeaf(bytes: Uint8Array): LeafContent {
  try {
    const text = decodeUtf8(bytes) ?? '';
    const leaf = readLeaf(JSON.parse(text));
    if (bytes.length <= MAX_LEAF_LENGTH && leafJson(leaf) === text) return leaf;
  } catch {
    // What exactly is wrong does not matter: no leaf of this log reads otherwise.
  }
  throw new LogError('malformed_leaf', 'the leaf is not the canonical JSON of a known entry');
}

function leafJson(leaf: LeafContent): string {
  if (leaf.kind === 'intoto') return intotoLeafJson(leaf);
  if (leaf.kind === 'dsse') {
    return leaf.version === '0.0.1' ? dsseLeafV1Json(leaf) : dsseLeafJson(leaf.payloadHash, leaf.signatures);
  }
  return leaf.version === '0.0.1' ? hashedRekordV1Json(leaf) : hashedRekordJson(leaf.digest, leaf.signatures[0]);
}

function readLeaf(value: unknown): LeafContent {
  const entry = leafObject(value);
  const spec = leafObject(entry.spec);
  if (entry.kind === 'intoto') return readIntotoLeaf(spec);
  if (entry.apiVersion === '0.0.1') {
    return entry.kind === 'hashedrekord' ? readHashedRekordV1(spec) : readDsseLeafV1(spec);
  }
  if (entry.kind === 'hashedrekord') {
    const rekord = leafObject(spec.hashedRekordV002);
    const data = leafObject(rekord.data);
    const signature = readSignatureJson(rekord.signature);
    const digest = fromBase64(data.digest as string);
    const { algorithm, hash } = signature.scheme;
    if (algorithm === 'ed25519' || digest.length !== DIGEST_LENGTH[hash])
      throw new TypeError('not a digest of this key');
    return { kind: 'hashedrekord', version: '0.0.2', algorithm: hash, digest, signatures: [signature] };
  }
  const dsse = leafObject(spec.dsseV002);
  const payloadHash = fromBase64(leafObject(dsse.payloadHash).digest as string);
  const signatures = (dsse.signatures as unknown[]).map(readSignatureJson);
  if (entry.kind !== 'dsse' || payloadHash.length !== 32 || signatures.length === 0)
    throw new TypeError('not a dsse leaf');
  return { kind: 'dsse', version: '0.0.2', payloadHash, signatures };
}
