/** Signature checks with OpenSSL where it has them: for whole messages, and for digests under P-256. */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { KeyType, PublicKey } from '../../entry/keys/public-key.ts';
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
 * a key costs as much as a verification.
 */
const keyObjects = new WeakMap<PublicKey, KeyObject>();

function keyObject(key: PublicKey): KeyObject {
  let object = keyObjects.get(key);
  if (object === undefined) {
    object = importKey(key);
    keyObjects.set(key, object);
  }
  return object;
}

const CURVES: Readonly<Partial<Record<KeyType, string>>> = {
  'ecdsa-p256': 'P-256',
  'ecdsa-p384': 'P-384',
  'ecdsa-p521': 'P-521',
};

/** A point by its coordinates: OpenSSL's way through the DER takes half as long again, and a keyless signature has a new key. */
function importKey({ type, point, spki }: PublicKey): KeyObject {
  const crv = CURVES[type];
  if (crv === undefined || point === undefined) {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  }
  const coordinates = Buffer.from(point.buffer, point.byteOffset + 1, point.length - 1);
  const length = coordinates.length / 2;
  const [x, y] = [coordinates.toString('base64url', 0, length), coordinates.toString('base64url', length)];
  return createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' });
}
