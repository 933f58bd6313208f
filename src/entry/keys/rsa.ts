/** RSA signature verification from a digest (RFC 8017), for places without native code. */
import { concat, equalBytes, toHex } from '../../core/bytes.ts';
import type { PublicKey } from './public-key.ts';
import { DIGEST_LENGTH, digestOf, type HashAlgorithm } from './signature-scheme.ts';

/** RSASSA-PKCS1-v1_5, RFC 8017 §8.2.2: the encoded message is built and compared whole. */
export function verifyRsaPkcs1(
  key: PublicKey,
  hash: HashAlgorithm,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const encoded = recover(key, signature);
  if (encoded === undefined || digest.length !== DIGEST_LENGTH[hash]) return false;
  // EMSA-PKCS1-v1_5, RFC 8017 §9.2
  const info = concat(DIGEST_INFO[hash], digest);
  const padding = new Uint8Array(encoded.length - info.length - 3).fill(0xff);
  return equalBytes(encoded, concat(Uint8Array.of(0x00, 0x01), padding, Uint8Array.of(0x00), info));
}

/** RSASSA-PSS, RFC 8017 §8.1.2, MGF1 with the same hash; the salt's length is read from the padding. */
export function verifyRsaPss(key: PublicKey, hash: HashAlgorithm, digest: Uint8Array, signature: Uint8Array): boolean {
  const encoded = recover(key, signature);
  const size = DIGEST_LENGTH[hash];
  if (encoded === undefined || digest.length !== size) return false;
  // EMSA-PSS-VERIFY, RFC 8017 §9.1.2. The modulus has a multiple of 8 bits, so emBits = 8·length - 1.
  const maskedLength = encoded.length - size - 1;
  if (encoded[encoded.length - 1] !== 0xbc || encoded[0]! >= 0x80) return false;
  const h = encoded.subarray(maskedLength, maskedLength + size);
  const mask = mgf1(hash, h, maskedLength);
  const block = encoded.slice(0, maskedLength).map((byte, i) => byte ^ mask[i]!);
  block[0]! &= 0x7f;
  const separator = block.findIndex((byte) => byte !== 0);
  if (separator === -1 || block[separator] !== 1) return false;
  const salt = block.subarray(separator + 1);
  return equalBytes(h, digestOf(hash, concat(new Uint8Array(8), digest, salt)));
}

/** RSAVP1 (RFC 8017 §5.2.2) as bytes of the modulus's length; undefined for a signature out of range. */
function recover(key: PublicKey, signature: Uint8Array): Uint8Array | undefined {
  const { modulus, exponent } = key;
  if (modulus === undefined || exponent === undefined || signature.length !== modulus.length) return undefined;
  const n = BigInt(`0x${toHex(modulus)}`);
  const s = BigInt(`0x${toHex(signature)}`);
  if (s >= n) return undefined;
  const hex = power(s, exponent, n)
    .toString(16)
    .padStart(2 * modulus.length, '0');
  return Uint8Array.from({ length: modulus.length }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function power(base: bigint, exponent: number, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

/** MGF1, RFC 8017 B.2.1. */
function mgf1(hash: HashAlgorithm, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 0; counter * DIGEST_LENGTH[hash] < length; counter++) {
    blocks.push(digestOf(hash, concat(seed, Uint8Array.of(0, 0, 0, counter))));
  }
  return concat(...blocks).subarray(0, length);
}

/** DER of DigestInfo up to the digest, RFC 8017 §9.2 note 1. */
const DIGEST_INFO: Readonly<Record<HashAlgorithm, Uint8Array>> = {
  SHA2_256: digestInfo(0x01, 32),
  SHA2_384: digestInfo(0x02, 48),
  SHA2_512: digestInfo(0x03, 64),
};

function digestInfo(lastArc: number, size: number): Uint8Array {
  const oid = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, lastArc];
  return Uint8Array.of(0x30, 17 + size, 0x30, 0x0d, ...oid, 0x05, 0x00, 0x04, size);
}
