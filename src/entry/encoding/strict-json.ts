/**
 * Strict JSON (RFC 8259 with the interoperability rules of RFC 7493, I-JSON): one meaning per text, bounded work.
 *
 * The engine's parser reads the values; what it forgives is found around it. Before parsing, one pass over the text
 * that jumps from quote to quote bounds depth and counts the members. After parsing, a walk over the values counts
 * them again: where a name is repeated, the second count is lower.
 */
import { LogError } from '../../core/errors.ts';

export interface JsonLimits {
  /** Nested arrays and objects. */
  depth: number;
  /** Members of all objects together. */
  members: number;
  /** Refuse integers beyond 2^53-1, which would silently change their value. */
  safeIntegers: boolean;
}

/** Limits for a request document. */
export const REQUEST_LIMITS: JsonLimits = { depth: 32, members: 1000, safeIntegers: true };

/**
 * Limits for a signed payload. Its bytes are what counts and they are kept as they are; a large integer in a field
 * that nobody here reads is no reason to refuse it.
 */
export const PAYLOAD_LIMITS: JsonLimits = { depth: 128, members: 1_000_000, safeIntegers: false };

/**
 * Parses a UTF-8 JSON text strictly.
 * @throws LogError malformed_json for invalid UTF-8, a byte order mark, repeated member names, a member `__proto__`,
 *   lone surrogates, numbers out of range, depth or size beyond the limits, and whatever is not one JSON text
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits = REQUEST_LIMITS): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw malformed('the text is not valid UTF-8');
  }
  return parseStrictJsonText(text, limits);
}

/** Like `parseStrictJson`, for a text that is decoded already. */
export function parseStrictJsonText(text: string, limits: JsonLimits = REQUEST_LIMITS): unknown {
  if (text.charCodeAt(0) === 0xfeff) throw malformed('the text starts with a byte order mark');
  const stated = countMembers(text, limits);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's message quotes the text, so it is not passed on.
    throw malformed(text.trim() === '' ? 'the text is empty' : 'the text is not one valid JSON document');
  }
  const found = checkValues(value, limits, text.includes('\\u'));
  if (found !== stated) throw malformed('a member name is repeated within one object');
  return value;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Counts the colons outside strings, which is the number of members if the text is valid, and bounds the depth. */
function countMembers(text: string, limits: JsonLimits): number {
  let members = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at + 1);
      if (at === -1) throw malformed('a string does not end');
    } else if (code === COLON) {
      if (++members > limits.members) throw malformed(`more than ${limits.members} members`, at);
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > limits.depth) throw malformed(`nested deeper than ${limits.depth} levels`, at);
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
  return members;
}

/** Offset of the quote that ends the string whose content starts at `from`, or -1. */
function stringEnd(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (end - 1 - escapes >= from && text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return -1;
}

/** Checks every value below and counts the members. Recursion is bounded by the depth that was checked before. */
function checkValues(value: unknown, limits: JsonLimits, surrogatesPossible: boolean): number {
  if (typeof value === 'string') {
    if (surrogatesPossible && LONE_SURROGATE.test(value)) throw malformed('a string holds a lone surrogate');
    return 0;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw malformed('a number is out of range');
    if (limits.safeIntegers && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw malformed('an integer is beyond 2^53-1; send it as a string');
    }
    return 0;
  }
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += checkValues(item, limits, surrogatesPossible);
    return members;
  }
  for (const name of Object.keys(value)) {
    if (name === '__proto__') throw malformed('a member is named __proto__');
    if (surrogatesPossible && LONE_SURROGATE.test(name)) throw malformed('a member name holds a lone surrogate');
    members += 1 + checkValues((value as Record<string, unknown>)[name], limits, surrogatesPossible);
  }
  return members;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function malformed(message: string, at?: number): LogError {
  return new LogError('malformed_json', message, at === undefined ? {} : { at: `character ${at}` });
}
