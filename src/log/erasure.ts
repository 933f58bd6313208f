/** Erased payloads: which tombstone says so, and what can never be erased. */
import { equalBytes, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { parseLeaf } from '../entry/leaf/leaf.ts';
import { readStatement } from '../entry/leaf/statement.ts';
import { type Erased, readErasedStatement } from '../entry/submission/erased-statement.ts';
import type { LoggedLeaf } from '../entry/submission/log-statement.ts';
import type { LogIdentity } from './identity.ts';
import type { ErasureNotice } from './log.ts';
import { isSignedByLog, ownStatementAt, readAs } from './own-statement.ts';
import type { ErasedRow, LogRows } from './ports.ts';

/** Predicate types of control statements begin so: what takes trust or gives it has to stay readable for ever. */
const CONTROL_PREDICATES = 'urn:countersign:control:';

/** A tombstone from its payload; undefined for every other statement. */
export function readTombstone(payload: Uint8Array): Erased | undefined {
  return readAs(readErasedStatement, payload);
}

/** The tombstone at an index; undefined where the entry is another, or somebody else's words. */
export function tombstoneAt(rows: LogRows, index: number, identity: LogIdentity): Erased | undefined {
  const own = ownStatementAt(rows, index, identity);
  return own && readTombstone(own);
}

/** The tombstone of an erased payload; undefined where it names another payload, or not this entry. */
export function tombstoneOf(rows: LogRows, erased: ErasedRow, identity: LogIdentity): Erased | undefined {
  const tombstone = tombstoneAt(rows, erased.erasedBy, identity);
  const named =
    tombstone !== undefined &&
    equalBytes(tombstone.payloadSha256, erased.sha256) &&
    tombstone.leaves.some(({ index }) => index === erased.index);
  return named ? tombstone : undefined;
}

/**
 * Entries that a tombstone names and whose payload is there all the same, or is marked as gone for another reason.
 * @param index the tombstone's own
 */
export function notErased(rows: LogRows, index: number, { leaves, payloadSha256 }: Erased): number[] {
  return leaves
    .filter((leaf) => {
      const erased = rows.erased(leaf.index);
      return erased?.erasedBy !== index || erased.remaining > 0 || !equalBytes(erased.sha256, payloadSha256);
    })
    .map((leaf) => leaf.index);
}

/** Which payload is to be erased: that of an entry, or the one with a hash. */
export type ErasureTarget = { index: number } | { payloadSha256: Uint8Array };

/** What erasing a payload takes. */
export interface Erasable {
  payloadSha256: Uint8Array;
  /** Every entry that holds it, ascending, at least one. */
  leaves: LoggedLeaf[];
  /** Bytes of it. */
  length: number;
}

/** Where payloads are found by their hash, too. */
export interface PayloadRows extends LogRows {
  /** Indexes of the entries that hold a payload, ascending. */
  holdersOf(payloadSha256: Uint8Array): number[];
}

/**
 * @param size of the log
 * @throws LogError not_yet_published, not_found; payload_absent, payload_erased; forbidden for what has to stay readable
 */
export function erasableOf(rows: PayloadRows, target: ErasureTarget, size: number, identity: LogIdentity): Erasable {
  const sha256 = 'index' in target ? payloadAt(rows, target.index, size) : target.payloadSha256;
  const leaves: LoggedLeaf[] = [];
  let length = 0;
  for (const index of rows.holdersOf(sha256)) {
    const entry = rows.entry(index)!;
    const { bytes, type } = rows.payload(index)!;
    if (isSignedByLog(parseLeaf(entry.leaf), identity)) {
      throw new LogError('forbidden', `entry ${index} is a statement of the log itself, which can never be erased`);
    }
    if (predicateTypeOf(bytes, type)?.startsWith(CONTROL_PREDICATES)) {
      throw new LogError('forbidden', `entry ${index} is a control statement, which can never be erased`);
    }
    leaves.push({ index, leafHash: entry.leafHash });
    length = bytes.length;
  }
  if (leaves.length === 0) throw new LogError('not_found', 'no entry of the log holds a payload with this SHA-256');
  return { payloadSha256: sha256, leaves, length };
}

function payloadAt(rows: LogRows, index: number, size: number): Uint8Array {
  if (index >= size) throw new LogError('not_yet_published', `the log has ${size} entries`);
  const payload = rows.payload(index);
  if (payload !== undefined) return payload.sha256;
  const erased = rows.erased(index);
  if (erased === undefined) throw new LogError('payload_absent', `entry ${index} has no payload`);
  throw new LogError('payload_erased', `the payload of entry ${index} is erased already, by entry ${erased.erasedBy}`);
}

/** What a look at an erased payload is refused with, so that everyone is told by which statement it went. */
export function payloadErased(message: string, { erasedAt, sha256, reason, time }: ErasureNotice): LogError {
  const details = { erasedAt, statement: `/v1/entries/${erasedAt}`, payloadSha256: toHex(sha256), reason, time };
  return new LogError('payload_erased', message, { details });
}

function predicateTypeOf(bytes: Uint8Array, type: string): string | undefined {
  try {
    return readStatement(bytes, type)?.predicateType;
  } catch {
    return undefined;
  }
}
