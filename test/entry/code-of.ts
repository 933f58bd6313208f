/** The error code that a call ends with; undefined where it returns. Anything but a LogError is thrown on. */
import { type ErrorCode, isLogError } from '../../src/core/errors.ts';

export function codeOf(call: () => unknown): ErrorCode | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (isLogError(error)) return error.code;
    throw error;
  }
}
