/** Leaf kind `dsse` 0.0.2 of Rekor v2: the payload's SHA-256 and every signature of the envelope. */
import { compareBytes, toBase64 } from '../../core/bytes.ts';
import { signatureJson } from './leaf-verifier.ts';
import type { VerifiedSignature } from './verifier.ts';

/**
 * Canonical JSON (RFC 8785) of the leaf. The signatures are sorted by their raw bytes; neither `keyid` nor
 * `payloadType` is in it. `payloadHash` is the SHA-256 of the payload itself, not of its PAE.
 */
export function dsseLeafJson(payloadHash: Uint8Array, signatures: readonly VerifiedSignature[]): string {
  const sorted = [...signatures].sort((a, b) => compareBytes(a.signature, b.signature)).map(signatureJson);
  const hash = `{"algorithm":"SHA2_256","digest":"${toBase64(payloadHash)}"}`;
  return `{"apiVersion":"0.0.2","kind":"dsse","spec":{"dsseV002":{"payloadHash":${hash},"signatures":[${sorted.join(',')}]}}}`;
}
