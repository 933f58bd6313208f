/** Whether a payload counts from the index that its row says: its own, or that of a statement which names it. */
import { equalBytes } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { readAttachedStatement } from '../entry/submission/log-statement.ts';
import type { LogRows, PayloadRow } from './ports.ts';

/**
 * That a payload came with its submission is the operator's word. That it came later is logged: the statement at
 * `countsFrom`, which its own leaf binds, must name entry and payload.
 */
export function arrivedAsStated(rows: LogRows, payload: PayloadRow): boolean {
  if (payload.countsFrom === payload.index) return true;
  const statement = rows.payload(payload.countsFrom);
  if (statement === undefined) return false;
  try {
    return readAttachedStatement(statement.bytes).some(
      ({ index, payloadSha256 }) => index === payload.index && equalBytes(payloadSha256, payload.sha256),
    );
  } catch (error) {
    if (isLogError(error, 'malformed_statement', 'malformed_json')) return false;
    throw error;
  }
}
