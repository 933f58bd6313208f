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

// A variable that is set to nothing counts as not set, as it does for other tools.
for (const [name, value] of Object.entries(process.env)) {
  if (name.startsWith('COUNTERSIGN_') && value === '') delete process.env[name];
}

process.exitCode = await run(process.argv.slice(2), processIo(interruption.signal));
