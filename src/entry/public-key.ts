/** Public keys that may sign entries. */

export type KeyType = 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'ed25519' | 'rsa';

/** A key that has been read strictly; its parts are known to be well-formed and acceptable. */
export interface PublicKey {
  /** The canonical SubjectPublicKeyInfo, DER (RFC 5280 §4.1.2.7). */
  readonly spki: Uint8Array;
  readonly type: KeyType;
  /** RSA: length of the modulus in bits: 2048, 3072 or 4096. */
  readonly bits?: 2048 | 3072 | 4096;
  /** ECDSA: the uncompressed point, 0x04 ‖ x ‖ y. Ed25519: the 32-byte encoding. */
  readonly point?: Uint8Array;
  /** RSA: big-endian without leading zeros. */
  readonly modulus?: Uint8Array;
  readonly exponent?: number;
}
