/** `countersign init`: creates a log in a directory. */
import { randomBytes } from 'node:crypto';
import { LogError } from '../core/errors.ts';
import type { LogIdentity } from '../log/identity.ts';
import { createLog } from '../threads/create-log.ts';
import { dataPaths } from '../threads/paths.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, writeResult } from './output.ts';

export interface InitOptions {
  data: string;
  /** Host name of the log. A development log gets one of its own. */
  origin?: string;
  /** Default: below `data`. */
  keys?: string;
  anchor?: string;
  dev?: true;
}

export async function runInit(options: InitOptions, output: Output): Promise<ExitCode> {
  const { identity, anchor } = await initLog(options);
  const { origin, verifierKey, timeVerifierKey } = identity;
  const text = [
    `created the log ${origin} in ${options.data}`,
    `  verifier key       ${verifierKey}`,
    `  time verifier key  ${timeVerifierKey}`,
    `  anchor             ${anchor}`,
    'Keep the keys and the anchor out of the backups of the data directory.',
  ];
  writeResult(output, { origin, verifierKey, timeVerifierKey, anchor, data: options.data }, text.join('\n'));
  return EXIT.done;
}

/** @throws LogError usage without an origin, log_exists */
export async function initLog(options: InitOptions): Promise<{ identity: LogIdentity; anchor: string }> {
  const origin = options.origin ?? (options.dev ? developmentOrigin() : undefined);
  if (origin === undefined) {
    throw new LogError('usage', 'name the log with --origin HOST (the host name it will be reached at), or use --dev');
  }
  return createLog(options.data, dataPaths(options.data, options.keys), origin, options.anchor);
}

/** A host name that no other log has, and that says what it is. */
function developmentOrigin(): string {
  return `dev-${randomBytes(8).toString('hex')}.localhost`;
}
