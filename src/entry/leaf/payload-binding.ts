/** Whether a payload is the one that a leaf's signatures are over. */
import { equalBytes } from '../../core/bytes.ts';
import { sha256 } from '../../core/hash.ts';
import { digestOf } from '../keys/signature-scheme.ts';
import { pae } from './dsse.ts';
import type { LeafContent } from './leaf.ts';

/**
 * A hashedrekord leaf binds payload and type through the digest of the PAE; the other kinds hold the payload's own
 * SHA-256. The type is in an intoto leaf itself; that of a dsse leaf is bound by the signatures alone.
 */
export function leafBindsPayload(leaf: LeafContent, payload: { bytes: Uint8Array; type: string }): boolean {
  if (leaf.kind === 'hashedrekord') {
    return equalBytes(digestOf(leaf.algorithm, pae(payload.type, payload.bytes)), leaf.digest);
  }
  if (leaf.kind === 'intoto' && leaf.payloadType !== payload.type) return false;
  return equalBytes(sha256(payload.bytes), leaf.payloadHash);
}
