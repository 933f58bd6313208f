/** Leaf kind `hashedrekord` 0.0.1 of Rekor v1: one signature over one digest, its signer as PEM text. */
import { fromBase64, fromHex, toBase64, toHex, utf8 } from '../../core/bytes.ts';
import { DIGEST_LENGTH, DIGEST_NAME, type HashAlgorithm, hashNamed } from '../keys/signature-scheme.ts';
import { leafObject, leafText } from './leaf-members.ts';
import type { LeafSignature } from './verifier.ts';
import { readStoredPem, verifierPem } from './verifier-pem.ts';

export interface HashedRekordV1 {
  readonly kind: 'hashedrekord';
  readonly version: '0.0.1';
  readonly algorithm: HashAlgorithm;
  /** Digest that was signed: an artifact's, or that of an envelope's PAE. */
  readonly digest: Uint8Array;
  readonly signatures: readonly [LeafSignature];
}

/** Canonical JSON (RFC 8785) of the leaf. */
export function hashedRekordV1Json({ algorithm, digest, signatures }: HashedRekordV1): string {
  const [{ signature, verifier }] = signatures;
  const hash = `{"algorithm":"${DIGEST_NAME[algorithm]}","value":"${toHex(digest)}"}`;
  const key = `{"content":"${toBase64(utf8(verifierPem(verifier)))}"}`;
  return `{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":${hash}},"signature":{"content":"${toBase64(signature)}","publicKey":${key}}}}`;
}

/** Reads the `spec` that `hashedRekordV1Json` wrote; throws for any other. */
export function readHashedRekordV1(spec: unknown): HashedRekordV1 {
  const { data, signature } = leafObject(spec);
  const hash = leafObject(leafObject(data).hash);
  const { content, publicKey } = leafObject(signature);
  const algorithm = hashNamed(leafText(hash.algorithm));
  const digest = fromHex(leafText(hash.value));
  if (algorithm === undefined || digest.length !== DIGEST_LENGTH[algorithm]) throw new TypeError('not a digest');
  const { verifier } = readStoredPem(leafObject(publicKey).content);
  const signed = { signature: fromBase64(leafText(content)), verifier };
  return { kind: 'hashedrekord', version: '0.0.1', algorithm, digest, signatures: [signed] };
}
