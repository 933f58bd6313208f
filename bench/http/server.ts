/** The server that is measured: the built one, in its own process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

// This file is compiled to .cache/bench/bench/http; the log lies on the checkout's disk, since /tmp may be memory.
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const cache = join(root, '.cache');

const START_MS = 60_000;
const STOP_MS = 10_000;
/** Between two looks at whether a starting server is ready. */
const READY_POLL_MS = 5;

/** Where one log lies; removed with this process at the latest. */
export interface LogFolder {
  /** Holds everything. */
  path: string;
  /** The server's data directory. */
  data: string;
  remove: () => void;
}

export interface Server {
  /** Without a slash at the end. */
  url: string;
  verifierKey: string;
  /** PEM. */
  rekorV1Key: string;
  /** From the start of its process until it said that it was ready, milliseconds. */
  startMilliseconds: number;
  stop: () => Promise<void>;
}

export function makeLogFolder(): LogFolder {
  mkdirSync(cache, { recursive: true });
  const path = mkdtempSync(join(cache, 'bench-log-'));
  const removeNow = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', removeNow);
  const remove = () => {
    process.off('exit', removeNow);
    removeNow();
  };
  return { path, data: join(path, 'data'), remove };
}

/**
 * Serves the log in the folder, a new one where there is none.
 * @throws Error with what the server said where it does not start
 */
export async function startServer({ path, data }: LogFolder): Promise<Server> {
  const started = performance.now();
  const paths = ['--data', data, '--anchor', join(path, 'anchor')];
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'serve', '--dev', '--port', '0', ...paths], {
    cwd: path,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killNow = () => child.kill('SIGKILL');
  // Before the folder is removed.
  process.prependOnceListener('exit', killNow);
  const exited = once(child, 'exit');

  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`the server ${what}:\n${output}`));
    const timer = setTimeout(fail, START_MS, 'did not start in time');
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-10_000);
        const found = /http:\/\/127\.0\.0\.1:[0-9]+/.exec(output);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found[0]);
      });
    }
    exited.then(([code]) => fail(`ended with code ${code}`), reject);
  });
  while (!(await fetch(`${url}/readyz`)).ok) {
    if (performance.now() - started > START_MS) throw new Error(`the server did not get ready in time:\n${output}`);
    await pause(READY_POLL_MS);
  }
  const startMilliseconds = performance.now() - started;
  const rekorV1Key = await (await fetch(`${url}/api/v1/log/publicKey`)).text();
  const { verifierKey } = (await (await fetch(`${url}/v1/log`)).json()) as { verifierKey: string };

  return {
    url,
    verifierKey,
    rekorV1Key,
    startMilliseconds,
    async stop() {
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(timer);
      process.off('exit', killNow);
    },
  };
}
