/**
 * ECDSA P-256 over a ready digest with the curve arithmetic of OpenSSL, which Node offers for whole messages only.
 *
 * Verification (FIPS 186-5 §6.4.2, SEC 1 §4.1.4) asks whether R = u1·G + u2·Q has r as its x, modulo n, where u1 = h/s
 * and u2 = r/s modulo n. As u1/u2 = h/r and the group has prime order n,
 *
 *     R = u2·(Q + c·G)   with c = h/r.
 *
 * c·G is the public key of private key c, the sum is one addition here, and the shared secret of private key u2 with
 * that sum is just the x that is asked for. The y that ECDH does not tell is not needed: Q enters the sum with its sign,
 * so −Q gives another sum. All of this is public, so nothing has to take constant time.
 */
import { createECDH } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';

const { a: A, b: B, p: P, n: N } = p256.Point.CURVE();

/** Holds one scalar at a time; every use sets it first, and nothing here waits in between. */
const scalar = createECDH('prime256v1');

/**
 * Whether a signature (strict DER, s high or low) over a digest (32 bytes) is one of the key (65 bytes: 0x04 ‖ x ‖ y).
 *
 * Undefined where the caller has to ask another implementation. Nobody meets these by chance, signing or guessing:
 * - h = 0 modulo n: c would be 0, which is no private key.
 * - c·G = Q or −Q, that is u1·G = ±u2·Q: the sum is a doubling or the point at infinity, and the chord has no slope.
 * - A key that is not such a point, a digest of another length, or anything else that OpenSSL refuses.
 *
 * u2 has no exceptions: it is in 1 … n − 1 since r is, and as n is prime it takes no point but infinity to infinity.
 */
export function verifyP256Digest(key: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean | undefined {
  let r: bigint;
  let s: bigint;
  try {
    // The parser of the portable check, for the same verdict on every encoding. It also holds r and s to 1 … n − 1.
    ({ r, s } = p256.Signature.fromBytes(signature, 'der'));
  } catch {
    return false;
  }
  if (digest.length !== 32 || key.length !== 65 || key[0] !== 4) return undefined;
  const h = integer(digest) % N;
  if (h === 0n) return undefined;
  const x = integer(key.subarray(1, 33));
  const y = integer(key.subarray(33));
  // Checked although OpenSSL checks the sum: points off the curve can be chosen so that their sum is on it.
  if (x >= P || y >= P || (y * y - (x * x + A) * x - B) % P !== 0n) return undefined;
  const inverse = invert((r * s) % N, N);
  const c = (((h * s) % N) * inverse) % N;
  const u2 = (((r * r) % N) * inverse) % N;
  try {
    scalar.setPrivateKey(hex(c), 'hex');
    const cG = scalar.getPublicKey('hex');
    const cX = BigInt(`0x${cG.slice(2, 66)}`);
    if (cX === x) return undefined;
    const cY = BigInt(`0x${cG.slice(66)}`);
    // The chord through both points (SEC 1 §2.2.1, rule 4).
    const slope = ((cY - y) * invert(positive(cX - x, P), P)) % P;
    const sumX = positive(slope * slope - cX - x, P);
    const sumY = positive(slope * (x - sumX) - y, P);
    scalar.setPrivateKey(hex(u2), 'hex');
    const rX = BigInt(`0x${scalar.computeSecret(`04${hex(sumX)}${hex(sumY)}`, 'hex', 'hex')}`);
    // The x is below p and p below 2n, so what is r modulo n is r or, once in 2^128, r + n.
    return rX === r || rX === r + N;
  } catch {
    return undefined; // not after the checks above; but a refusal is no verdict
  }
}

/**
 * Inverse of a value in 1 … prime − 1, by the extended Euclidean algorithm as Lehmer sped it up (Knuth, TAOCP 4.5.2,
 * Algorithm L): quotients come from the leading 48 bits, which a double computes exactly, and are applied to the whole
 * numbers a dozen or so at a time. Takes 5 µs where plain steps on BigInt take 17.
 *
 * The last quotient of a round may be wrong. That costs time only: whatever the quotients are, a ≡ u·value and
 * b ≡ v·value (mod prime) stay true, and so does gcd(a, b) = 1; only signs have to be put right.
 */
function invert(value: bigint, prime: bigint): bigint {
  let [a, b, u, v] = [prime, value, 0n, 1n];
  while (b !== 0n) {
    const below = Math.max(0, a.toString(16).length * 4 - 48);
    let high = Number(a >> BigInt(below));
    let low = Number(b >> BigInt(below));
    // The factors that turn (a, b) into what is left of them; below 2^24, as many bits as the leading parts still have.
    let [aa, ab, ba, bb] = [1, 0, 0, 1];
    const enough = below === 0 ? 0 : 2 ** 24;
    while (low > enough) {
      const quotient = Math.floor(high / low);
      [high, low] = [low, high - quotient * low];
      [aa, ba] = [ba, aa - quotient * ba];
      [ab, bb] = [bb, ab - quotient * bb];
    }
    if (ab === 0) {
      // b is so much shorter than a that its leading bits say too little.
      const quotient = a / b;
      [a, b] = [b, a - quotient * b];
      [u, v] = [v, u - quotient * v];
      continue;
    }
    const [AA, AB, BA, BB] = [BigInt(aa), BigInt(ab), BigInt(ba), BigInt(bb)];
    [a, b] = [AA * a + AB * b, BA * a + BB * b];
    [u, v] = [AA * u + AB * v, BA * u + BB * v];
    if (a < 0n) [a, u] = [-a, -u];
    if (b < 0n) [b, v] = [-b, -v];
  }
  return positive(u, prime);
}

function positive(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
}

function hex(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}
