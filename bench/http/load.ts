/** Load on a server, from a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Latency } from './latency.ts';
import type { Form } from './submissions.ts';

export interface LoadJob {
  form: Form;
  /** Submissions to make ready. An open loop sends all of them; a closed loop that uses them up ends early. */
  submissions: number;
  /** Of a closed loop. An open loop lasts as long as its submissions take to arrive. */
  seconds: number;
  /**
   * closed: each client sends its next request when it has its answer. open: requests arrive at a fixed rate, whatever
   * the server does, and a request's time counts from its arrival, waiting for a connection included.
   */
  load: { loop: 'closed'; clients: number } | { loop: 'open'; requestsPerSecond: number };
}

export interface LoadResult {
  /** Submissions whose proof was verified, and how many that is in a second. */
  verified: number;
  perSecond: number;
  /** Requests that were answered. */
  requests: number;
  /** From the first request to the last answer. */
  seconds: number;
  /** Of requests. */
  latency: Latency;
  /** Of the processors, by the server; undefined where the system does not say. */
  serverSeconds?: number | undefined;
  refused: Record<string, number>;
  faults: Record<string, number>;
}

/** The log that the load is for. */
export interface LoadTarget {
  /** Without a slash at the end. */
  url: string;
  verifierKey: string;
  /** PEM of the key for clients of Rekor v1; undefined where there is no door for them. */
  rekorV1Key?: string | undefined;
  /** That the server has taken of the processors so far; undefined where the system does not say. */
  processorSeconds?: () => number | undefined;
}

export interface LoadOrder {
  target: Omit<LoadTarget, 'processorSeconds'>;
  job: LoadJob;
}

export type LoadMessage = { result: LoadResult } | { error: string };

/**
 * One process that does job after job, so that its code is compiled when it matters. Owns the process; one job at a
 * time.
 */
export class LoadGenerator {
  readonly #child: ChildProcess;
  #waiting: { resolve: (result: LoadResult) => void; reject: (error: Error) => void } | undefined;

  constructor() {
    const stdio: ['ignore', 'inherit', 'inherit', 'ipc'] = ['ignore', 'inherit', 'inherit', 'ipc'];
    this.#child = fork(new URL('./load-process.js', import.meta.url), { stdio });
    this.#child.on('message', (message: LoadMessage) => this.#settle(message));
    this.#child.on('error', (error) => this.#settle({ error: error.message }));
    this.#child.on('exit', (code) => this.#settle({ error: `the load generator ended with code ${code}` }));
  }

  /** @throws Error where the server could not be reached or stopped answering */
  async run(target: LoadTarget, job: LoadJob): Promise<LoadResult> {
    const { url, verifierKey, rekorV1Key, processorSeconds } = target;
    const before = processorSeconds?.();
    const result = await this.#order({ target: { url, verifierKey, rekorV1Key }, job });
    const after = processorSeconds?.();
    return before === undefined || after === undefined ? result : { ...result, serverSeconds: after - before };
  }

  #order(order: LoadOrder): Promise<LoadResult> {
    const { job } = order;
    return new Promise((resolve, reject) => {
      const named = (error: Error) => reject(new Error(`${job.form}, ${job.load.loop} loop: ${error.message}`));
      this.#waiting = { resolve, reject: named };
      this.#child.send(order);
    });
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #settle(message: LoadMessage): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if ('result' in message) waiting?.resolve(message.result);
    else waiting?.reject(new Error(message.error));
  }
}
