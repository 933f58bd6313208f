/** Signature checks in portable code: correct everywhere, about thirty times slower than native code. */
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { verifyEd25519 } from '../../core/ed25519.ts';
import { verifyEd25519ph } from '../keys/ed25519ph.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { verifyRsaPkcs1, verifyRsaPss } from '../keys/rsa.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { DIGEST_LENGTH, digestOf, type SignatureScheme } from '../keys/signature-scheme.ts';

/** The signature checks of browsers and of the client. */
export const portableChecks: SignatureChecks = {
  verifyMessage(key, scheme, message, signature) {
    if (scheme.algorithm === 'ed25519') return verifyEd25519(key.point!, message, signature);
    return verifyDigest(key, scheme, digestOf(scheme.hash, message), signature);
  },
  verifyDigest,
};

const CURVES = { 'ecdsa-p256': p256, 'ecdsa-p384': p384, 'ecdsa-p521': p521 } as const;

function verifyDigest(key: PublicKey, scheme: SignatureScheme, digest: Uint8Array, signature: Uint8Array): boolean {
  if (digest.length !== DIGEST_LENGTH[scheme.hash]) return false;
  switch (scheme.algorithm) {
    case 'ecdsa':
      return verifyEcdsa(key, digest, signature);
    case 'rsa-pkcs1v15':
      return verifyRsaPkcs1(key, scheme.hash, digest, signature);
    case 'rsa-pss':
      return verifyRsaPss(key, scheme.hash, digest, signature);
    case 'ed25519ph':
      return verifyEd25519ph(key.point!, digest, signature);
    case 'ed25519':
      return false;
  }
}

function verifyEcdsa(key: PublicKey, digest: Uint8Array, signature: Uint8Array): boolean {
  const curve = CURVES[key.type as keyof typeof CURVES];
  try {
    return curve.verify(signature, digest, key.point!, { prehash: false, lowS: false, format: 'der' });
  } catch {
    return false; // not the DER of two integers in range
  }
}
