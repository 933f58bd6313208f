/** What a command may touch of the outside, so that tests can hand in their own. */

import { EXIT } from './exit.ts';

export interface Io {
  /** Data, and nothing else. */
  stdout: { write(chunk: string | Uint8Array): unknown };
  /** For people. */
  stderr: { write(chunk: string): unknown };
  stdin: AsyncIterable<Uint8Array>;
  /** True where a person watches stderr: progress is shown, colours are used. */
  interactive: boolean;
  env: Record<string, string | undefined>;
  fetch: typeof fetch;
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal;
  /** POSIX seconds. */
  now(): number;
}

/** The process itself. Where nobody reads stdout any more, the program ends quietly, and not as a success. */
export function processIo(signal: AbortSignal): Io {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.unknown);
    throw error;
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    interactive: process.stderr.isTTY === true,
    env: process.env,
    fetch: globalThis.fetch,
    signal,
    now: () => Math.floor(Date.now() / 1000),
  };
}
