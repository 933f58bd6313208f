/** The signature schemes that the log accepts, named as Sigstore's `PublicKeyDetails` names them. */
import { sha256, sha384, sha512 } from '../../core/hash.ts';
import type { PublicKey } from './public-key.ts';

export type HashAlgorithm = 'SHA2_256' | 'SHA2_384' | 'SHA2_512';

export type KeyDetails =
  | 'PKIX_ECDSA_P256_SHA_256'
  | 'PKIX_ECDSA_P384_SHA_384'
  | 'PKIX_ECDSA_P521_SHA_512'
  | 'PKIX_ECDSA_P384_SHA_256'
  | 'PKIX_ECDSA_P521_SHA_256'
  | 'PKIX_RSA_PKCS1V15_2048_SHA256'
  | 'PKIX_RSA_PKCS1V15_3072_SHA256'
  | 'PKIX_RSA_PKCS1V15_4096_SHA256'
  | 'PKIX_RSA_PSS_2048_SHA256'
  | 'PKIX_RSA_PSS_3072_SHA256'
  | 'PKIX_RSA_PSS_4096_SHA256'
  | 'PKIX_ED25519'
  | 'PKIX_ED25519_PH';

/** One key type with exactly its own hash and padding. */
export interface SignatureScheme {
  readonly keyDetails: KeyDetails;
  readonly algorithm: 'ecdsa' | 'rsa-pkcs1v15' | 'rsa-pss' | 'ed25519' | 'ed25519ph';
  /** What the message is hashed with before signing; for pure Ed25519 the hash within the algorithm (RFC 8032 §5.1). */
  readonly hash: HashAlgorithm;
}

const scheme = (
  keyDetails: KeyDetails,
  algorithm: SignatureScheme['algorithm'],
  hash: HashAlgorithm,
): SignatureScheme => Object.freeze({ keyDetails, algorithm, hash });

const ECDSA = {
  'ecdsa-p256': [scheme('PKIX_ECDSA_P256_SHA_256', 'ecdsa', 'SHA2_256')],
  'ecdsa-p384': [scheme('PKIX_ECDSA_P384_SHA_384', 'ecdsa', 'SHA2_384')],
  'ecdsa-p521': [scheme('PKIX_ECDSA_P521_SHA_512', 'ecdsa', 'SHA2_512')],
} as const;

const ED25519 = [
  scheme('PKIX_ED25519', 'ed25519', 'SHA2_512'),
  scheme('PKIX_ED25519_PH', 'ed25519ph', 'SHA2_512'),
] as const;

const RSA = Object.fromEntries(
  ([2048, 3072, 4096] as const).map((bits) => [
    bits,
    [
      scheme(`PKIX_RSA_PKCS1V15_${bits}_SHA256`, 'rsa-pkcs1v15', 'SHA2_256'),
      scheme(`PKIX_RSA_PSS_${bits}_SHA256`, 'rsa-pss', 'SHA2_256'),
    ],
  ]),
) as unknown as Record<2048 | 3072 | 4096, readonly SignatureScheme[]>;

/** The schemes that a key may sign with, in the order in which they are tried (RSA: PKCS#1 v1.5, then PSS). */
export function schemesOf(key: PublicKey): readonly SignatureScheme[] {
  if (key.type === 'rsa') return RSA[key.bits!];
  return key.type === 'ed25519' ? ED25519 : ECDSA[key.type];
}

/**
 * Schemes that nobody should sign with any more, but that widely used clients did: SHA-256 under a larger curve, which
 * Sigstore has deprecated names for. They are accepted in envelopes and bundles only, so that what was signed can be
 * logged; a new signature over a digest uses the key's own hash.
 */
export function legacySchemesOf(key: PublicKey): readonly SignatureScheme[] {
  return LEGACY[key.type] ?? [];
}

const LEGACY: Readonly<Partial<Record<PublicKey['type'], readonly SignatureScheme[]>>> = {
  'ecdsa-p384': [scheme('PKIX_ECDSA_P384_SHA_256', 'ecdsa', 'SHA2_256')],
  'ecdsa-p521': [scheme('PKIX_ECDSA_P521_SHA_256', 'ecdsa', 'SHA2_256')],
};

/** The scheme that `keyDetails` names, if it is one of this key's; undefined where the declared type is another. */
export function schemeNamed(key: PublicKey, keyDetails: string): SignatureScheme | undefined {
  return [...schemesOf(key), ...legacySchemesOf(key)].find((candidate) => candidate.keyDetails === keyDetails);
}

/** The one hash of all schemes of a key. */
export function hashOf(key: PublicKey): HashAlgorithm {
  return schemesOf(key)[0]!.hash;
}

const HASHES = { SHA2_256: sha256, SHA2_384: sha384, SHA2_512: sha512 } as const;

/** Digest length in bytes. */
export const DIGEST_LENGTH: Readonly<Record<HashAlgorithm, number>> = { SHA2_256: 32, SHA2_384: 48, SHA2_512: 64 };

/** As digest sets and look-up terms name it. */
export const DIGEST_NAME = { SHA2_256: 'sha256', SHA2_384: 'sha384', SHA2_512: 'sha512' } as const;

/** The algorithm that digest sets call so. */
export function hashNamed(name: string): HashAlgorithm | undefined {
  return (Object.keys(DIGEST_NAME) as HashAlgorithm[]).find((algorithm) => DIGEST_NAME[algorithm] === name);
}

/** Digest of a message. */
export function digestOf(algorithm: HashAlgorithm, message: Uint8Array): Uint8Array {
  return HASHES[algorithm](message);
}
