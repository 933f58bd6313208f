/** Leaf kind `dsse` 0.0.1 of Rekor v1: hashes of envelope and payload, and every signature with its signer as PEM. */
import { fromBase64, toBase64, utf8 } from '../../core/bytes.ts';
import { leafList, leafObject, leafText } from './leaf-members.ts';
import { readSha256Json, sha256Json } from './rekor-v1-hash.ts';
import type { LeafSignature } from './verifier.ts';
import { readStoredPem, verifierPem } from './verifier-pem.ts';

export interface DsseLeafV1 {
  readonly kind: 'dsse';
  readonly version: '0.0.1';
  /** SHA-256 of the envelope's JSON text exactly as it was submitted, 32 bytes. */
  readonly envelopeHash: Uint8Array;
  /** SHA-256 of the payload, 32 bytes. */
  readonly payloadHash: Uint8Array;
  /** In the leaf's order: by the base64 text of the signatures, which is not that of their bytes. */
  readonly signatures: readonly LeafSignature[];
}

/** Canonical JSON (RFC 8785) of the leaf; sorts the signatures. Neither `keyid` nor `payloadType` is in it. */
export function dsseLeafV1Json({ envelopeHash, payloadHash, signatures }: DsseLeafV1): string {
  const list = [...signatures].sort(byBase64).map(({ signature, verifier }) => {
    const pem = toBase64(utf8(verifierPem(verifier)));
    return `{"signature":"${toBase64(signature)}","verifier":"${pem}"}`;
  });
  return `{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":${sha256Json(envelopeHash)},"payloadHash":${sha256Json(payloadHash)},"signatures":[${list.join(',')}]}}`;
}

/** Reads the `spec` that `dsseLeafV1Json` wrote; throws for any other. */
export function readDsseLeafV1(spec: unknown): DsseLeafV1 {
  const { envelopeHash, payloadHash, signatures } = leafObject(spec);
  return {
    kind: 'dsse',
    version: '0.0.1',
    envelopeHash: readSha256Json(envelopeHash),
    payloadHash: readSha256Json(payloadHash),
    signatures: leafList(signatures).map((item) => {
      const { signature, verifier } = leafObject(item);
      return { signature: fromBase64(leafText(signature)), verifier: readStoredPem(verifier).verifier };
    }),
  };
}

/** The leaf's order of signatures. */
export function byBase64(a: { signature: Uint8Array }, b: { signature: Uint8Array }): number {
  const [first, second] = [toBase64(a.signature), toBase64(b.signature)];
  return first < second ? -1 : Number(first > second);
}
