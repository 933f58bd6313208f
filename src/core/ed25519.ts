/**
 * Ed25519 (RFC 8032 §5.1) with one rule for everyone: verification without cofactor, as OpenSSL and Go do it
 * ([S]B − [k]A must encode to exactly R, S < L), and besides no key and no R of small order or in a non-canonical
 * encoding. Whoever verifies with node:crypto gets the same verdicts where `isAcceptableEd25519Key` and
 * `isAcceptableEd25519Signature` are asked as well.
 */
import { getPublicKey, hashes, Point, sign } from '@noble/ed25519';
import { concat, equalBytes, toHex } from './bytes.ts';
import { sha512 } from './hash.ts';

// The only place where the library is set up. It wants memory of its own type, hence the copy of 64 bytes.
hashes.sha512 = (message) => new Uint8Array(sha512(message));

const KEY_LENGTH = 32;
const SIGNATURE_LENGTH = 64;
const ORDER = Point.CURVE().n;

/**
 * Every encoding of a point of small order whose y is below p: the eight points, and the two of them with x = 0 a
 * second time with the sign bit set (RFC 8032 §5.1.3 rejects those). Four more have y ≥ p, where `isReduced` fails.
 */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]);

/** True where y is below p = 2^255 - 19. */
function isReduced(point: Uint8Array): boolean {
  if (point[0]! < 0xed || (point[31]! & 0x7f) !== 0x7f) return true;
  for (let i = 1; i < 31; i++) if (point[i] !== 0xff) return true;
  return false;
}

function isAcceptablePoint(point: Uint8Array): boolean {
  return isReduced(point) && !SMALL_ORDER.has(toHex(point));
}

/**
 * True unless the key is of small order (a signature by it says nothing), is encoded with y ≥ p, or has not 32 bytes.
 * Cheap: whether it is a point of the curve at all shows when a signature is verified.
 */
export function isAcceptableEd25519Key(publicKey: Uint8Array): boolean {
  return publicKey.length === KEY_LENGTH && isAcceptablePoint(publicKey);
}

/** True unless the signature has not 64 bytes, or its R is of small order or encoded with y ≥ p. */
export function isAcceptableEd25519Signature(signature: Uint8Array): boolean {
  return signature.length === SIGNATURE_LENGTH && isAcceptablePoint(signature.subarray(0, KEY_LENGTH));
}

/** The 32-byte public key of a 32-byte seed (RFC 8032 §5.1.5). */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  return getPublicKey(seed);
}

/** The 64-byte signature of a message by a 32-byte seed (RFC 8032 §5.1.6). Deterministic. */
export function signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return sign(message, seed);
}

/** Verifies a signature by the rule above; false for whatever is malformed. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isAcceptableEd25519Key(publicKey) || !isAcceptableEd25519Signature(signature)) return false;
  const r = signature.subarray(0, KEY_LENGTH);
  const s = littleEndian(signature.subarray(KEY_LENGTH));
  if (s >= ORDER) return false;
  let key: Point;
  try {
    key = Point.fromBytes(publicKey, false);
  } catch {
    return false; // no point of the curve
  }
  const k = littleEndian(sha512(concat(r, publicKey, message))) % ORDER;
  // Nothing here is secret, so the faster multiplication that leaks its scalar will do. Comparing the encoding rejects
  // every R that is non-canonical or no point.
  const expected = Point.BASE.multiply(s, false).subtract(key.multiply(k, false));
  return equalBytes(expected.toBytes(), r);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(new Uint8Array(bytes).reverse())}`);
}
