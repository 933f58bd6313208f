/** Whom a signature is checked against: a bare public key, or the key of a certificate. */
import { LogError } from '../../core/errors.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import {
  DIGEST_LENGTH,
  DIGEST_NAME,
  hashOf,
  legacySchemesOf,
  type SignatureScheme,
  schemesOf,
} from '../keys/signature-scheme.ts';
import { type Certificate, certificateKey } from '../x509/certificate.ts';

export interface Verifier {
  readonly key: PublicKey;
  /** The certificate that the key came in, if it did; the leaf then carries it whole. */
  readonly certificate: Certificate | undefined;
}

/** A signature as every leaf has it. The Rekor v1 kinds do not say which of a key's schemes it is of. */
export interface LeafSignature {
  readonly signature: Uint8Array;
  readonly verifier: Verifier;
}

/** A signature that has been checked, with what it was checked against. */
export interface VerifiedSignature extends LeafSignature {
  readonly scheme: SignatureScheme;
}

export function keyVerifier(key: PublicKey): Verifier {
  return { key, certificate: undefined };
}

/** Errors as `parsePublicKey`. */
export function certificateVerifier(certificate: Certificate): Verifier {
  return { key: certificateKey(certificate), certificate };
}

/** Longest signature that any accepted scheme makes is 512 bytes (RSA-4096). */
const MAX_SIGNATURE_LENGTH = 1024;

/**
 * Checks a signature over a message, legacy schemes included.
 * @throws LogError signature_invalid, one code for all reasons
 */
export function verifySignedMessage(
  verifier: Verifier,
  message: Uint8Array,
  signature: Uint8Array,
  checks: SignatureChecks,
): VerifiedSignature {
  const { key } = verifier;
  return verified(verifier, signature, [...schemesOf(key), ...legacySchemesOf(key)], (scheme) =>
    checks.verifyMessage(key, scheme, message, signature),
  );
}

/**
 * Checks a signature over a ready digest of the key's own hash, or of a legacy one where that is allowed.
 * @throws LogError signature_invalid; unsupported_key for pure Ed25519, whose signatures need the message
 */
export function verifySignedDigest(
  verifier: Verifier,
  digest: Uint8Array,
  signature: Uint8Array,
  checks: SignatureChecks,
  { legacy = false } = {},
): VerifiedSignature {
  const { key } = verifier;
  const schemes = [...schemesOf(key), ...(legacy ? legacySchemesOf(key) : [])].filter(
    ({ algorithm, hash }) => algorithm !== 'ed25519' && DIGEST_LENGTH[hash] === digest.length,
  );
  if (schemes.length === 0) {
    throw key.type === 'ed25519'
      ? new LogError(
          'unsupported_key',
          'a pure Ed25519 signature cannot be checked from a digest; sign a DSSE envelope, or sign the SHA-512 with Ed25519ph',
        )
      : new LogError('signature_invalid', `the digest must be of the key's own hash, ${DIGEST_NAME[hashOf(key)]}`);
  }
  return verified(verifier, signature, schemes, (scheme) => checks.verifyDigest(key, scheme, digest, signature));
}

/** A verifier with the one scheme that its sender names. */
export interface SchemeVerifier extends Verifier {
  readonly scheme: SignatureScheme;
}

/**
 * Finds whose signature over a message it is, among those who may have made it.
 * @throws LogError signature_invalid where it is nobody's
 */
export function matchSignature(
  candidates: readonly SchemeVerifier[],
  message: Uint8Array,
  signature: Uint8Array,
  checks: SignatureChecks,
): VerifiedSignature {
  if (signature.length > 0 && signature.length <= MAX_SIGNATURE_LENGTH) {
    const found = candidates.find(({ key, scheme }) => checks.verifyMessage(key, scheme, message, signature));
    if (found !== undefined) return { signature, verifier: found, scheme: found.scheme };
  }
  throw new LogError('signature_invalid', 'a signature does not verify with any of the keys given');
}

function verified(
  verifier: Verifier,
  signature: Uint8Array,
  schemes: readonly SignatureScheme[],
  check: (scheme: SignatureScheme) => boolean,
): VerifiedSignature {
  if (signature.length > 0 && signature.length <= MAX_SIGNATURE_LENGTH) {
    const scheme = schemes.find(check);
    if (scheme !== undefined) return { signature, verifier, scheme };
  }
  throw new LogError('signature_invalid', 'a signature does not verify with the key given for it');
}
