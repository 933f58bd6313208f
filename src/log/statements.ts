/** Signs the log's own statements with its statement key and makes entries of them. */
import { createPublicKey, sign } from 'node:crypto';
import { parsePublicKey } from '../entry/keys/public-key.ts';
import { signLogStatement } from '../entry/submission/log-statement.ts';
import type { LogKeys } from './keys.ts';
import { toLoggable } from './loggable.ts';
import { nativeChecks } from './native/native-signatures.ts';
import type { LoggableEntry } from './planner.ts';

/** @param salt of the look-up index */
export function statementEntry(statement: Uint8Array, keys: LogKeys, salt: Uint8Array): LoggableEntry {
  const publicKey = parsePublicKey(createPublicKey(keys.statement).export({ type: 'spki', format: 'der' }));
  const prepared = signLogStatement(statement, (pae) => sign('sha256', pae, keys.statement), publicKey, nativeChecks);
  return toLoggable(prepared, salt);
}
