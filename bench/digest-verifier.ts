/** What the server's check of a signature over a ready digest reaches with nothing around it, on all cores. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

export interface DigestChecks {
  /** Checks in the time that was asked for. */
  checks: number;
  seconds: number;
}

/** Checks per second of all threads together. @throws Error where a good signature does not verify */
export async function digestChecksPerSecond(seconds: number): Promise<number> {
  const file = new URL('./digest-verifier-thread.js', import.meta.url);
  const threads = Array.from({ length: availableParallelism() }, () => new Worker(file));
  try {
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    const results = threads.map((thread) => once(thread, 'message') as Promise<[DigestChecks]>);
    for (const thread of threads) thread.postMessage(seconds);
    const done = await Promise.all(results);
    return done.reduce((sum, [result]) => sum + result.checks / result.seconds, 0);
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
