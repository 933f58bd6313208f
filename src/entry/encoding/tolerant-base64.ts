/**
 * Base64 as files in the field have it: wrapped in lines, or with unused bits that are not zero. The log's border takes
 * canonical base64 only; who reads files made by other tools brings them into that form first.
 */
import { isObject } from './members.ts';

/** Byte fields of DSSE envelopes and Sigstore bundles. */
const BYTE_FIELDS = new Set([
  'payload',
  'sig',
  'signature',
  'rawBytes',
  'digest',
  'signedTimestamp',
  'canonicalizedBody',
  'keyId',
  'signedEntryTimestamp',
  'rootHash',
]);

/**
 * A copy of a document with the base64 of its byte fields made canonical. What is not base64 at all stays as it is,
 * to be refused by whoever reads it.
 */
export function withCanonicalBase64(document: unknown): unknown {
  if (Array.isArray(document)) return document.map(withCanonicalBase64);
  if (!isObject(document)) return document;
  return Object.fromEntries(
    Object.entries(document).map(([name, value]) => [
      name,
      typeof value === 'string' && BYTE_FIELDS.has(name) ? canonicalBase64(value) : withCanonicalBase64(value),
    ]),
  );
}

/** Standard or URL-safe base64, without line breaks and with unused bits set to zero. */
export function canonicalBase64(text: string): string {
  const joined = text.replace(/[\r\n]+/g, '');
  const [, body, padding] = /^([A-Za-z0-9+/_-]*)(={0,2})$/.exec(joined) ?? [];
  if (body === undefined || padding === undefined) return text;
  // 2 characters over a multiple of 4 carry 4 unused bits, 3 carry 2.
  const unused = { 2: 4, 3: 2 }[body.length % 4];
  if (unused === undefined) return joined;
  const alphabet = body.includes('-') || body.includes('_') ? URL_SAFE : STANDARD;
  const last = alphabet.indexOf(body.charAt(body.length - 1));
  const step = 2 ** unused;
  return body.slice(0, -1) + alphabet.charAt(Math.floor(last / step) * step) + padding;
}

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = STANDARD.replace('+/', '-_');
