/** Distinguished names (RFC 5280 §4.1.2.4) in a form that can be compared. */
import { decodeUtf8, toHex } from '../../core/bytes.ts';
import {
  children,
  content,
  DER_SEQUENCE,
  DER_UTF8_STRING,
  encoding,
  expectTag,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';

const SET = 0x31;
const PRINTABLE_STRING = 0x13;
const TELETEX_STRING = 0x14;
const IA5_STRING = 0x16;
const BMP_STRING = 0x1e;
/** PKCS #9 emailAddress. */
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';

export interface DistinguishedName {
  /** Relative distinguished names in order, each as one comparable text. */
  readonly rdns: readonly string[];
  /** Values of emailAddress attributes, which older issuers put here instead of into the alternative names. */
  readonly emails: readonly string[];
}

/** Reads a Name's DER. @throws DerError */
export function readDistinguishedName(der: Uint8Array): DistinguishedName {
  const emails: string[] = [];
  const rdns = children(readDer(der, DER_SEQUENCE)).map((rdn) => {
    const attributes = children(expectTag(rdn, SET)).map((attribute) => {
      const [type, value] = children(expectTag(attribute, DER_SEQUENCE));
      const oid = objectIdentifier(type);
      const text = value && decodeText(value.tag, content(value));
      if (oid === EMAIL_ADDRESS) emails.push(text ?? '');
      return `${oid}=${text === undefined ? toHex(encoding(value!)) : folded(text)}`;
    });
    return attributes.sort().join('\n');
  });
  return { rdns, emails };
}

/** RFC 5280 §7.1 compares without regard to case and to white space beyond one space (RFC 4518). */
function folded(text: string): string {
  return JSON.stringify(text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim());
}

function decodeText(tag: number, bytes: Uint8Array): string | undefined {
  switch (tag) {
    case DER_UTF8_STRING:
      return decodeUtf8(bytes);
    case PRINTABLE_STRING:
    case TELETEX_STRING:
    case IA5_STRING:
      return String.fromCharCode(...bytes);
    case BMP_STRING: {
      let text = '';
      for (let i = 0; i + 1 < bytes.length; i += 2) text += String.fromCharCode(bytes[i]! * 256 + bytes[i + 1]!);
      return text;
    }
    default:
      return undefined;
  }
}
