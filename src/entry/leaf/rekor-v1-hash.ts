/** A SHA-256 as leaves of Rekor v1 state it. */
import { fromHex, toHex } from '../../core/bytes.ts';
import { leafObject, leafText } from './leaf-members.ts';

/** Canonical JSON (RFC 8785). @param hash 32 bytes */
export function sha256Json(hash: Uint8Array): string {
  return `{"algorithm":"sha256","value":"${toHex(hash)}"}`;
}

/** The 32 bytes; throws for any other length. That the algorithm is SHA-256 shows when the leaf is encoded again. */
export function readSha256Json(value: unknown): Uint8Array {
  const hash = fromHex(leafText(leafObject(value).value));
  if (hash.length !== 32) throw new TypeError('not a SHA-256');
  return hash;
}
