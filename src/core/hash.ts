/** SHA-256 and the two domain-separated hashes of the Merkle tree (RFC 6962 §2.1, RFC 9162 §2.1.1). */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';

/** 32 bytes: a leaf hash, a node hash or a root. */
export type Hash = Uint8Array;

export const HASH_LENGTH = 32;

/** SHA-256 of a byte string, 32 bytes. */
export function sha256(bytes: Uint8Array): Hash {
  return nobleSha256(bytes);
}

/** The root of the empty tree: SHA-256 of nothing (RFC 9162 §2.1.1). */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array(0));

/** SHA-256(0x00 ‖ leaf), RFC 9162 §2.1.1. */
export function leafHash(leaf: Uint8Array): Hash {
  return nobleSha256.create().update(LEAF_PREFIX).update(leaf).digest();
}

/** SHA-256(0x01 ‖ left ‖ right), RFC 9162 §2.1.1; both sides are 32 bytes. */
export function nodeHash(left: Hash, right: Hash): Hash {
  const block = new Uint8Array(1 + 2 * HASH_LENGTH);
  block[0] = 0x01;
  block.set(left, 1);
  block.set(right, 1 + HASH_LENGTH);
  return nobleSha256(block);
}

const LEAF_PREFIX = Uint8Array.of(0x00);
