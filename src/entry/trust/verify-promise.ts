/** Judges the promises of logs that a trusted root names: that the log made them, while it was trusted. */
import { LogError } from '../../core/errors.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { type LogPromise, promisedBytes } from '../leaf/log-promise.ts';
import { isWithin } from './time-range.ts';
import type { TrustedLog } from './trusted-root.ts';

/**
 * @returns when the log took the entry, seconds since 1970
 * @throws LogError proof_invalid
 */
export function verifyPromise(promised: LogPromise, { key, validFor }: TrustedLog, checks: SignatureChecks): number {
  if (key === undefined) throw invalid('the key of the log is of a kind that is not known here');
  if (!checks.verifyMessage(key.key, key.scheme, promisedBytes(promised), promised.promise)) {
    throw invalid("the log's signed entry timestamp does not verify");
  }
  if (!isWithin(validFor, promised.integratedTime)) {
    throw invalid('the log took the entry outside the time for which it is trusted');
  }
  return promised.integratedTime;
}

function invalid(message: string): LogError {
  return new LogError('proof_invalid', message);
}
