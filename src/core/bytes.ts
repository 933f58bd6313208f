/** Byte strings: comparison, strict text encodings, and the size checks that every boundary uses. */
import { LogError } from './errors.ts';

/** Longest byte string that engines keep in their own heap, where making it costs next to nothing. */
const IN_HEAP = 64;
/** Longest byte string that shares memory with others. */
const SHARED = 4096;
const SLAB_LENGTH = 32_768;

/** Where the next byte strings of middle length lie, one behind the other. */
let slab = new ArrayBuffer(0);
let slabUsed = 0;

/**
 * Room for a new byte string. Memory of its own costs one of a few hundred bytes more than all that is done with it: it
 * is asked for, kept account of by the collector, and given back, each by itself. So those share, as Node's buffers do.
 */
function room(length: number): Uint8Array {
  if (length <= IN_HEAP || length > SHARED) return new Uint8Array(length);
  const bytes = peek(length);
  slabUsed += length;
  return bytes;
}

/** The next free bytes, which are free until `slabUsed` is raised. */
function peek(length: number): Uint8Array {
  if (slabUsed + length > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_LENGTH);
    slabUsed = 0;
  }
  return new Uint8Array(slab, slabUsed, length);
}

/** Joins byte strings into a new one. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = room(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Compares contents. Not constant-time: what the log compares is public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Orders byte strings as memcmp does, the shorter first where one is a prefix of the other. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * Node's Buffer, chosen once. Its base64 is up to sixty times as fast as `atob`, its hexadecimal up to twenty times as
 * fast as the loops below, which are for browsers. Nothing is imported for it.
 */
const NodeBuffer: typeof Buffer | undefined = globalThis.Buffer;

/**
 * Where Node turns small byte strings into text and back. Asking a typed array for its `buffer` moves one of up to 64
 * bytes out of the engine's heap, which costs three times as much as copying it here first (hexadecimal of a hash: 320
 * against 85 ns, the collector's work not counted). Written and read within one call.
 */
const scratch = NodeBuffer?.allocUnsafeSlow(16_384);

function nodeText(bytes: Uint8Array, encoding: 'hex' | 'base64'): string | undefined {
  if (scratch === undefined) return undefined;
  if (bytes.length > scratch.length) {
    return NodeBuffer?.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
  }
  scratch.set(bytes);
  return scratch.toString(encoding, 0, bytes.length);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  const text = nodeText(bytes, 'hex');
  if (text !== undefined) return text;
  let hex = '';
  for (const byte of bytes) hex += HEX[byte];
  return hex;
}

/**
 * Reads lower-case hexadecimal.
 * @throws LogError malformed_hex for anything else, upper case and odd lengths included
 */
export function fromHex(hex: string, name = 'value'): Uint8Array {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/.test(hex)) {
    throw new LogError('malformed_hex', `${name} is not lower-case hexadecimal of whole bytes`, { at: name });
  }
  if (NodeBuffer) return new Uint8Array(NodeBuffer.from(hex, 'hex'));
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  const text = nodeText(bytes, 'base64');
  if (text !== undefined) return text;
  const CHUNK = 0x8000; // an argument list this long is safe in every engine
  let binary = '';
  for (let i = 0; i < bytes.length; i += CHUNK) binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(binary);
}

/**
 * Reads canonical standard base64 (RFC 4648 §4): padded, no white space, unused bits zero.
 * @throws LogError malformed_base64 for any string that `toBase64` would not have produced
 */
export function fromBase64(text: string, name = 'value'): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined) {
    throw new LogError('malformed_base64', `${name} is not canonical standard base64 with padding`, { at: name });
  }
  return bytes;
}

/**
 * Reads standard or URL-safe base64 (RFC 4648 §4, §5), padded or not, as DSSE and protobuf JSON allow. One alphabet
 * per text; unused bits must be zero and white space is refused, so that each byte string has four spellings at most.
 * @throws LogError malformed_base64
 */
export function fromAnyBase64(text: string, name = 'value'): Uint8Array {
  // Nearly all of it is canonical in the standard alphabet, and then needs no second look.
  return decodeBase64(text) ?? fromUnusualBase64(text, name);
}

function fromUnusualBase64(text: string, name: string): Uint8Array {
  const urlSafe = /[-_]/.test(text);
  let standard = text;
  if (urlSafe && !/[+/]/.test(text)) standard = text.replaceAll('-', '+').replaceAll('_', '/');
  if (!standard.endsWith('=')) standard += '='.repeat((4 - (standard.length % 4)) % 4);
  const bytes = decodeBase64(standard);
  if (bytes === undefined) {
    throw new LogError('malformed_base64', `${name} is not canonical base64`, { at: name });
  }
  return bytes;
}

function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  // Both decoders forgive: white space, unused bits that are not zero, foreign characters. What encodes back to the
  // same text is canonical.
  if (scratch !== undefined && text.length <= scratch.length) {
    const length = scratch.write(text, 'base64');
    if (scratch.toString('base64', 0, length) !== text) return undefined;
    const bytes = room(length);
    bytes.set(scratch.subarray(0, length));
    return bytes;
  }
  const bytes = NodeBuffer ? new Uint8Array(NodeBuffer.from(text, 'base64')) : decodeWithAtob(text);
  return bytes !== undefined && toBase64(bytes) === text ? bytes : undefined;
}

function decodeWithAtob(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  // Three bytes for a UTF-16 unit at most.
  const most = 3 * text.length;
  if (most > SHARED) return encoder.encode(text);
  const space = peek(most);
  const { written } = encoder.encodeInto(text, space);
  if (written <= IN_HEAP) return space.slice(0, written);
  slabUsed += written;
  return space.subarray(0, written);
}

/** Number of bytes that `utf8` makes of a text. */
export function utf8Length(text: string): number {
  return NodeBuffer ? NodeBuffer.byteLength(text) : encoder.encode(text).length;
}

/** Text of UTF-8 bytes, or undefined where they are not well-formed UTF-8. A byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Eight bytes, big-endian, of a non-negative safe integer. */
export function u64be(value: number): Uint8Array {
  assertSize(value, 'value');
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / 0x1_0000_0000));
  view.setUint32(4, value % 0x1_0000_0000);
  return bytes;
}

/**
 * Asserts a tree size or an index: a safe integer, 0 or more.
 * @throws RangeError, since a caller passed something it should have checked
 */
export function assertSize(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a safe integer of 0 or more`);
}

/**
 * Reads a canonical decimal number: `0` or digits without a leading zero, below 2^53.
 * @returns undefined for anything else
 */
export function parseDecimal(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
