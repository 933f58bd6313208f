/** What the user gave wrongly is a usage error, and no verdict about anything else. */
import { isLogError, LogError } from '../core/errors.ts';

/** The result of reading something that the user gave. @throws LogError usage in place of the error that says why */
export function given<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isLogError(cause) && cause.code !== 'usage')
      throw new LogError('usage', `${what} cannot be used: ${cause.message}`, { cause });
    throw cause;
  }
}
