/** Ed25519ph (RFC 8032 §5.1): Ed25519 over a SHA-512 digest. The rule of `core/ed25519.ts` applies: no cofactor. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { concat, equalBytes, toHex, utf8 } from '../../core/bytes.ts';
import { isAcceptableEd25519Key, isAcceptableEd25519Signature } from '../../core/ed25519.ts';
import { sha512 } from '../../core/hash.ts';

/** dom2(1, ""), RFC 8032 §2: phflag 1, an empty context. */
const DOMAIN = concat(utf8('SigEd25519 no Ed25519 collisions'), Uint8Array.of(1, 0));
const ORDER = ed25519.Point.Fn.ORDER;

/** @param digest 64 bytes, SHA-512 of the message; false for whatever is malformed */
export function verifyEd25519ph(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  if (digest.length !== 64) return false;
  if (!isAcceptableEd25519Key(publicKey) || !isAcceptableEd25519Signature(signature)) return false;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (s >= ORDER) return false;
  try {
    const key = ed25519.Point.fromBytes(publicKey, false);
    const k = littleEndian(sha512(concat(DOMAIN, r, publicKey, digest))) % ORDER;
    const expected = ed25519.Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
    return equalBytes(expected.toBytes(), r);
  } catch {
    return false; // no point of the curve
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(new Uint8Array(bytes).reverse())}`);
}
