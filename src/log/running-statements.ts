/**
 * What a running log says of its own accord. Whoever asks the writer for a signature of the statement key gets one over
 * these kinds only: whatever takes effect in the log's name, and every control statement, is made elsewhere.
 */
import { decodeUtf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { readStatementText } from '../entry/leaf/statement.ts';
import { SUMMARY_PREDICATE } from '../entry/predicate/verification-summary.ts';

/** Predicate types, exact. */
const STATED_WHILE_RUNNING: readonly string[] = [SUMMARY_PREDICATE];

/** @throws LogError forbidden for any other statement, and for what is none */
export function assertStatedWhileRunning(statement: Uint8Array): void {
  const predicateType = readStatementText(decodeUtf8(statement) ?? '')?.predicateType;
  if (predicateType !== undefined && STATED_WHILE_RUNNING.includes(predicateType)) return;
  throw new LogError('forbidden', 'a running log makes no statement of this kind');
}
