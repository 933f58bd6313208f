/**
 * Recognises private keys, so that none is ever stored: what is logged is public for ever.
 *
 * Refusing too much costs its sender a second look; refusing too little costs a key. So the armour line alone is
 * enough, whatever follows it, encrypted keys included.
 */
import { isLogError, LogError } from '../../core/errors.ts';
import {
  children,
  content,
  DER_INTEGER,
  DER_OCTET_STRING,
  DER_OID,
  DER_SEQUENCE,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';

/**
 * @param text the bytes as UTF-8, for a caller who has decoded them; undefined where they are not UTF-8
 * @throws LogError private_key_submitted where the bytes are, or hold, a private key
 */
export function refusePrivateKey(bytes: Uint8Array, at?: string, text?: string): void {
  if (isPrivateKeyDer(bytes) || holdsPrivateKeyText(text ?? lossyUtf8.decode(bytes))) throw refusal(at);
}

/** @throws LogError private_key_submitted where a text holds a private key */
export function refusePrivateKeyText(text: string, at?: string): void {
  if (holdsPrivateKeyText(text)) throw refusal(at);
}

/**
 * Looks at every string, byte string and object within a value, JWKs (RFC 7517) included.
 * @throws LogError private_key_submitted where one is, or holds, a private key
 */
export function refusePrivateKeyWithin(value: unknown): void {
  const pending: unknown[] = [value];
  for (let looks = 0; pending.length > 0 && looks < MOST_LOOKS; looks++) {
    const item = pending.pop();
    if (item instanceof Uint8Array) refusePrivateKey(item);
    else if (typeof item === 'string') {
      refusePrivateKeyText(item);
      if (BASE64_KEY.test(item) && isPrivateKeyDer(decodeLoosely(item))) throw refusal();
    } else if (typeof item === 'object' && item !== null) {
      if (isPrivateJwk(item as Record<string, unknown>)) throw refusal();
      for (const inner of Object.values(item)) pending.push(inner);
    }
  }
}

/**
 * Runs what reads a submission: whatever else is wrong with one that holds a private key, its sender is told so first.
 * @throws LogError private_key_submitted, and whatever `read` throws
 */
export function preferringPrivateKeys<T>(submission: unknown, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isLogError(error) && error.code !== 'private_key_submitted') refusePrivateKeyWithin(submission);
    throw error;
  }
}

/** True for PEM, OpenSSH, PGP and PuTTY armour, plain or in base64 (as in a Kubernetes secret). Linear in the text. */
export function holdsPrivateKeyText(text: string): boolean {
  if (text.includes('PRIVATE KEY') && ARMOUR.test(text)) return true;
  if (text.includes('PuTTY-User-Key-File-')) return true;
  return text.includes('LS0tLS1CRUdJTi') && BASE64_ARMOUR.test(text);
}

const ARMOUR = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)? ?-{4,5}/;
/** `-----BEGIN ` in base64, then what `PRIVATE KEY` can look like in each of the three alignments. */
const BASE64_ARMOUR = /LS0tLS1CRUdJTi[A-Za-z0-9+/_-]{0,54}(?:UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW)/;
/** Base64 of a DER SEQUENCE or of OpenSSH's magic. */
const BASE64_KEY = /^(?:M[A-P]|b3BlbnNzaC1rZXktdjE)[A-Za-z0-9+/_-]{16,16000}={0,2}$/;
/** Bounds the walk; a document that passed the limits of `strict-json.ts` has fewer values. */
const MOST_LOOKS = 4_000_000;

function isPrivateJwk(value: Record<string, unknown>): boolean {
  if (typeof value.kty !== 'string') return false;
  return typeof (value.kty === 'oct' ? value.k : value.d) === 'string';
}

/**
 * True for PKCS#8 (RFC 5958), encrypted PKCS#8, SEC 1 (RFC 5915), PKCS#1 (RFC 8017 A.1.2), PKCS#12 (RFC 7292) and
 * OpenSSH keys, judged by their outer structure.
 */
export function isPrivateKeyDer(bytes: Uint8Array): boolean {
  if (startsWith(bytes, OPENSSH_MAGIC)) return true;
  if (bytes[0] !== DER_SEQUENCE) return false;
  try {
    const [first, second, third, ...rest] = children(readDer(bytes, DER_SEQUENCE));
    if (first?.tag === DER_INTEGER && content(first).length === 1) {
      const version = content(first)[0]!;
      if (version <= 1 && second?.tag === DER_SEQUENCE && third?.tag === DER_OCTET_STRING) return true; // PKCS#8
      if (version === 1 && second?.tag === DER_OCTET_STRING) return true; // SEC 1
      if (version <= 1 && second?.tag === DER_INTEGER && third?.tag === DER_INTEGER && rest.length >= 3) return true; // PKCS#1
      if (version === 3 && second?.tag === DER_SEQUENCE && children(second)[0]?.tag === DER_OID) return true; // PKCS#12
    }
    // Encrypted PKCS#8: an algorithm of PKCS#5 or PKCS#12, then the ciphertext.
    if (first?.tag !== DER_SEQUENCE || second?.tag !== DER_OCTET_STRING || third !== undefined) return false;
    return /^1\.2\.840\.113549\.1\.(5|12)\./.test(objectIdentifier(children(first)[0]));
  } catch {
    return false;
  }
}

const OPENSSH_MAGIC = new TextEncoder().encode('openssh-key-v1\0');
/** What is looked for is ASCII; a strict decoder would throw for every certificate, which costs more than the search. */
const lossyUtf8 = new TextDecoder();

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}

/** Base64 in either alphabet, padded or not; the text has been matched before. */
function decodeLoosely(text: string): Uint8Array {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', ''));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

function refusal(at?: string): LogError {
  return new LogError(
    'private_key_submitted',
    'the submission contains a private key, and was neither stored nor logged; consider that key exposed and send the public key',
    at === undefined ? {} : { at },
  );
}
