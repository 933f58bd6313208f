/** How a log ends: by a statement of its own that is its last entry. Whatever else says so has no effect. */
import { equalBytes } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { parsePublicKeyPem } from '../entry/keys/public-key.ts';
import { type LeafContent, parseLeaf } from '../entry/leaf/leaf.ts';
import { leafBindsPayload } from '../entry/leaf/payload-binding.ts';
import { type Frozen, readFrozenStatement, STATEMENT_PAYLOAD_TYPE } from '../entry/submission/log-statement.ts';
import type { LogIdentity } from './identity.ts';
import type { LogRows } from './ports.ts';
import type { SubmittedEntry } from './signer-limit.ts';

/** True where the last entry is the statement that ends the log: nothing is ever appended to it again. */
export function isFrozen(rows: LogRows, identity: LogIdentity): boolean {
  const last = rows.entry(rows.head().size - 1);
  if (last === undefined) return false;
  try {
    return endsLog(rows, last.index, parseLeaf(last.leaf), identity);
  } catch (error) {
    // A damaged leaf is found, and named, by whoever reads it next.
    if (isLogError(error, 'malformed_leaf')) return false;
    throw error;
  }
}

/**
 * True where an entry is the statement that ends the log: signed by its statement key, logged with its payload, about
 * this log, at this index. Anyone may log an envelope with the same words; it is somebody else's statement.
 */
export function endsLog(rows: LogRows, index: number, leaf: LeafContent, identity: LogIdentity): boolean {
  const { spki } = parsePublicKeyPem(identity.statementKey);
  const [signature, ...more] = leaf.signatures;
  if (signature === undefined || more.length > 0 || !equalBytes(signature.verifier.key.spki, spki)) return false;
  const payload = rows.payload(index);
  if (payload?.type !== STATEMENT_PAYLOAD_TYPE || payload.countsFrom !== index) return false;
  const stated = leafBindsPayload(leaf, payload) ? readEnd(payload.bytes) : undefined;
  return stated?.size === index && equalBytes(stated.logId, identity.logId);
}

function readEnd(payload: Uint8Array): Frozen | undefined {
  try {
    return readFrozenStatement(payload);
  } catch {
    // Another statement of the log's.
    return undefined;
  }
}

/**
 * Tells which submitted entries would end the log if they were appended: its statement key can be used by whoever runs
 * the log, but a log ends only while nobody writes to it.
 */
export function endsAsSubmitted({ statementKey }: LogIdentity): (entry: SubmittedEntry) => boolean {
  const { spkiHash } = parsePublicKeyPem(statementKey);
  return ({ signers, entry: { payload } }) =>
    payload !== undefined &&
    signers.some((signer) => equalBytes(signer, spkiHash)) &&
    readEnd(payload.bytes) !== undefined;
}

/** What a write to a log that has ended is refused with. */
export function logFrozen(): LogError {
  return new LogError('log_frozen', 'this log is frozen: it takes no more entries; switch to the one that follows it');
}
