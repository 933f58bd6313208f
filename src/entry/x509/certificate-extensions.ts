/** Certificate extensions that say who signed, where and why: subject alternative names and Fulcio's. */
import { decodeUtf8 } from '../../core/bytes.ts';
import {
  children,
  content,
  DER_BOOLEAN,
  DER_OCTET_STRING,
  DER_SEQUENCE,
  DER_UTF8_STRING,
  type DerElement,
  DerError,
  expectTag,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';
import { FULCIO_OTHER_NAME, type FulcioFacts, readFulcioFacts } from './fulcio-facts.ts';

export interface CertificateExtensions {
  /** Subject alternative names as text: email, URI, DNS, and Fulcio's otherName. */
  readonly names: readonly string[];
  readonly facts: FulcioFacts;
  /** The OIDC issuer among the facts. */
  readonly oidcIssuer: string | undefined;
  /** All of them by their identifier, as they came; what only a path's judge needs is read from here. */
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** RFC 5280 §4.2 */
export interface Extension {
  readonly critical: boolean;
  /** What its OCTET STRING holds; not yet read. */
  readonly value: Uint8Array;
}

export const SUBJECT_KEY_ID = '2.5.29.14';
export const KEY_USAGE = '2.5.29.15';
export const SUBJECT_ALT_NAME = '2.5.29.17';
export const BASIC_CONSTRAINTS = '2.5.29.19';
export const NAME_CONSTRAINTS = '2.5.29.30';
export const AUTHORITY_KEY_ID = '2.5.29.35';
export const EXTENDED_KEY_USAGE = '2.5.29.37';

/** Reads the extension list of a certificate (RFC 5280 §4.2). Throws DerError. */
export function readExtensions(list: readonly DerElement[]): CertificateExtensions {
  const extensions = new Map<string, Extension>();
  for (const extension of list) {
    const parts = children(expectTag(extension, DER_SEQUENCE));
    const oid = objectIdentifier(parts[0]);
    if (extensions.has(oid)) throw new DerError('an extension is repeated');
    // DER leaves out `critical` where it is false; some issuers write it all the same.
    const hasCritical = parts[1]?.tag === DER_BOOLEAN;
    if (parts.length !== (hasCritical ? 3 : 2)) throw new DerError('unexpected elements');
    const value = content(expectTag(parts[parts.length - 1], DER_OCTET_STRING));
    extensions.set(oid, { critical: hasCritical && content(parts[1]!)[0] !== 0, value });
  }
  const alternative = extensions.get(SUBJECT_ALT_NAME);
  const { names, otherName } =
    alternative === undefined ? { names: [], otherName: undefined } : readNames(alternative.value);
  const facts = readFulcioFacts(extensions, otherName);
  return { names, facts, extensions, oidcIssuer: facts.issuerV2 ?? facts.issuer };
}

/** RFC 5280 §4.2.1.6; kinds of names that identify no signer are passed over. */
function readNames(value: Uint8Array): { names: string[]; otherName: string | undefined } {
  const names: string[] = [];
  let otherName: string | undefined;
  for (const name of children(readDer(value, DER_SEQUENCE))) {
    if (name.tag === 0x81 || name.tag === 0x82 || name.tag === 0x86) names.push(text(content(name)));
    else if (name.tag === 0xa0) {
      const [oid, wrapped] = children(name);
      if (objectIdentifier(oid) !== FULCIO_OTHER_NAME) continue;
      const user = text(content(expectTag(children(expectTag(wrapped, 0xa0))[0], DER_UTF8_STRING)));
      names.push(user);
      otherName ??= user;
    }
  }
  return { names, otherName };
}

function text(bytes: Uint8Array): string {
  const decoded = decodeUtf8(bytes);
  if (decoded === undefined) throw new DerError('a name is not text');
  return decoded;
}
