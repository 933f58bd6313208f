/** Errors as they travel between threads and into items of a batch answer, and back. */
import { LogError } from '../core/errors.ts';
import type { ItemError, ItemOutcome, Receipt } from './log.ts';

/** Anything but a `LogError` becomes `internal`, and its message stays where it was thrown. */
export function asItemError(error: unknown): ItemError {
  if (!(error instanceof LogError)) return { code: 'internal', message: 'something failed that should not have' };
  const item: ItemError = { code: error.code, message: error.message };
  if (error.at !== undefined) item.at = error.at;
  if (error.retryAfter !== undefined) item.retryAfter = error.retryAfter;
  return item;
}

export function fromItemError({ code, message, at, retryAfter }: ItemError): LogError {
  return new LogError(code, message, {
    ...(at !== undefined && { at }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

/** The receipt of one item. @throws LogError what it was refused with; internal where there is no outcome */
export function receiptOf(outcome: ItemOutcome | undefined): Receipt {
  if (outcome === undefined) throw new LogError('internal', 'the log returned no receipt');
  if (outcome.error !== undefined) throw fromItemError(outcome.error);
  return outcome.receipt;
}
