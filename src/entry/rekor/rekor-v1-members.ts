/** Members of what Rekor v1 clients submit: base64 of texts, hashes in hexadecimal. */
import { decodeUtf8, fromHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { anyBytesOf, type Members, membersOf, textOf } from '../encoding/members.ts';
import { hashNamed } from '../keys/signature-scheme.ts';
import { readVerifierPem, type VerifierChain } from '../leaf/verifier-pem.ts';

const CODE = 'malformed_submission';
/** Characters of a certificate chain as text; a whole leaf is shorter. */
const MAX_PEM_LENGTH = 400_000;

/** An object of known members. What is null counts as not set. @throws LogError malformed_submission */
export function proposed(value: unknown, known: readonly string[], what: string): Members {
  return Object.fromEntries(
    Object.entries(membersOf(value, known, what, CODE)).filter(([, member]) => member !== null),
  );
}

/** A text in base64. @throws LogError malformed_submission, malformed_base64 */
export function textInBase64(value: unknown, what: string): string {
  const text = decodeUtf8(anyBytesOf(value, what, CODE));
  if (text === undefined) throw new LogError(CODE, `${what} must be base64 of a text`, { at: what });
  return text;
}

/** A signer: base64 of a PEM text. @throws LogError with the codes of public keys and certificates */
export function verifierInBase64(value: unknown, what: string): VerifierChain & { pem: string } {
  const pem = textOf(textInBase64(value, what), what, CODE, MAX_PEM_LENGTH);
  return { ...readVerifierPem(pem), pem };
}

/** `{"algorithm", "value"}`; hexadecimal in either case, so that one digest makes one leaf. */
export function digestMember(value: unknown, what: string): { algorithm: string; digest: Uint8Array } {
  const { algorithm, value: digits } = proposed(value, ['algorithm', 'value'], what);
  const name = textOf(algorithm, `${what}.algorithm`, CODE, 16);
  const digest = fromHex(textOf(digits, `${what}.value`, CODE, 128).toLowerCase(), `${what}.value`);
  const known = hashNamed(name);
  if (known === undefined || digest.length * 8 !== Number(name.slice('sha'.length))) {
    throw new LogError(CODE, `${what} must be a sha256, sha384 or sha512 of its length`, { at: what });
  }
  return { algorithm: name, digest };
}
