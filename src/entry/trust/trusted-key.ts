/** Keys of logs in a trusted root, with the scheme that they sign with (protobuf-specs `PublicKeyDetails`). */
import { isLogError } from '../../core/errors.ts';
import { DER_BIT_STRING, DER_SEQUENCE } from '../encoding/der.ts';
import { encodeDer } from '../encoding/der-encoding.ts';
import { type PublicKey, parsePublicKey } from '../keys/public-key.ts';
import { type SignatureScheme, schemeNamed, schemesOf } from '../keys/signature-scheme.ts';

export interface TrustedKey {
  readonly key: PublicKey;
  readonly scheme: SignatureScheme;
}

/**
 * A key of a log, or undefined where it is of a kind that is not known here or is not what `keyDetails` says. That is
 * no reason to refuse the whole root: it may name logs of kinds that are yet to come.
 */
export function readTrustedKey(rawBytes: Uint8Array, keyDetails: string): TrustedKey | undefined {
  try {
    const key = parsePublicKey(keyDetails.startsWith('PKCS1_') ? spkiOfPkcs1(rawBytes) : rawBytes);
    const scheme =
      OLD_RSA_NAMES.includes(keyDetails) && key.type === 'rsa' ? oldRsa(key, keyDetails) : schemeNamed(key, keyDetails);
    return scheme && { key, scheme };
  } catch (error) {
    if (isLogError(error)) return undefined;
    throw error;
  }
}

/** Names without length and hash, deprecated; the hash is SHA-256. */
const OLD_RSA_NAMES = ['PKCS1_RSA_PKCS1V5', 'PKIX_RSA_PKCS1V5', 'PKCS1_RSA_PSS', 'PKIX_RSA_PSS'];

function oldRsa(key: PublicKey, keyDetails: string): SignatureScheme {
  const [pkcs1, pss] = schemesOf(key);
  return keyDetails.endsWith('PSS') ? pss! : pkcs1!;
}

/** SubjectPublicKeyInfo around a bare RSAPublicKey (RFC 8017 A.1.1, RFC 3279 §2.3.1). */
function spkiOfPkcs1(rsaPublicKey: Uint8Array): Uint8Array {
  return encodeDer(DER_SEQUENCE, RSA_ENCRYPTION, encodeDer(DER_BIT_STRING, Uint8Array.of(0), rsaPublicKey));
}

/** AlgorithmIdentifier rsaEncryption with NULL. */
const RSA_ENCRYPTION = Uint8Array.of(0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0);
