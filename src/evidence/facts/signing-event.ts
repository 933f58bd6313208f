/** The identities of the signing events that a stored entry records. */
import { digestOf, legacySchemesOf, schemesOf } from '../../entry/keys/signature-scheme.ts';
import { pae } from '../../entry/leaf/dsse.ts';
import { eventId } from '../../entry/leaf/event-id.ts';
import type { LeafContent } from '../../entry/leaf/leaf.ts';
import type { LeafSignature, VerifiedSignature } from '../../entry/leaf/verifier.ts';
import { nativeChecks } from '../../log/native/native-signatures.ts';

/**
 * An event id (32 bytes) for each signature of the leaf, in its order. Undefined where the signed digest is neither in
 * the leaf nor to be had from the payload.
 * @param payload as stored, which is bound to the leaf
 */
export function eventIdsOf(
  leaf: LeafContent,
  payload: { readonly bytes: Uint8Array; readonly type: string } | undefined,
): (Uint8Array | undefined)[] {
  if (leaf.kind === 'hashedrekord') return [eventId(leaf.digest, leaf.signatures[0].verifier.key.spki)];
  if (payload === undefined) return leaf.signatures.map(() => undefined);
  const message = pae(payload.type, payload.bytes);
  return leaf.signatures.map((signature) => {
    const { key } = signature.verifier;
    return eventId(digestOf(hashIn(signature, message), message), key.spki);
  });
}

/** The hash that a signature is over. Kinds of Rekor v1 do not say which of a key's schemes was used. */
function hashIn(signature: LeafSignature | VerifiedSignature, message: Uint8Array) {
  if ('scheme' in signature) return signature.scheme.hash;
  const { key } = signature.verifier;
  const [first, ...others] = [...schemesOf(key), ...legacySchemesOf(key)];
  const other = others.find(({ hash }) => hash !== first!.hash);
  if (other === undefined) return first!.hash;
  return nativeChecks.verifyMessage(key, other, message, signature.signature) ? other.hash : first!.hash;
}
