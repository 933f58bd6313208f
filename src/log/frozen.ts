/** How a log ends: by a statement of its own that is its last entry. Whatever else says so has no effect. */
import { equalBytes } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { readFrozenStatement } from '../entry/submission/log-statement.ts';
import type { LogIdentity } from './identity.ts';
import { ownStatementAt, readAs } from './own-statement.ts';
import type { LogRows } from './ports.ts';

/** True where the last entry is the statement that ends the log: nothing is ever appended to it again. */
export function isFrozen(rows: LogRows, identity: LogIdentity): boolean {
  const last = rows.head().size - 1;
  return endsLog(ownStatementAt(rows, last, identity), last, identity);
}

/** True where one of the log's own statements ends it: about this log, at this index. */
export function endsLog(own: Uint8Array | undefined, index: number, identity: LogIdentity): boolean {
  const stated = own && readAs(readFrozenStatement, own);
  return stated?.size === index && equalBytes(stated.logId, identity.logId);
}

/** What a write to a log that has ended is refused with. */
export function logFrozen(): LogError {
  return new LogError('log_frozen', 'this log is frozen: it takes no more entries; switch to the one that follows it');
}
