/** TSTInfo (RFC 3161 §2.4.2): what a timestamp authority signs. */
import {
  children,
  content,
  DER_BOOLEAN,
  DER_GENERALIZED_TIME,
  DER_INTEGER,
  DER_OCTET_STRING,
  DER_SEQUENCE,
  type DerElement,
  DerError,
  expectTag,
  integer,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';
import { readDigestAlgorithm } from '../keys/digest-algorithm.ts';
import type { HashAlgorithm } from '../keys/signature-scheme.ts';

export interface TstInfo {
  /** What was stamped, by its hash. */
  readonly imprint: { readonly algorithm: HashAlgorithm; readonly digest: Uint8Array };
  /** Seconds since 1970, fractions kept. */
  readonly time: number;
}

/** Reads it; an extension that is critical is refused, since none is known here. Throws DerError. */
export function readTstInfo(bytes: Uint8Array): TstInfo {
  const [version, policy, imprint, serial, time, ...optional] = children(readDer(bytes, DER_SEQUENCE));
  const number = integer(version);
  if (number.length !== 1 || number[0] !== 1) throw new DerError('not version 1');
  objectIdentifier(policy);
  integer(serial);
  checkOptional(optional);
  return { imprint: readImprint(imprint), time: readGeneralizedTime(time) };
}

function readImprint(element: DerElement | undefined): TstInfo['imprint'] {
  const [algorithm, digest, ...rest] = children(expectTag(element, DER_SEQUENCE));
  if (rest.length > 0) throw new DerError('unexpected elements');
  return { algorithm: readDigestAlgorithm(algorithm), digest: content(expectTag(digest, DER_OCTET_STRING)) };
}

/** Authority name [0] and extensions [1]. */
const TSA = 0xa0;
const EXTENSIONS = 0xa1;

/** Accuracy, ordering, nonce, name and extensions, each once at most and in this order. */
function checkOptional(fields: readonly DerElement[]): void {
  let last = -1;
  for (const field of fields) {
    const position = [DER_SEQUENCE, DER_BOOLEAN, DER_INTEGER, TSA, EXTENSIONS].indexOf(field.tag);
    if (position <= last) throw new DerError('unexpected elements');
    last = position;
    if (field.tag === EXTENSIONS && children(field).some(isCritical)) throw new DerError('a critical extension');
  }
}

function isCritical(extension: DerElement): boolean {
  const critical = children(expectTag(extension, DER_SEQUENCE))[1];
  return critical?.tag === DER_BOOLEAN && content(critical)[0] !== 0;
}

/**
 * X.690 §11.7: YYYYMMDDhhmmss[.f…]Z. A fraction may end in a zero, which some authorities write; they signed the bytes,
 * so there is no second meaning to fear.
 */
function readGeneralizedTime(element: DerElement | undefined): number {
  const text = String.fromCharCode(...content(expectTag(element, DER_GENERALIZED_TIME)).subarray(0, 32));
  const [, year, month, day, hour, minute, second, fraction = ''] =
    /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(\.[0-9]{1,9})?Z$/.exec(text) ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const milliseconds = Date.parse(iso);
  // The engine turns the 30th of February into a day of March.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== iso) throw new DerError('not a time');
  return milliseconds / 1000 + Number(`0${fraction}`);
}
