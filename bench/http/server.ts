/** The server that is measured: the built one, in its own process. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from './server-process.ts';

// This file is compiled to .cache/bench/bench/http; the log lies on the checkout's disk, since /tmp may be memory.
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const cache = join(root, '.cache');

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
  /** That the server has taken of the processors so far; undefined where the system does not say. */
  processorSeconds: () => number | undefined;
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
 * @param more arguments
 * @throws Error with what the server said where it does not start
 */
export async function startServer({ path, data }: LogFolder, more: readonly string[] = []): Promise<Server> {
  const paths = ['--data', data, '--anchor', join(path, 'anchor')];
  const args = [join(root, 'dist/program/main.js'), 'serve', '--dev', '--port', '0', ...paths, ...more];
  const server = new ServerProcess(process.execPath, args, { cwd: path });
  const url = await server.until(() => /http:\/\/127\.0\.0\.1:[0-9]+/.exec(server.output)?.[0]);
  await server.untilOk(`${url}/readyz`);
  const startMilliseconds = performance.now() - server.started;
  const rekorV1Key = await (await fetch(`${url}/api/v1/log/publicKey`)).text();
  const { verifierKey } = (await (await fetch(`${url}/v1/log`)).json()) as { verifierKey: string };

  return {
    ...{ url, verifierKey, rekorV1Key, startMilliseconds },
    processorSeconds: () => server.processorSeconds(),
    stop: () => server.stop(),
  };
}
