/** The main thread's end of the verification workers: spreads submissions over them, a message per tick and worker. */
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { FromVerifier, ToVerifier, VerifierSetUp, WorkItem } from './messages.ts';

/** Submissions of one message: small, so that the first of many need not wait for the last. */
const ITEMS_PER_MESSAGE = 8;

interface Verifier {
  worker: Worker;
  /** Work items sent. */
  sent: number;
  /** Work items that the worker is done with; it counts in this shared memory. */
  done: Int32Array<SharedArrayBuffer>;
}

export interface VerifierEvents {
  report(report: FromVerifier): void;
  /** A worker died: what it was working on has no answer. */
  failed(error: Error): void;
}

export class Verifiers {
  readonly #verifiers: Verifier[];
  /** Ports on which the writer receives entries, one per worker; handed over once. */
  readonly writerPorts: MessagePort[] = [];
  /** Filled by `submit`, emptied once per tick. */
  #queue: WorkItem[] = [];

  constructor(settings: Omit<VerifierSetUp, 'writer' | 'done'>, events: VerifierEvents) {
    this.#verifiers = Array.from({ length: availableParallelism() }, () => {
      const worker = new Worker(new URL('./verify-thread.js', import.meta.url));
      const done = new Int32Array(new SharedArrayBuffer(4));
      const { port1, port2 } = new MessageChannel();
      this.writerPorts.push(port2);
      const setUp: ToVerifier = { setUp: { ...settings, writer: port1, done } };
      worker.postMessage(setUp, [port1]);
      worker.on('message', (report: FromVerifier) => events.report(report));
      worker.on('error', (error) => events.failed(error));
      return { worker, sent: 0, done };
    });
  }

  /** Sends the work on its way; its buffers are transferred. */
  submit(work: WorkItem[]): void {
    if (this.#queue.length === 0) setImmediate(() => this.#flush());
    this.#queue.push(...work);
  }

  async close(): Promise<void> {
    await Promise.all(this.#verifiers.map(({ worker }) => worker.terminate()));
  }

  #flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    const share = Math.min(ITEMS_PER_MESSAGE, Math.ceil(queue.length / this.#verifiers.length));
    for (let start = 0; start < queue.length; start += share) {
      const work = queue.slice(start, start + share);
      const verifier = this.#verifiers.reduce((least, next) => (outstanding(next) < outstanding(least) ? next : least));
      // As a 32-bit number, since the worker's count wraps around as one.
      verifier.sent = (verifier.sent + work.length) | 0;
      const message: ToVerifier = { work };
      verifier.worker.postMessage(
        message,
        work.map(({ body }) => body.buffer),
      );
    }
  }
}

/** Work that a worker has not finished. */
function outstanding({ sent, done }: Verifier): number {
  return (sent - Atomics.load(done, 0)) | 0;
}
