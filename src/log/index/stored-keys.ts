/** The look-up keys of stored entries, cut into segments: what an index is brought up to date from. */
import { equalBytes } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { leafHash, sha256 } from '../../core/hash.ts';
import { lookupTerms, payloadTerms } from '../../entry/leaf/lookup.ts';
import { ATTACHED_PREDICATE, readAttachedStatement } from '../../entry/submission/log-statement.ts';
import type { IndexedKeys } from '../planner.ts';
import type { LogRows, PayloadRow } from '../ports.ts';
import type { IndexSegment } from './index-ports.ts';
import { lookupKeys } from './lookup-key.ts';
import { Tail, type TailOptions } from './tail.ts';

/** Entries read at once: bounds memory where leaves have their largest size. */
const CHUNK = 256;

/**
 * What entries [start, end) announce. A payload that arrived later counts twice: under its entry, as the rows are now,
 * and with the statement that attached it, so that an index which already holds the entry learns of it.
 * @throws LogError corrupt where an entry or its payload is not what it was
 */
export function* storedKeys(rows: LogRows, salt: Uint8Array, start: number, end: number): Generator<IndexedKeys> {
  for (let from = start; from < end; from += CHUNK) {
    for (const { index, leaf, leafHash: expected } of rows.entries(from, Math.min(from + CHUNK, end))) {
      if (!equalBytes(leafHash(leaf), expected)) throw damaged(`entry ${index}`);
      const payload = rows.payload(index);
      // Keys of a damaged payload would hide the entry from everyone who looks for it.
      if (payload !== undefined && !equalBytes(sha256(payload.bytes), payload.sha256)) {
        throw damaged(`the payload of entry ${index}`);
      }
      const extra: IndexedKeys['extra'] = [];
      for (const older of payload === undefined ? [] : attachedIndexes(payload)) {
        // The row decides what was attached when: anyone can submit a statement that says so.
        const attached = older < index ? rows.payload(older) : undefined;
        if (attached === undefined || attached.countsFrom !== index) continue;
        for (const key of lookupKeys(salt, payloadTerms(attached))) extra.push({ key, index: older });
      }
      yield { index, keys: lookupKeys(salt, lookupTerms(leaf, payload)), extra };
    }
  }
}

/** The same as segments of the usual length, the last one as long as it gets. Holds one of them in memory. */
export function* storedSegments(
  rows: LogRows,
  salt: Uint8Array,
  start: number,
  end: number,
  options: TailOptions = {},
): Generator<IndexSegment> {
  const tail = new Tail(start, options);
  let at = start;
  for (const { index, keys, extra } of storedKeys(rows, salt, start, end)) {
    tail.append(index, keys, extra);
    if (index + 1 === end) tail.seal();
    const segment = tail.sealed(at);
    if (segment === undefined) continue;
    yield segment;
    at = segment.end;
    tail.drop(at);
  }
}

function damaged(what: string): LogError {
  return new LogError(
    'corrupt',
    `${what} is damaged in log.db, so the look-up index cannot be built; run countersign fsck`,
  );
}

/** Entries that an `attached` statement names; none for any other payload. */
function attachedIndexes({ bytes }: PayloadRow): number[] {
  // Most payloads are something else: seen without parsing them.
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(ATTACHED_PREDICATE)) return [];
  try {
    return readAttachedStatement(bytes).map(({ index }) => index);
  } catch {
    return [];
  }
}
