/** The two attributes of a certificate's subject that people read. */
import { decodeUtf8 } from '../../core/bytes.ts';
import {
  children,
  content,
  DER_SEQUENCE,
  DER_UTF8_STRING,
  type DerElement,
  expectTag,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';
import type { Certificate } from './certificate.ts';

export interface DisplayName {
  organization?: string;
  commonName?: string;
}

const ATTRIBUTES: Readonly<Record<string, keyof DisplayName>> = {
  '2.5.4.3': 'commonName',
  '2.5.4.10': 'organization',
};
const DER_SET = 0x31;
const DER_PRINTABLE_STRING = 0x13;

/** Organization and common name (RFC 5280 §4.1.2.4), the first of each; other forms of text than UTF-8 and ASCII are passed over. */
export function displayNameOf({ subjectName }: Certificate): DisplayName {
  const name: DisplayName = {};
  for (const rdn of children(readDer(subjectName, DER_SEQUENCE))) {
    for (const attribute of children(expectTag(rdn, DER_SET))) {
      const [type, value] = children(expectTag(attribute, DER_SEQUENCE));
      const member = ATTRIBUTES[objectIdentifier(type)];
      const text = textOf(value);
      if (member !== undefined && text !== undefined) name[member] ??= text;
    }
  }
  return name;
}

function textOf(value: DerElement | undefined): string | undefined {
  if (value?.tag !== DER_UTF8_STRING && value?.tag !== DER_PRINTABLE_STRING) return undefined;
  return decodeUtf8(content(value));
}
