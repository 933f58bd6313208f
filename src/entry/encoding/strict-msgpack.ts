/**
 * Looks a msgpack body over before anything is built from it: what a decoder allocates is decided by a few bytes, so
 * the numbers come first. Accepts what JSON can say, and byte strings; nothing else of the format.
 */
import { decodeUtf8 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';

export interface MsgpackLimits {
  /** Elements of the outermost array. */
  items: number;
  /** Values below each of them, keys included. */
  valuesPerItem: number;
  depth: number;
}

/**
 * Checks that the bytes are one array of items, within the limits, without extension types, duplicate keys, keys that
 * are no text, or anything behind the end.
 * @returns the number of items
 * @throws LogError malformed_msgpack, limit_exceeded
 */
export function checkMsgpackItems(bytes: Uint8Array, limits: MsgpackLimits): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let values = 0;

  function take(length: number): number {
    const start = at;
    at += length;
    if (at > bytes.length) throw malformed('the body ends within a value');
    return start;
  }

  function unsigned(width: 1 | 2 | 4): number {
    const start = take(width);
    return width === 1 ? view.getUint8(start) : width === 2 ? view.getUint16(start) : view.getUint32(start);
  }

  function text(length: number): string {
    const start = take(length);
    const read = decodeUtf8(bytes.subarray(start, start + length));
    if (read === undefined) throw malformed('a text is not UTF-8');
    return read;
  }

  function list(count: number, depth: number): void {
    if (depth === 0) throw new LogError('limit_exceeded', `values are nested more than ${limits.depth} deep`);
    for (let i = 0; i < count; i++) value(depth - 1);
  }

  function map(count: number, depth: number): void {
    if (depth === 0) throw new LogError('limit_exceeded', `values are nested more than ${limits.depth} deep`);
    const keys = new Set<string>();
    for (let i = 0; i < count; i++) {
      const key = textLength(bytes[take(1)]!);
      if (key === undefined) throw malformed('a key is not a text');
      const name = text(key);
      if (name === '__proto__' || keys.has(name)) throw malformed('a key is repeated or not allowed');
      keys.add(name);
      value(depth - 1);
    }
  }

  /** Length of the text that a type byte begins, undefined for other types. */
  function textLength(type: number): number | undefined {
    if (type >= 0xa0 && type <= 0xbf) return type - 0xa0;
    if (type === 0xd9) return unsigned(1);
    if (type === 0xda) return unsigned(2);
    return type === 0xdb ? unsigned(4) : undefined;
  }

  function value(depth: number): void {
    if (++values > limits.valuesPerItem) {
      throw new LogError('limit_exceeded', `an item holds more than ${limits.valuesPerItem} values`);
    }
    const type = bytes[take(1)]!;
    const length = textLength(type);
    if (length !== undefined) text(length);
    else if (type <= 0x7f || type >= 0xe0 || type === 0xc0 || type === 0xc2 || type === 0xc3) return;
    else if (type <= 0x8f) map(type - 0x80, depth);
    else if (type <= 0x9f) list(type - 0x90, depth);
    else if (type === 0xdc || type === 0xdd) list(unsigned(type === 0xdc ? 2 : 4), depth);
    else if (type === 0xde || type === 0xdf) map(unsigned(type === 0xde ? 2 : 4), depth);
    else if (type >= 0xc4 && type <= 0xc6) take(unsigned(BINARY_WIDTH[type - 0xc4]!));
    else if (FIXED_WIDTH[type] !== undefined) take(FIXED_WIDTH[type]);
    else throw malformed('the body holds an extension type');
  }

  const count = arrayLength(bytes[take(1)], unsigned);
  if (count === undefined) throw malformed('the body must be an array of submissions');
  if (count > limits.items) throw new LogError('limit_exceeded', `a batch holds at most ${limits.items} submissions`);
  for (let i = 0; i < count; i++) {
    values = 0;
    value(limits.depth);
  }
  if (at !== bytes.length) throw malformed('something follows the array');
  return count;
}

function arrayLength(type: number | undefined, unsigned: (width: 2 | 4) => number): number | undefined {
  if (type !== undefined && type >= 0x90 && type <= 0x9f) return type - 0x90;
  if (type === 0xdc) return unsigned(2);
  return type === 0xdd ? unsigned(4) : undefined;
}

const BINARY_WIDTH = [1, 2, 4] as const;

/** Bytes behind the type byte: floats, unsigned and signed integers. */
const FIXED_WIDTH: Readonly<Record<number, number>> = {
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
};

function malformed(message: string): LogError {
  return new LogError('malformed_msgpack', message);
}
