/** The main thread's end of the thread that has the ASN.1 library: begun when there is work, ended when there is none. */
import { Worker } from 'node:worker_threads';
import { fromItemError } from '../log/item-error.ts';
import type { ItemError } from '../log/log.ts';
import type { TimestampEncoder } from '../log/timestamp/timestamp-shape.ts';

/** A call of one of the encoder's functions. */
export type ToTimestampThread = {
  [Name in keyof TimestampEncoder]: { name: Name; argument: Parameters<TimestampEncoder[Name]>[0] };
}[keyof TimestampEncoder];

/** Answers come in the order of the calls. */
export type FromTimestampThread = { value: unknown } | { failed: ItemError };

/** Milliseconds without work after which the thread gives its memory back. */
const IDLE = 10_000;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class TimestampEncoderThread implements TimestampEncoder {
  readonly #chain: Uint8Array[];
  #worker: Worker | undefined;
  /** Calls without answer, oldest first. */
  #waiting: Waiting[] = [];
  #idle: NodeJS.Timeout | undefined;

  /** @param chain DER of the authority's certificates, leaf first */
  constructor(chain: Uint8Array[]) {
    this.#chain = chain;
  }

  shape: TimestampEncoder['shape'] = (argument) =>
    this.#call({ name: 'shape', argument }) as ReturnType<TimestampEncoder['shape']>;
  rejection: TimestampEncoder['rejection'] = (argument) =>
    this.#call({ name: 'rejection', argument }) as ReturnType<TimestampEncoder['rejection']>;

  #call(call: ToTimestampThread): Promise<unknown> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    this.#worker.postMessage(call);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./timestamp-thread.js', import.meta.url), { workerData: this.#chain });
    worker.on('message', (message: FromTimestampThread) => {
      const first = this.#waiting.shift()!;
      if ('value' in message) first.resolve(message.value);
      else first.reject(fromItemError(message.failed));
      if (this.#waiting.length === 0) this.#idle = setTimeout(() => this.#end(worker), IDLE).unref();
    });
    worker.on('error', (error) => this.#end(worker, error));
    // Nobody waits for it who does not keep the process running himself. Last, since listening takes it back.
    worker.unref();
    return worker;
  }

  /** The next call begins another. */
  #end(worker: Worker, error?: Error): void {
    this.#worker = undefined;
    void worker.terminate();
    for (const { reject } of this.#waiting.splice(0)) reject(error ?? new Error('the thread has ended'));
  }
}
