/** The tombstone: the log's own statement that its operator had a payload erased, from which entries, and why. */
import { toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { isObject } from '../encoding/members.ts';
import {
  isIndex,
  isText,
  type LoggedLeaf,
  leafSubjects,
  logStatement,
  malformed,
  readHash,
  readLogPredicate,
} from './log-statement.ts';

const ERASED_PREDICATE = 'urn:countersign:statement:erased:v1';

/** Longest reason, in UTF-16 units. */
const MAX_REASON_LENGTH = 1000;

export interface Erased {
  /** Of the bytes that were erased: whatever has this hash is refused from then on. */
  payloadSha256: Uint8Array;
  /** Every entry that held the payload, ascending, at least one. */
  leaves: readonly LoggedLeaf[];
  /** The operator's words. They are public, as the whole statement is, and can never be erased. */
  reason: string;
  /** POSIX seconds. */
  time: number;
}

/** Bytes of the statement that logs an erasure; its subjects are the leaves that lost their payload. */
export function erasedStatement({ payloadSha256, leaves, reason, time }: Erased): Uint8Array {
  return logStatement(ERASED_PREDICATE, leafSubjects(leaves), {
    payloadSha256: toHex(payloadSha256),
    leaves: leaves.map(({ index, leafHash }) => ({ index, leafHash: toHex(leafHash) })),
    reason,
    time,
  });
}

/** @throws LogError malformed_statement for any other payload */
export function readErasedStatement(payload: Uint8Array): Erased {
  const { payloadSha256, leaves, reason, time } = readLogPredicate(payload, ERASED_PREDICATE);
  if (!Array.isArray(leaves) || leaves.length === 0) throw malformed('an erased statement names no leaves');
  if (!isText(reason) || !isIndex(time)) throw malformed('an erased statement lacks a member');
  return {
    payloadSha256: readHash(payloadSha256),
    leaves: leaves.map((leaf: unknown) => {
      if (!isObject(leaf) || !isIndex(leaf.index)) throw malformed('a leaf of an erased statement is not readable');
      return { index: leaf.index, leafHash: readHash(leaf.leafHash) };
    }),
    reason,
    time,
  };
}

/**
 * Refuses what cannot stand as a reason for ever.
 * @throws LogError usage
 */
export function assertReason(reason: string): void {
  if (reason.trim() === '' || reason.length > MAX_REASON_LENGTH || /[^\P{C}]/u.test(reason)) {
    throw new LogError('usage', `a reason is one line of 1 to ${MAX_REASON_LENGTH} printable characters`);
  }
}
