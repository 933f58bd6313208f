/** Port: how signatures are checked where this code runs (native code on the server, portable code in a browser). */
import type { PublicKey } from './public-key.ts';
import type { SignatureScheme } from './signature-scheme.ts';

/**
 * Checks one signature under one scheme. Implementations never throw for a bad signature and agree on every input:
 * ECDSA signatures are strict DER and may have a high s; RSA signatures are as long as the modulus, PSS uses the same
 * hash for MGF1 and a salt of any length; Ed25519 follows `core/ed25519.ts`. The hash is `scheme.hash`.
 */
export interface SignatureChecks {
  /** Checks a signature over a message; hashes the message itself, as the scheme says. */
  verifyMessage(key: PublicKey, scheme: SignatureScheme, message: Uint8Array, signature: Uint8Array): boolean;
  /** Checks a signature over a ready digest of the scheme's hash. Always false for pure Ed25519, which has none. */
  verifyDigest(key: PublicKey, scheme: SignatureScheme, digest: Uint8Array, signature: Uint8Array): boolean;
}
