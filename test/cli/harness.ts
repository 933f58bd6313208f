/** Runs a command line in this process, with everything outside handed in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/program.ts';
import type { FakeLog } from '../client/fake-log.ts';

export interface Outcome {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface Outside {
  log?: FakeLog;
  fetch?: typeof fetch;
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
  signal?: AbortSignal;
  interactive?: boolean;
  now?: () => number;
  /** Is told what is written to stderr, as it is. */
  told?: (text: string) => void;
  /** Told what is written to stdout, while the command goes on. */
  said?: (text: string) => void;
}

export async function countersign(args: readonly string[], outside: Outside = {}): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const io: Io = {
    stdout: {
      write: (chunk) => {
        const text = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
        stdout += text;
        outside.said?.(text);
      },
    },
    stderr: {
      write(chunk) {
        stderr += chunk;
        outside.told?.(chunk);
      },
    },
    stdin: stdinOf(outside.stdin ?? ''),
    interactive: outside.interactive ?? false,
    env: outside.env ?? {},
    fetch: outside.fetch ?? outside.log?.fetch ?? (() => Promise.reject(new TypeError('there is no network'))),
    signal: outside.signal ?? new AbortController().signal,
    now: outside.now ?? (() => 1_700_000_060),
  };
  const exit = await run(args, io);
  return { exit, stdout, stderr };
}

/** What was written with `--format jsonl`. */
export function lines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A directory for one test, removed after it. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'countersign-'));
  created.push(path);
  return path;
}

const created: string[] = [];

afterEach(() => {
  for (const path of created.splice(0)) rmSync(path, { recursive: true, force: true });
});

async function* stdinOf(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof content === 'string' ? new TextEncoder().encode(content) : content;
}
