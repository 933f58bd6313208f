/** The server that is measured: the built one, in its own process, with a log of its own that is removed afterwards. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// This file is compiled to .cache/bench/bench; the log lies on the checkout's disk, since /tmp may be memory.
const root = fileURLToPath(new URL('../../..', import.meta.url));
const cache = join(root, '.cache');

const START_MS = 20_000;
const STOP_MS = 10_000;

export interface Server {
  /** Without a slash at the end. */
  url: string;
  verifierKey: string;
  stop: () => Promise<void>;
}

/** @throws Error with what the server said where it does not start */
export async function startServer(): Promise<Server> {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-log-'));
  const paths = ['--data', join(folder, 'data'), '--anchor', join(folder, 'anchor')];
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'serve', '--dev', '--port', '0', ...paths], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killNow = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', killNow);
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
  const { verifierKey } = (await (await fetch(`${url}/v1/log`)).json()) as { verifierKey: string };

  return {
    url,
    verifierKey,
    async stop() {
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(timer);
      process.off('exit', killNow);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
