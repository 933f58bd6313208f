/** A server in a process of its own, which ends with this one at the latest. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { processorSeconds } from './processor-time.ts';

const START_MS = 60_000;
const STOP_MS = 10_000;
/** Between two looks at whether a starting server is ready. */
const POLL_MS = 5;

/** Owns the process. */
export class ServerProcess {
  readonly started = performance.now();
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exited: Promise<unknown>;
  readonly #killNow = () => this.#child.kill('SIGKILL');
  #output = '';
  #end: string | undefined;

  constructor(file: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
    const { cwd, env } = options;
    this.#child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    // Before folders are removed.
    process.prependOnceListener('exit', this.#killNow);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-10_000);
      });
    }
    this.#exited = once(this.#child, 'exit').then(
      ([code]) => {
        this.#end = `ended with code ${code}`;
      },
      (error: Error) => {
        this.#end = `cannot be started: ${error.message}`;
      },
    );
  }

  /** The end of what it has said. */
  get output(): string {
    return this.#output;
  }

  /** Seconds of the processors that it has taken so far; undefined where the system does not say. */
  processorSeconds(): number | undefined {
    return this.#child.pid === undefined ? undefined : processorSeconds(this.#child.pid);
  }

  /**
   * Looks until there is something to see.
   * @throws Error with what the server said where it ended or took too long
   */
  async until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    for (;;) {
      const seen = await look();
      if (seen !== undefined) return seen;
      const late = performance.now() - this.started > START_MS;
      const trouble = this.#end ?? (late ? 'did not get ready in time' : undefined);
      if (trouble !== undefined) throw new Error(`the server ${trouble}:\n${this.#output}`);
      await pause(POLL_MS);
    }
  }

  /** Waits until the path is answered with success. */
  untilOk(url: string): Promise<true> {
    return this.until(async () => {
      try {
        return (await fetch(url)).ok || undefined;
      } catch {
        // It does not listen yet.
        return undefined;
      }
    });
  }

  async stop(): Promise<void> {
    const timer = setTimeout(this.#killNow, STOP_MS);
    this.#child.kill('SIGTERM');
    await this.#exited;
    clearTimeout(timer);
    process.off('exit', this.#killNow);
  }
}
