/** Certificate extensions that say who signed, where and why: subject alternative names and Fulcio's. */
import { decodeUtf8 } from '../core/bytes.ts';
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
} from './der.ts';

export interface CertificateExtensions {
  /** Subject alternative names as text: email, URI, DNS, and Fulcio's otherName. */
  readonly names: readonly string[];
  /** OIDC issuer: Fulcio's extension .8, else .1. */
  readonly oidcIssuer: string | undefined;
  /** Fulcio's extensions by the last arc of their identifier, `8` for the issuer, as text. */
  readonly fulcio: ReadonlyMap<number, string>;
  /** All of them by their identifier, as they came; what only a path's judge needs is read from here. */
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** RFC 5280 §4.2 */
export interface Extension {
  readonly critical: boolean;
  /** What its OCTET STRING holds; not yet read. */
  readonly value: Uint8Array;
}

export const SUBJECT_ALT_NAME = '2.5.29.17';
const FULCIO = '1.3.6.1.4.1.57264.1.';
/** Username in an otherName (Fulcio .7). */
const FULCIO_OTHER_NAME = `${FULCIO}7`;
/** Extensions up to this arc hold bare text; later ones a DER UTF8String. */
const LAST_BARE_TEXT = 6;
const LAST_KNOWN = 24;

/** Reads the extension list of a certificate (RFC 5280 §4.2). Throws DerError. */
export function readExtensions(list: readonly DerElement[]): CertificateExtensions {
  let names: string[] = [];
  const fulcio = new Map<number, string>();
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
    if (oid === SUBJECT_ALT_NAME) names = readNames(value);
    else if (oid.startsWith(FULCIO)) {
      const arc = Number(oid.slice(FULCIO.length));
      if (Number.isInteger(arc) && arc >= 1 && arc <= LAST_KNOWN) fulcio.set(arc, readFulcio(arc, value));
    }
  }
  return { names, fulcio, extensions, oidcIssuer: fulcio.get(8) ?? fulcio.get(1) };
}
/** RFC 5280 §4.2.1.6; kinds of names that identify no signer are passed over. */
function readNames(value: Uint8Array): string[] {
  const names: string[] = [];
  for (const name of children(readDer(value, DER_SEQUENCE))) {
    if (name.tag === 0x81 || name.tag === 0x82 || name.tag === 0x86) names.push(text(content(name)));
    else if (name.tag === 0xa0) {
      const [oid, wrapped] = children(name);
      if (objectIdentifier(oid) !== FULCIO_OTHER_NAME) continue;
      names.push(text(content(expectTag(children(expectTag(wrapped, 0xa0))[0], DER_UTF8_STRING))));
    }
  }
  return names;
}

function readFulcio(arc: number, value: Uint8Array): string {
  return text(arc <= LAST_BARE_TEXT ? value : content(readDer(value, DER_UTF8_STRING)));
}

function text(bytes: Uint8Array): string {
  const decoded = decodeUtf8(bytes);
  if (decoded === undefined) throw new DerError('a name is not text');
  return decoded;
}
