/** Signature checks with OpenSSL where it has them: for whole messages, and for digests under P-256. */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { PublicKey } from '../../entry/keys/public-key.ts';
import type { SignatureChecks } from '../../entry/keys/signature-checks.ts';
import { DIGEST_NAME } from '../../entry/keys/signature-scheme.ts';
import { portableChecks } from '../../entry/submission/portable-signatures.ts';
import { verifyP256Digest } from './native-p256-digest.ts';

/** For worker threads of the server. Agrees with `portableChecks` on every input (held by a test). */
export const nativeChecks: SignatureChecks = {
  verifyMessage(key, scheme, message, signature) {
    switch (scheme.algorithm) {
      case 'ecdsa':
      case 'rsa-pkcs1v15':
        return verify(DIGEST_NAME[scheme.hash], message, keyObject(key), signature);
      case 'rsa-pss':
        return verify(
          DIGEST_NAME[scheme.hash],
          message,
          { key: keyObject(key), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
          signature,
        );
      default:
        // Ed25519 keeps to one implementation: verifiers differ on its edge cases, and it is not the common case.
        return portableChecks.verifyMessage(key, scheme, message, signature);
    }
  },
  verifyDigest(key, scheme, digest, signature) {
    const p256 = key.type === 'ecdsa-p256' && scheme.algorithm === 'ecdsa' && scheme.hash === 'SHA2_256';
    const verdict = p256 && digest.length === 32 ? verifyP256Digest(key.point!, digest, signature) : undefined;
    return verdict ?? portableChecks.verifyDigest(key, scheme, digest, signature);
  },
};

/**
 * Keys of build systems repeat, and parsed keys are cached by their bytes, so the same object comes again. Importing
 * a key costs about a third of a verification.
 */
const keyObjects = new WeakMap<PublicKey, KeyObject>();

function keyObject(key: PublicKey): KeyObject {
  let object = keyObjects.get(key);
  if (object === undefined) {
    object = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
    keyObjects.set(key, object);
  }
  return object;
}
