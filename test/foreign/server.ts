/** The server under judgement: the built one, in its own process, with a log of its own that is removed afterwards. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CACHE, ROOT } from './programs.ts';

export interface Server {
  /** Without a slash at the end. */
  url: string;
  origin: string;
  verifierKey: string;
  timeVerifierKey: string;
  stop(): Promise<void>;
}

/** @throws Error with what the server said where it does not start */
export async function startServer(): Promise<Server> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'log-'));
  const place = ['--data', join(folder, 'data'), '--anchor', join(folder, 'anchor'), '--port', '0'];
  const child = spawn(
    process.execPath,
    [join(ROOT, 'dist/program/main.js'), 'serve', '--dev', '--format', 'jsonl', ...place],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const killNow = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', killNow);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-10_000);
  });
  const exited = once(child, 'exit');
  const announced = once(createInterface({ input: child.stdout }), 'line');
  await Promise.race([announced, exited]);
  if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}:\n${complaints}`);
  const [line] = (await announced) as [string];
  const { url, origin, verifierKey, timeVerifierKey } = JSON.parse(line) as Omit<Server, 'stop'>;

  return {
    url,
    origin,
    verifierKey,
    timeVerifierKey,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      process.off('exit', killNow);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Reads JSON. @throws Error for any answer but 200 */
export async function getJson<T>(server: Pick<Server, 'url'>, path: string): Promise<T> {
  return (await get(server, path)).json() as Promise<T>;
}

/** Reads text. @throws Error for any answer but 200 */
export async function getText(server: Pick<Server, 'url'>, path: string): Promise<string> {
  return (await get(server, path)).text();
}

async function get({ url }: Pick<Server, 'url'>, path: string): Promise<Response> {
  const response = await fetch(url + path);
  if (response.status !== 200) throw new Error(`${response.status} for ${path}: ${await response.text()}`);
  return response;
}
