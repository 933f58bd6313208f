/**
 * A transparency log's promise to have taken an entry at a time: Rekor v1's signed entry timestamp, with what it is
 * signed over.
 */
import { equalBytes, toBase64, toHex, utf8 } from '../../core/bytes.ts';
import { isLogError } from '../../core/errors.ts';
import { canonicalJson } from '../encoding/canonical-json.ts';
import type { Certificate } from '../x509/certificate.ts';
import { type LeafContent, parseLeaf } from './leaf.ts';

export interface LogPromise {
  /** SHA-256 of the log's SPKI, as a rule; whoever names the log says. */
  readonly logId: Uint8Array;
  /** In the log as a whole. */
  readonly logIndex: number;
  /** When the log says that it took the entry, seconds since 1970. */
  readonly integratedTime: number;
  /** Leaf bytes. */
  readonly body: Uint8Array;
  /** The log's signature, the signed entry timestamp. */
  readonly promise: Uint8Array;
}

/** What the log signs: body, time, log and index as canonical JSON (RFC 8785). */
export function promisedBytes({ body, integratedTime, logId, logIndex }: Omit<LogPromise, 'promise'>): Uint8Array {
  return utf8(canonicalJson({ body: toBase64(body), integratedTime, logID: toHex(logId), logIndex }));
}

/**
 * True where the promised entry is of this very signature, by this very certificate. That is enough for a time, as the
 * imprint is for a timestamp: nobody could have put a signature into an entry that was yet to be made. What was signed
 * is bound by the signature.
 */
export function isPromiseOf({ body }: LogPromise, signature: Uint8Array, certificate: Certificate): boolean {
  return (
    leafOf(body)?.signatures.some(
      (one) =>
        equalBytes(one.signature, signature) &&
        one.verifier.certificate !== undefined &&
        equalBytes(one.verifier.certificate.der, certificate.der),
    ) === true
  );
}

function leafOf(body: Uint8Array): LeafContent | undefined {
  try {
    return parseLeaf(body);
  } catch (error) {
    if (isLogError(error, 'malformed_leaf')) return undefined;
    throw error;
  }
}
