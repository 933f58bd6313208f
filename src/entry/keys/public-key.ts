/** Public keys that may sign entries: read strictly, so that one key has one encoding and is safe to verify with. */
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { isAcceptableEd25519Key } from '../../core/ed25519.ts';
import { LogError } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { boundedCache } from '../encoding/bounded-cache.ts';
import {
  bitString,
  children,
  content,
  DER_NULL,
  DER_SEQUENCE,
  expectTag,
  objectIdentifier,
  positiveInteger,
  readDer,
} from '../encoding/der.ts';
import { readPem } from './pem.ts';
import { isPrivateKeyDer, refusePrivateKey } from './private-key.ts';

export type KeyType = 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'ed25519' | 'rsa';

/** A key that has been read strictly; its parts are known to be well-formed and acceptable. */
export interface PublicKey {
  /** The canonical SubjectPublicKeyInfo, DER (RFC 5280 §4.1.2.7). */
  readonly spki: Uint8Array;
  /** SHA-256 of it, 32 bytes: what the key is known by. */
  readonly spkiHash: Uint8Array;
  readonly type: KeyType;
  /** RSA: length of the modulus in bits: 2048, 3072 or 4096. */
  readonly bits?: 2048 | 3072 | 4096;
  /** ECDSA: the uncompressed point, 0x04 ‖ x ‖ y. Ed25519: the 32-byte encoding. */
  readonly point?: Uint8Array;
  /** RSA: big-endian without leading zeros. */
  readonly modulus?: Uint8Array;
  readonly exponent?: number;
}

/** Longest SubjectPublicKeyInfo that is looked at, bytes. */
const MAX_KEY_LENGTH = 4096;

/**
 * Reads a SubjectPublicKeyInfo.
 * @throws LogError malformed_key, unsupported_key, limit_exceeded or private_key_submitted
 */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  if (spki.length > MAX_KEY_LENGTH)
    throw new LogError('limit_exceeded', `a key is longer than ${MAX_KEY_LENGTH} bytes`);
  return byDer.get(latin1(spki), () => readSpki(new Uint8Array(spki)));
}

/** Reads a public key in PEM form, nothing around it. Errors as `parsePublicKey`. */
export function parsePublicKeyPem(pem: string): PublicKey {
  if (pem.length > 2 * MAX_KEY_LENGTH) throw new LogError('limit_exceeded', 'a PEM public key is too long');
  return byPem.get(pem, () => parsePublicKey(readPem(pem, 'PUBLIC KEY')));
}

// Keys repeat from one submission to the next; what was read once is not checked again.
const byDer = boundedCache<PublicKey>(1024);
const byPem = boundedCache<PublicKey>(1024);

function readSpki(spki: Uint8Array): PublicKey {
  try {
    // RFC 5280 §4.1: SEQUENCE { AlgorithmIdentifier, BIT STRING }
    const [algorithm, keyBits, ...extra] = children(readDer(spki, DER_SEQUENCE));
    const [oid, parameters, ...extraParameters] = children(expectTag(algorithm, DER_SEQUENCE));
    const name = objectIdentifier(oid);
    const named = { spki, spkiHash: sha256(spki) };
    const bits = bitString(keyBits);
    if (extra.length > 0 || extraParameters.length > 0) throw malformed();
    if (name === EC_PUBLIC_KEY) {
      const curve = parameters?.tag === 0x06 ? CURVES[objectIdentifier(parameters)] : undefined;
      if (curve === undefined) throw unsupported('the curve must be P-256, P-384 or P-521, by name');
      if (bits.length !== 1 + 2 * curve.size || bits[0] !== 4) throw malformed('the point must be uncompressed');
      if (!onCurve(curve.curve, bits)) throw malformed('the point is not on its curve');
      return { ...named, type: curve.type, point: bits };
    }
    if (name === ED25519) {
      if (parameters !== undefined || bits.length !== 32) throw malformed();
      if (!isAcceptableEd25519Key(bits)) throw unsupported('an Ed25519 key is of small order or not canonical');
      return { ...named, type: 'ed25519', point: bits };
    }
    if (name === RSA) {
      // RFC 3279 §2.3.1: the parameters are NULL
      if (content(expectTag(parameters, DER_NULL)).length !== 0) throw malformed();
      return { ...named, ...readRsa(bits) };
    }
    throw unsupported('the key must be ECDSA P-256, P-384, P-521, Ed25519 or RSA');
  } catch (cause) {
    if (cause instanceof LogError) throw cause;
    if (isPrivateKeyDer(spki)) refusePrivateKey(spki);
    throw malformed();
  }
}

/** RFC 8017 A.1.1: SEQUENCE { modulus, publicExponent } */
function readRsa(bits: Uint8Array): Omit<PublicKey, 'spki' | 'spkiHash'> {
  const [n, e, ...extra] = children(readDer(bits, DER_SEQUENCE));
  const modulus = positiveInteger(n);
  const exponentBytes = positiveInteger(e);
  if (extra.length > 0) throw malformed();
  const length = modulus.length * 8 - Math.clz32(modulus[0]!) + 24;
  if (length !== 2048 && length !== 3072 && length !== 4096) {
    throw unsupported('an RSA key must have 2048, 3072 or 4096 bits');
  }
  if (modulus[modulus.length - 1]! % 2 === 0) throw malformed('an RSA modulus is even');
  let exponent = 0;
  for (const byte of exponentBytes.subarray(0, 5)) exponent = exponent * 256 + byte;
  if (exponentBytes.length > 4 || exponent < 65537 || exponent % 2 === 0) {
    throw unsupported('an RSA exponent must be odd, at least 65537 and below 2^32');
  }
  return { type: 'rsa', bits: length, modulus, exponent };
}

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const ED25519 = '1.3.101.112';
const RSA = '1.2.840.113549.1.1.1';

const CURVES: Readonly<Record<string, { type: KeyType; size: number; curve: typeof p256 }>> = {
  '1.2.840.10045.3.1.7': { type: 'ecdsa-p256', size: 32, curve: p256 },
  '1.3.132.0.34': { type: 'ecdsa-p384', size: 48, curve: p384 },
  '1.3.132.0.35': { type: 'ecdsa-p521', size: 66, curve: p521 },
};

function onCurve(curve: typeof p256, point: Uint8Array): boolean {
  try {
    curve.Point.fromBytes(point).assertValidity();
    return true;
  } catch {
    return false;
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function malformed(message = 'a public key is not a canonical DER SubjectPublicKeyInfo'): LogError {
  return new LogError('malformed_key', message);
}

function unsupported(message: string): LogError {
  return new LogError('unsupported_key', message);
}
