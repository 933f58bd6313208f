/** Cursors of the entry search: where a page ended, bound to the question and to the tree it was asked of. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { u64be } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import type { EntryQuery } from '../log/log.ts';

export interface CursorPosition {
  /** Size of the tree that every page covers. */
  treeSize: number;
  /** Entries of the next page have smaller indexes. */
  before: number;
}

const TAG_LENGTH = 16;

/**
 * 32 bytes in base64url: tree size, position, and a tag that ties them to the log and the query. The tag is no secret:
 * a forged cursor asks nothing that a query could not.
 */
export function encodeCursor(position: CursorPosition, query: EntryQuery, logId: Uint8Array): string {
  const numbers = Buffer.concat([u64be(position.treeSize), u64be(position.before)]);
  return Buffer.concat([numbers, tagOf(numbers, query, logId)]).toString('base64url');
}

/** @throws LogError malformed_request for a cursor of another log, query or making */
export function decodeCursor(cursor: string, query: EntryQuery, logId: Uint8Array): CursorPosition {
  const bytes = Buffer.from(cursor, 'base64url');
  const numbers = bytes.subarray(0, 16);
  const genuine =
    bytes.length === 16 + TAG_LENGTH &&
    bytes.toString('base64url') === cursor &&
    timingSafeEqual(bytes.subarray(16), tagOf(numbers, query, logId));
  const treeSize = genuine ? Number(numbers.readBigUInt64BE(0)) : Number.NaN;
  const before = genuine ? Number(numbers.readBigUInt64BE(8)) : Number.NaN;
  if (Number.isSafeInteger(treeSize) && before <= treeSize) return { treeSize, before };
  throw new LogError('malformed_request', 'the cursor belongs to another query or log', { at: 'cursor' });
}

function tagOf(numbers: Uint8Array, query: EntryQuery, logId: Uint8Array): Buffer {
  const terms = Object.entries(query).filter(([, value]) => value !== undefined);
  terms.sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256').update('countersign cursor v1\n').update(logId).update(numbers);
  return hash.update(JSON.stringify(terms)).digest().subarray(0, TAG_LENGTH);
}
