/** Leaf kind `intoto` 0.0.2 of Rekor v1: the envelope without its payload, each signature with its signer as PEM. */
import { decodeUtf8, fromBase64, toBase64, utf8 } from '../../core/bytes.ts';
import { canonicalJson } from '../encoding/canonical-json.ts';
import { leafList, leafObject, leafText } from './leaf-members.ts';
import { readSha256Json, sha256Json } from './rekor-v1-hash.ts';
import type { LeafSignature } from './verifier.ts';
import { readStoredPem } from './verifier-pem.ts';

export interface IntotoLeaf {
  readonly kind: 'intoto';
  readonly version: '0.0.2';
  readonly payloadType: string;
  /** What the submitter calls the envelope's SHA-256, 32 bytes: clients hash different texts, so nobody can check it. */
  readonly envelopeHash: Uint8Array;
  /** SHA-256 of the payload, 32 bytes. */
  readonly payloadHash: Uint8Array;
  /** In the order in which they were submitted. */
  readonly signatures: readonly IntotoSignature[];
  /** Some logs left the payload in the leaf; this one never does. */
  readonly payload: Uint8Array | undefined;
}

export interface IntotoSignature extends LeafSignature {
  /** PEM of the verifier as it was submitted: of this kind alone the text is not made canonical. */
  readonly pem: string;
  /** Empty where there is none; the leaf then has no such member. */
  readonly keyid: string;
}

/** Canonical JSON (RFC 8785) of the leaf. Signatures and payload are base64 of their base64. */
export function intotoLeafJson(leaf: IntotoLeaf): string {
  const { payload, payloadType } = leaf;
  const signatures = leaf.signatures.map(({ signature, pem, keyid }) => ({
    ...(keyid !== '' && { keyid }),
    publicKey: toBase64(utf8(pem)),
    sig: twice(signature),
  }));
  const envelope = canonicalJson({ payload: payload && twice(payload), payloadType, signatures });
  const hashes = `"hash":${sha256Json(leaf.envelopeHash)},"payloadHash":${sha256Json(leaf.payloadHash)}`;
  return `{"apiVersion":"0.0.2","kind":"intoto","spec":{"content":{"envelope":${envelope},${hashes}}}}`;
}

/** Reads the `spec` that `intotoLeafJson` wrote; throws for any other. */
export function readIntotoLeaf(spec: unknown): IntotoLeaf {
  const content = leafObject(leafObject(spec).content);
  const { payload, payloadType, signatures } = leafObject(content.envelope);
  return {
    kind: 'intoto',
    version: '0.0.2',
    payloadType: leafText(payloadType),
    envelopeHash: readSha256Json(content.hash),
    payloadHash: readSha256Json(content.payloadHash),
    payload: payload === undefined ? undefined : once(payload),
    signatures: leafList(signatures).map((item) => {
      const { sig, publicKey, keyid = '' } = leafObject(item);
      return { signature: once(sig), ...readStoredPem(publicKey), keyid: leafText(keyid) };
    }),
  };
}

function twice(bytes: Uint8Array): string {
  return toBase64(utf8(toBase64(bytes)));
}

function once(value: unknown): Uint8Array {
  return fromBase64(decodeUtf8(fromBase64(leafText(value))) ?? '');
}
