/** Spreads the check of a log over threads, one for each core. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { RangeChecks } from '../log/fsck.ts';
import type { CheckedRange, FsckRange } from '../log/fsck-range.ts';
import { fromItemError } from '../log/item-error.ts';
import type { ItemError } from '../log/log.ts';

export interface FsckThreadSettings {
  /** File of `log.db`. */
  log: string;
}

/** Answers come in the order of the ranges that the thread was given. */
export type FromFsckThread = { checked: CheckedRange } | { failed: ItemError };

interface Waiting {
  resolve(checked: CheckedRange): void;
  reject(error: Error): void;
}

export class FsckThreads implements RangeChecks {
  readonly concurrency: number;
  readonly #threads: { worker: Worker; waiting: Waiting[] }[];

  constructor(settings: FsckThreadSettings) {
    this.#threads = Array.from({ length: availableParallelism() }, () => {
      const worker = new Worker(new URL('./fsck-thread.js', import.meta.url), { workerData: settings });
      const waiting: Waiting[] = [];
      worker.on('message', (message: FromFsckThread) => {
        const first = waiting.shift()!;
        if ('checked' in message) first.resolve(message.checked);
        else first.reject(fromItemError(message.failed));
      });
      worker.on('error', (error) => {
        for (const { reject } of waiting.splice(0)) reject(error);
      });
      return { worker, waiting };
    });
    // One that is checked, and one that waits, so that no thread is ever idle for want of an order.
    this.concurrency = 2 * this.#threads.length;
  }

  check(range: FsckRange): Promise<CheckedRange> {
    const { worker, waiting } = this.#threads.reduce((least, next) =>
      next.waiting.length < least.waiting.length ? next : least,
    );
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      worker.postMessage(range);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}
