/** Leaf kind `hashedrekord` 0.0.2 of Rekor v2: one signature over one digest. */
import { toBase64 } from '../../core/bytes.ts';
import { signatureJson } from './leaf-verifier.ts';
import type { VerifiedSignature } from './verifier.ts';

/** Canonical JSON (RFC 8785) of the leaf; the digest is of the scheme's hash. */
export function hashedRekordJson(digest: Uint8Array, signature: VerifiedSignature): string {
  const data = `{"algorithm":"${signature.scheme.hash}","digest":"${toBase64(digest)}"}`;
  return `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":${data},"signature":${signatureJson(signature)}}}}`;
}
