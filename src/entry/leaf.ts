/** Leaves: the canonical JSON of a Rekor v2 entry, built from checked parts and read back from stored bytes. */
import { decodeUtf8, fromBase64, utf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { dsseLeafJson } from './dsse-leaf.ts';
import { hashedRekordJson } from './hashed-rekord.ts';
import { readSignatureJson } from './leaf-verifier.ts';
import { isObject, type Members } from './members.ts';
import { DIGEST_LENGTH, type HashAlgorithm } from './signature-scheme.ts';
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
    };

/**
 * Canonical bytes of a leaf.
 * @throws LogError limit_exceeded above 65,535 bytes
 */
export function encodeLeaf(leaf: LeafContent): Uint8Array {
  const bytes = utf8(
    leaf.kind === 'hashedrekord'
      ? hashedRekordJson(leaf.digest, leaf.signatures[0])
      : dsseLeafJson(leaf.payloadHash, leaf.signatures),
  );
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
    const again =
      leaf.kind === 'hashedrekord'
        ? hashedRekordJson(leaf.digest, leaf.signatures[0])
        : dsseLeafJson(leaf.payloadHash, leaf.signatures);
    if (bytes.length <= MAX_LEAF_LENGTH && again === text) return leaf;
  } catch {
    // What exactly is wrong does not matter: no leaf of this log reads otherwise.
  }
  throw new LogError('malformed_leaf', 'the leaf is not the canonical JSON of a known entry');
}

function readLeaf(value: unknown): LeafContent {
  const entry = object(value);
  const spec = object(entry.spec);
  if (entry.kind === 'hashedrekord') {
    const rekord = object(spec.hashedRekordV002);
    const data = object(rekord.data);
    const signature = readSignatureJson(rekord.signature);
    const digest = fromBase64(data.digest as string);
    const { algorithm, hash } = signature.scheme;
    if (algorithm === 'ed25519' || digest.length !== DIGEST_LENGTH[hash])
      throw new TypeError('not a digest of this key');
    return { kind: 'hashedrekord', version: '0.0.2', algorithm: hash, digest, signatures: [signature] };
  }
  const dsse = object(spec.dsseV002);
  const payloadHash = fromBase64(object(dsse.payloadHash).digest as string);
  const signatures = (dsse.signatures as unknown[]).map(readSignatureJson);
  if (entry.kind !== 'dsse' || payloadHash.length !== 32 || signatures.length === 0)
    throw new TypeError('not a dsse leaf');
  return { kind: 'dsse', version: '0.0.2', payloadHash, signatures };
}

function object(value: unknown): Members {
  if (!isObject(value)) throw new TypeError('not an object');
  return value;
}
