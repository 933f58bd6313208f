/** Reads the members of a submitted document: known names only, and byte fields as text or as bytes. */
import { concat, fromAnyBase64, fromBase64 } from '../../core/bytes.ts';
import { type ErrorCode, LogError } from '../../core/errors.ts';

export type Members = Readonly<Record<string, unknown>>;

/**
 * An object whose members are all known.
 * @throws LogError of the given code for anything else; the message names no member, since names are untrusted
 */
export function membersOf(value: unknown, known: readonly string[], what: string, code: ErrorCode): Members {
  if (!isObject(value)) throw new LogError(code, `${what} must be an object`, { at: what });
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      throw new LogError(code, `${what} has a member that is not known; known are: ${known.join(', ')}`, { at: what });
    }
  }
  return value;
}

/** True for what JSON and msgpack call an object or a map with text keys. */
export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** A list. @throws LogError of the given code */
export function listOf(value: unknown, what: string, code: ErrorCode): readonly unknown[] {
  if (!Array.isArray(value)) throw new LogError(code, `${what} must be a list`, { at: what });
  return value;
}

/** A text of a bounded length. @throws LogError of the given code, or limit_exceeded */
export function textOf(value: unknown, what: string, code: ErrorCode, longest: number): string {
  if (typeof value !== 'string') throw new LogError(code, `${what} must be a string`, { at: what });
  if (value.length > longest) throw new LogError('limit_exceeded', `${what} is longer than ${longest}`, { at: what });
  return value;
}

/**
 * Bytes: canonical standard base64, or the bytes themselves where the document came as msgpack.
 * @throws LogError malformed_base64, or the given code where it is neither text nor bytes
 */
export function bytesOf(value: unknown, what: string, code: ErrorCode): Uint8Array {
  return typeof value === 'string' ? fromBase64(value, what) : rawBytes(value, what, code);
}

/** Like `bytesOf`, but either base64 alphabet, padded or not, as DSSE and protobuf JSON allow. */
export function anyBytesOf(value: unknown, what: string, code: ErrorCode): Uint8Array {
  return typeof value === 'string' ? fromAnyBase64(value, what) : rawBytes(value, what, code);
}

function rawBytes(value: unknown, what: string, code: ErrorCode): Uint8Array {
  // A copy: the bytes of a msgpack document are views of the whole document, and may be Node's Buffer.
  if (value instanceof Uint8Array) return concat(value);
  throw new LogError(code, `${what} must be base64`, { at: what });
}
