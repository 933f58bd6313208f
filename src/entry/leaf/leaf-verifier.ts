/** The `verifier` object that both leaf kinds carry (Rekor v2, `Verifier` message). */
import { fromBase64, toBase64 } from '../../core/bytes.ts';
import { type Members, membersOf } from '../encoding/members.ts';
import { parsePublicKey } from '../keys/public-key.ts';
import { schemeNamed } from '../keys/signature-scheme.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { certificateVerifier, keyVerifier, type VerifiedSignature } from './verifier.ts';

/** `{"content":…,"verifier":{…}}`, members in RFC 8785 order; every value is ASCII that needs no escapes. */
export function signatureJson({ signature, verifier, scheme }: VerifiedSignature): string {
  const raw = verifier.certificate
    ? `"x509Certificate":{"rawBytes":"${toBase64(verifier.certificate.der)}"}`
    : `"publicKey":{"rawBytes":"${toBase64(verifier.key.spki)}"}`;
  const details = scheme.keyDetails;
  const keyDetailsFirst = `"keyDetails":"${details}",${raw}`; // "keyDetails" sorts before both
  return `{"content":"${toBase64(signature)}","verifier":{${keyDetailsFirst}}}`;
}

/** Reads what `signatureJson` wrote. Throws LogError of various codes; the caller makes them malformed_leaf. */
export function readSignatureJson(value: unknown): VerifiedSignature {
  const members = membersOf(value, ['content', 'verifier'], 'signature', 'malformed_leaf');
  const stored = membersOf(
    members.verifier,
    ['keyDetails', 'publicKey', 'x509Certificate'],
    'verifier',
    'malformed_leaf',
  );
  const verifier =
    stored.x509Certificate === undefined
      ? keyVerifier(parsePublicKey(rawBytes(stored.publicKey)))
      : certificateVerifier(parseCertificate(rawBytes(stored.x509Certificate)));
  const scheme = schemeNamed(verifier.key, String(stored.keyDetails));
  if (scheme === undefined) throw new TypeError('keyDetails does not name a scheme of the key');
  return { signature: fromBase64(text(members, 'content')), verifier, scheme };
}

function rawBytes(value: unknown): Uint8Array {
  return fromBase64(text(membersOf(value, ['rawBytes'], 'verifier', 'malformed_leaf'), 'rawBytes'));
}

function text(members: Members, name: string): string {
  const value = members[name];
  if (typeof value !== 'string') throw new TypeError(`${name} is not a string`);
  return value;
}
