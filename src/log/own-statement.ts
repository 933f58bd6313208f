/** Which entries are the log's own statements: anyone may log an envelope with the same words. */
import { equalBytes } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { parsePublicKeyPem } from '../entry/keys/public-key.ts';
import { type LeafContent, parseLeaf } from '../entry/leaf/leaf.ts';
import { leafBindsPayload } from '../entry/leaf/payload-binding.ts';
import { STATEMENT_PAYLOAD_TYPE } from '../entry/submission/log-statement.ts';
import type { LogIdentity } from './identity.ts';
import type { LogRows } from './ports.ts';

/**
 * The bytes of an entry's statement, where it is the log's: signed by its statement key alone, and logged with its
 * payload. What it says, and whether it says it of this index, is for the caller to read.
 */
export function ownStatement(
  rows: Pick<LogRows, 'payload'>,
  index: number,
  leaf: LeafContent,
  identity: LogIdentity,
): Uint8Array | undefined {
  if (!isSignedByLog(leaf, identity)) return undefined;
  const payload = rows.payload(index);
  if (payload?.type !== STATEMENT_PAYLOAD_TYPE || payload.countsFrom !== index) return undefined;
  return leafBindsPayload(leaf, payload) ? payload.bytes : undefined;
}

/** True where the log's statement key made the leaf's only signature. */
export function isSignedByLog(leaf: LeafContent, identity: LogIdentity): boolean {
  const { spki } = parsePublicKeyPem(identity.statementKey);
  const [signature, ...more] = leaf.signatures;
  return signature !== undefined && more.length === 0 && equalBytes(signature.verifier.key.spki, spki);
}

/** The same of a stored entry; undefined too where there is none, or its leaf cannot be read. */
export function ownStatementAt(
  rows: Pick<LogRows, 'entry' | 'payload'>,
  index: number,
  identity: LogIdentity,
): Uint8Array | undefined {
  const row = rows.entry(index);
  if (row === undefined) return undefined;
  try {
    return ownStatement(rows, index, parseLeaf(row.leaf), identity);
  } catch (error) {
    // A damaged leaf is found, and named, by whoever reads it next.
    if (isLogError(error, 'malformed_leaf')) return undefined;
    throw error;
  }
}

/** What a statement says; undefined where it is another one. */
export function readAs<T>(read: (payload: Uint8Array) => T, payload: Uint8Array): T | undefined {
  try {
    return read(payload);
  } catch {
    return undefined;
  }
}
