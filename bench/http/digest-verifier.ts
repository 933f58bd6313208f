/** What the server's check of a signature over a ready digest reaches with nothing around it, on all cores. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

export interface DigestChecks {
  /** Checks in the time that was asked for. */
  checks: number;
  seconds: number;
}

/** As many threads as cores, idle until they are asked. Owns them. */
export class DigestVerifier {
  readonly #threads: Worker[];

  private constructor(threads: Worker[]) {
    this.#threads = threads;
  }

  static async start(): Promise<DigestVerifier> {
    const file = new URL('./digest-verifier-thread.js', import.meta.url);
    const threads = Array.from({ length: availableParallelism() }, () => new Worker(file));
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    return new DigestVerifier(threads);
  }

  /** All threads together. @throws Error where a good signature does not verify */
  async checksPerSecond(seconds: number): Promise<number> {
    const results = this.#threads.map((thread) => once(thread, 'message') as Promise<[DigestChecks]>);
    for (const thread of this.#threads) thread.postMessage(seconds);
    const done = await Promise.all(results);
    return done.reduce((sum, [result]) => sum + result.checks / result.seconds, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
