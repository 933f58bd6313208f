/** The real program as a child process: started, spoken to, killed and waited for, and never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, vi } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/program/main.js', import.meta.url));

/** How a process ended, and what it had to say. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** What a server says on stdout once it takes requests. */
export interface Announcement {
  url: string;
  origin: string;
  verifierKey: string;
  timeVerifierKey: string;
  size: number;
  readsOnly: boolean;
  frozen: boolean;
  nodeHashing: 'wasm-simd' | 'noble';
}

export class Process {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  /** @param engine flags for Node itself */
  constructor(args: readonly string[], env: Record<string, string> = {}, cwd?: string, engine: readonly string[] = []) {
    this.#child = spawn(process.execPath, [...engine, PROGRAM, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    running.add(this);
    this.exited = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        running.delete(this);
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get stderr(): string {
    return this.#stderr;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it the hard way. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** Ends it the way a supervisor does. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.exited;
  }

  /** The first line of stdout, or how the process ended without one. */
  firstLine(): Promise<string | Exit> {
    const line = new Promise<string>((resolve) => {
      const look = (): void => {
        const end = this.#stdout.indexOf('\n');
        if (end >= 0) resolve(this.#stdout.slice(0, end));
      };
      this.#child.stdout!.on('data', look);
      look();
    });
    return Promise.race([line, this.exited]);
  }
}

/** Processes that have not ended. */
const running = new Set<Process>();

/** Where a log lies. */
export interface Place {
  data: string;
  anchor: string;
}

/** A server that has said its address. */
export interface RunningServer extends Announcement {
  process: Process;
}

export interface StartOptions {
  /** Further arguments; `--dev` unless they are given. */
  flags?: readonly string[];
  env?: Record<string, string>;
  /** Flags for Node itself. */
  engine?: readonly string[];
}

/** Starts a server on a place; a development log is made where there is none. */
export function launch(place: Place, { flags = ['--dev'], env = {}, engine = [] }: StartOptions = {}): Process {
  const where = ['--data', place.data, '--anchor', place.anchor, '--port', '0'];
  return new Process(
    ['serve', ...where, '--format', 'jsonl', '--log-level', 'silent', ...flags],
    env,
    undefined,
    engine,
  );
}

/** Starts a server and waits until it takes requests. @throws Error where it ends before that */
export async function start(place: Place, options: StartOptions = {}): Promise<RunningServer> {
  const process = launch(place, options);
  const line = await process.firstLine();
  if (typeof line !== 'string' || line.includes('"error"')) {
    throw new Error(`the server did not start: ${(await process.exited).stderr}`);
  }
  return { process, ...(JSON.parse(line) as Announcement) };
}

/** A start that is expected to be refused: how it ended, and the code that it gave. */
export async function refusal(place: Place, options: StartOptions = {}): Promise<Exit & { errorCode: string }> {
  const process = launch(place, options);
  const line = await process.firstLine();
  if (typeof line === 'string' && !line.includes('"error"')) await process.kill();
  const exit = await process.exited;
  const [last = '{}'] = exit.stdout.trimEnd().split('\n').slice(-1);
  const { error } = JSON.parse(last === '' ? '{}' : last) as { error?: { code: string } };
  return { ...exit, errorCode: error?.code ?? 'none' };
}

/** Runs another command of the program to its end. */
export async function run(...args: string[]): Promise<Exit> {
  return new Process(args).exited;
}

/**
 * Gives temporary places, and after each test ends whatever still runs and removes what was made. To be called where
 * tests are described.
 */
export function useServers(): { place(): Place; folder(): string } {
  // Starting a process takes half a second, and many times that on a machine which is busy with other tests.
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
  const folders: string[] = [];
  afterEach(async () => {
    await Promise.all([...running].map((process) => process.kill()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'countersign-server-'));
    folders.push(path);
    return path;
  }
  return {
    folder,
    place() {
      const path = folder();
      return { data: join(path, 'data'), anchor: join(path, 'anchor') };
    },
  };
}
