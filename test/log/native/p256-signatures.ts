/** P-256 signatures made from chosen numbers, so that a verifier can be led to any point of its equation. */
import { createECDH, createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { concat } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import type { PublicKey } from '../../../src/entry/keys/public-key.ts';

export const { Point } = p256;
export type Point = typeof Point.BASE;
export const { p: P, n: N } = Point.CURVE();
export const modN = (value: bigint): bigint => Point.Fn.create(value);
export const inverseN = (value: bigint): bigint => Point.Fn.inv(value);

export interface SignedDigest {
  key: PublicKey;
  digest: Uint8Array;
  signature: Uint8Array;
}

/** Big-endian, 32 bytes. */
export function bytes32(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
}

/** Any pair of numbers in DER, whether or not a signature may consist of them. */
export function derOf(r: bigint, s: bigint): Uint8Array {
  const integers = concat(derInteger(r), derInteger(s));
  return concat(Uint8Array.of(0x30, integers.length), integers);
}

function derInteger(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const content = bytes[0]! >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes;
  return concat(Uint8Array.of(0x02, content.length), content);
}

/** A key as the verifier is given it. Nothing is checked, so it may be no point of the curve. */
export function keyAt(point: Uint8Array): PublicKey {
  const spki = concat(SPKI_BEFORE_POINT, point);
  return { type: 'ecdsa-p256', spki, spkiHash: sha256(spki), point };
}

export const keyOf = (point: Point): PublicKey => keyAt(point.toBytes(false));

const SPKI_BEFORE_POINT = Uint8Array.from(Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'));

/** For OpenSSL's own verification, over a message. */
export function keyObjectOf({ spki }: PublicKey): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}

/** d·G as an uncompressed point, by OpenSSL. */
export function multipleOfG(d: bigint): Uint8Array {
  ecdh.setPrivateKey(bytes32(d));
  return Uint8Array.from(ecdh.getPublicKey());
}

const ecdh = createECDH('prime256v1');

/** (r, s) over h by private key d with nonce k (SEC 1 §4.1.3). */
export function signNumbers(d: bigint, k: bigint, h: bigint): { r: bigint; s: bigint } {
  const r = modN(BigInt(`0x${Buffer.from(multipleOfG(k).subarray(1, 33)).toString('hex')}`));
  return { r, s: modN(modN(h + r * d) * inverseN(k)) };
}

/** A scalar in 1 … n − 1 that the label decides. */
export function scalarFrom(label: string): bigint {
  const digest = createHash('sha512').update(label).digest('hex');
  return (BigInt(`0x${digest}`) % (N - 1n)) + 1n;
}

/** The signature that is verified with just these u1, u2 and key: r is the x of u1·G + u2·Q unless another is given. */
export function signatureWith(u1: bigint, u2: bigint, key: Point, givenR?: bigint): SignedDigest {
  const r = givenR ?? modN(sumOf(u1, u2, key).toAffine().x);
  const s = modN(r * inverseN(u2));
  return { key: keyOf(key), digest: bytes32(modN(u1 * s)), signature: derOf(r, s) };
}

/** The key under which u1·G + u2·Q is this point. */
export function keyLeadingTo(sum: Point, u1: bigint, u2: bigint): Point {
  return sum.subtract(Point.BASE.multiplyUnsafe(u1)).multiplyUnsafe(inverseN(u2));
}

export function sumOf(u1: bigint, u2: bigint, key: Point): Point {
  return Point.BASE.multiplyUnsafe(u1).add(key.multiplyUnsafe(u2));
}

/** The first point whose x is at least this. */
export function pointFromX(start: bigint): Point {
  for (let x = start; ; x++) {
    try {
      return Point.fromBytes(concat(Uint8Array.of(2), bytes32(x)));
    } catch {
      // Half of all x belong to no point.
    }
  }
}
