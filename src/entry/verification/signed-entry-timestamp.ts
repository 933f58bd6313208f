/** Signed entry timestamps: the promise of a Rekor v1 log to have taken an entry at a time. */
import { toBase64, toHex, utf8 } from '../../core/bytes.ts';
import type { TransparencyLogEntry } from '../bundle/transparency-log-entry.ts';
import { canonicalJson } from '../encoding/canonical-json.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import type { TrustedKey } from '../trust/trusted-key.ts';

/** What the log signs: body, time, log and index as canonical JSON (RFC 8785). */
function promisedBytes({ body, integratedTime, logId, logIndex }: TransparencyLogEntry): Uint8Array {
  return utf8(canonicalJson({ body: toBase64(body), integratedTime, logID: toHex(logId), logIndex }));
}

/** True where the entry's promise is the log's. */
export function isPromisedBy(
  { key, scheme }: TrustedKey,
  entry: TransparencyLogEntry,
  checks: SignatureChecks,
): boolean {
  return entry.promise !== undefined && checks.verifyMessage(key, scheme, promisedBytes(entry), entry.promise);
}
