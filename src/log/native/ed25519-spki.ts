/** SubjectPublicKeyInfo of an Ed25519 key: a fixed prefix and the 32 key bytes (RFC 8410 §4). */

const PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** DER, 44 bytes. */
export function ed25519Spki(publicKey: Uint8Array): Buffer {
  return Buffer.concat([PREFIX, publicKey]);
}
