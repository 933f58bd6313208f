/** Writes evidence of a log's misbehaviour to where it was found. */
import type { LogMisbehaviour } from '../client/follow.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { createFile } from './files.ts';
import { type Output, remark } from './output.ts';

/** The same error, which now says where the evidence lies. @param base path of the file, without its ending */
export async function withEvidence(error: LogMisbehaviour, base: string, output: Output): Promise<LogError> {
  const evidence = `${JSON.stringify(error.evidence, undefined, 2)}\n`;
  try {
    const path = await createBeside(`${base}.evidence-${output.io.now()}`, evidence);
    const message = `${error.message}; the evidence is in ${path}: keep it, and show it to others`;
    return new LogError('log_misbehaved', message, { cause: error, details: { evidence: path } });
  } catch (cause) {
    if (!isLogError(cause)) throw cause;
    // That no file can be written must not hide what the log did.
    remark(output.io, evidence);
    const message = `${error.message}; the evidence is above, since no file can be written: keep it`;
    return new LogError('log_misbehaved', message, { cause: error });
  }
}

/** Writes to the first of `base.json`, `base-2.json`, … that does not exist yet, and says which. */
async function createBeside(base: string, content: string): Promise<string> {
  for (let number = 1; ; number++) {
    const path = `${base}${number === 1 ? '' : `-${number}`}.json`;
    try {
      await createFile(path, content);
      return path;
    } catch (error) {
      if (!isLogError(error, 'usage')) throw error;
    }
  }
}
