/**
 * Strict reader of DER (ITU-T X.690 §10): definite lengths in their shortest form, low tag numbers, nothing left over.
 * BER's other spellings are refused, so what is read has one encoding.
 */

/** One element: its tag byte and where its content lies within `bytes`. */
export interface DerElement {
  readonly bytes: Uint8Array;
  readonly tag: number;
  /** Offset of the tag byte. */
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

export const DER_BOOLEAN = 0x01;
export const DER_INTEGER = 0x02;
export const DER_BIT_STRING = 0x03;
export const DER_OCTET_STRING = 0x04;
export const DER_NULL = 0x05;
export const DER_OID = 0x06;
export const DER_UTF8_STRING = 0x0c;
export const DER_GENERALIZED_TIME = 0x18;
export const DER_SEQUENCE = 0x30;
export const DER_SET = 0x31;

/** What the reader throws; callers turn it into the error code of what they were reading. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Reads the one element that fills the bytes. */
export function readDer(bytes: Uint8Array, tag?: number): DerElement {
  const element = elementAt(bytes, 0, bytes.length);
  if (element.end !== bytes.length) throw new DerError('bytes after the end');
  return tag === undefined ? element : expectTag(element, tag);
}

/** The elements within a constructed one, in order. */
export function children(parent: DerElement): DerElement[] {
  if ((parent.tag & 0x20) === 0) throw new DerError('a primitive element has no elements within');
  const elements: DerElement[] = [];
  for (let at = parent.contentStart; at < parent.end; ) {
    const element = elementAt(parent.bytes, at, parent.end);
    elements.push(element);
    at = element.end;
  }
  return elements;
}

/** Asserts that an element is there and has the tag. */
export function expectTag(element: DerElement | undefined, tag: number): DerElement {
  if (element === undefined) throw new DerError('an element is missing');
  if (element.tag !== tag) throw new DerError('an element has another type than expected');
  return element;
}

/** The content bytes (a view, not a copy). */
export function content(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.contentStart, element.end);
}

/** The whole encoding with tag and length (a view, not a copy). */
export function encoding(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.start, element.end);
}

/** Content of a BIT STRING of whole bytes. */
export function bitString(element: DerElement | undefined): Uint8Array {
  const bytes = content(expectTag(element, DER_BIT_STRING));
  if (bytes[0] !== 0) throw new DerError('a bit string is not of whole bytes');
  return bytes.subarray(1);
}

/** The named bits of a BIT STRING, the first as number 0; bits that are left out are not set (X.690 §11.2.2). */
export function bitStringFlags(element: DerElement | undefined): (bit: number) => boolean {
  const [unused, ...bytes] = content(expectTag(element, DER_BIT_STRING));
  if (unused === undefined || unused > 7 || (unused > 0 && bytes.length === 0)) throw new DerError('not a bit string');
  return (bit) => ((bytes[Math.floor(bit / 8)] ?? 0) & (0x80 >> (bit % 8))) !== 0;
}

/** Content of an INTEGER in its shortest form (X.690 §8.3.2), two's complement. */
export function integer(element: DerElement | undefined): Uint8Array {
  const bytes = content(expectTag(element, DER_INTEGER));
  if (bytes.length === 0) throw new DerError('an integer is empty');
  const padded = bytes.length > 1 && ((bytes[0] === 0 && bytes[1]! < 0x80) || (bytes[0] === 0xff && bytes[1]! >= 0x80));
  if (padded) throw new DerError('an integer is longer than needed');
  return bytes;
}

/** Content of an INTEGER that must be positive, without the sign byte. */
export function positiveInteger(element: DerElement | undefined): Uint8Array {
  const bytes = integer(element);
  if (bytes[0]! >= 0x80 || (bytes.length === 1 && bytes[0] === 0)) throw new DerError('an integer is not positive');
  return bytes[0] === 0 ? bytes.subarray(1) : bytes;
}

/** Dotted form of an OBJECT IDENTIFIER (X.690 §8.19). Arcs are below 2^53. */
export function objectIdentifier(element: DerElement | undefined): string {
  const bytes = content(expectTag(element, DER_OID));
  if (bytes.length === 0 || bytes[bytes.length - 1]! >= 0x80) throw new DerError('an object identifier is cut off');
  const arcs: number[] = [];
  let arc = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (arc === 0 && byte === 0x80) throw new DerError('an object identifier is longer than needed');
    arc = arc * 128 + (byte % 128);
    if (!Number.isSafeInteger(arc)) throw new DerError('an object identifier is too large');
    if (byte >= 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - first * 40);
    } else {
      arcs.push(arc);
    }
    arc = 0;
  }
  return arcs.join('.');
}

function elementAt(bytes: Uint8Array, start: number, limit: number): DerElement {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined || start + 2 > limit) throw new DerError('an element is cut off');
  if (tag % 32 === 31) throw new DerError('a tag number is too large');
  let contentStart = start + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first - 0x80;
    // X.690 §10.1: definite form, fewest bytes. Four length bytes are more than any input here may have.
    if (count === 0 || count > 4 || contentStart + count > limit) throw new DerError('a length is not in DER form');
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[contentStart + i]!;
    if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('a length is longer than needed');
    contentStart += count;
  }
  const end = contentStart + length;
  if (end > limit) throw new DerError('an element is cut off');
  return { bytes, tag, start, contentStart, end };
}
