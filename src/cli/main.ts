#!/usr/bin/env node
/** The program: one command line, then the exit code. */
import { LogError } from '../core/errors.ts';
import { EXIT } from './exit.ts';
import { processIo } from './io.ts';
import { run } from './program.ts';

const interruption = new AbortController();
let firstAsked: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const now = performance.now();
    firstAsked ??= now;
    // Whoever asks again does not want to wait. Below npm one Ctrl-C comes twice: from the terminal and from npm.
    if (now - firstAsked > 1000) process.exit(EXIT.interrupted);
    interruption.abort(new LogError('interrupted', 'interrupted'));
  });
}

process.exitCode = await run(process.argv.slice(2), processIo(interruption.signal));
