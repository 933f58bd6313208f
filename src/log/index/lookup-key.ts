/** The short keys of the look-up index. A hit is only a candidate: 48 bits collide, and the entry itself decides. */
import { sha256 } from '../../core/hash.ts';
import type { LookupTerm } from '../../entry/leaf/lookup.ts';

/** Bytes of an index's salt: random, so that nobody can prepare values that share a key. */
export const SALT_LENGTH = 16;

/** Keys are whole numbers below this, six bytes each in SQLite. */
export const KEY_SPACE = 2 ** 48;

const encoder = new TextEncoder();

/** Reused by every call, grown to the longest value met: hashing a term allocates nothing but the hash. */
let scratch = new Uint8Array(512);

/** The first six bytes, big-endian, of SHA-256(salt ‖ kind ‖ 0x00 ‖ value). */
export function lookupKey(salt: Uint8Array, term: LookupTerm): number {
  const { kind, value } = term;
  // Three bytes of UTF-8 for a UTF-16 unit at most.
  const bound = salt.length + 3 * (kind.length + value.length) + 1;
  if (scratch.length < bound) scratch = new Uint8Array(2 * bound);
  scratch.set(salt);
  let length = salt.length;
  length += encoder.encodeInto(kind, scratch.subarray(length)).written;
  scratch[length++] = 0x00;
  length += encoder.encodeInto(value, scratch.subarray(length)).written;
  const hash = sha256(scratch.subarray(0, length));
  const high = hash[0]! * 0x100 + hash[1]!;
  const low = ((hash[2]! << 24) | (hash[3]! << 16) | (hash[4]! << 8) | hash[5]!) >>> 0;
  return high * 0x1_0000_0000 + low;
}

/** The keys of an entry's terms, in their order. */
export function lookupKeys(salt: Uint8Array, terms: readonly LookupTerm[]): number[] {
  return terms.map((term) => lookupKey(salt, term));
}
