/** Whether a payload is the one that a leaf's signatures are over. */
import { equalBytes } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import { pae } from './dsse.ts';
import type { LeafContent } from './leaf.ts';
import { digestOf } from './signature-scheme.ts';

/**
 * A hashedrekord leaf binds payload and type through the digest of the PAE, a dsse leaf the payload's own SHA-256 (its
 * type is then bound by the signatures alone).
 */
export function leafBindsPayload(leaf: LeafContent, payload: { bytes: Uint8Array; type: string }): boolean {
  if (leaf.kind === 'dsse') return equalBytes(sha256(payload.bytes), leaf.payloadHash);
  return equalBytes(digestOf(leaf.algorithm, pae(payload.type, payload.bytes)), leaf.digest);
}
