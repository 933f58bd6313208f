/** Load on a server, from a process of its own. */
import { fork } from 'node:child_process';
import type { Form } from './submissions.ts';

export interface LoadJob {
  /** Base URL of the server. */
  url: string;
  verifierKey: string;
  form: Form;
  /** Submissions to make ready. An open loop sends all of them; a closed loop that uses them up ends early. */
  submissions: number;
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
  /** From the first request to the last answer. */
  seconds: number;
  /** Milliseconds for a request. */
  latency: { p50: number; p99: number; p999: number; max: number };
  refused: Record<string, number>;
  faults: Record<string, number>;
}

export type LoadMessage = { result: LoadResult } | { error: string };

/** @throws Error where the server could not be reached or stopped answering */
export function runLoad(job: LoadJob): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('./load-process.js', import.meta.url), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.once('message', (message: LoadMessage) => {
      child.disconnect();
      if ('result' in message) resolve(message.result);
      else reject(new Error(`${job.form}, ${job.load.loop} loop: ${message.error}`));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load generator ended with code ${code}`)));
    child.send(job);
  });
}
