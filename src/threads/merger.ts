/** The main thread's end of the merge thread: feeds it segments in order, one at a time. */
import { Worker } from 'node:worker_threads';
import { LogError } from '../core/errors.ts';
import type { IndexSegment } from '../log/index/index-ports.ts';
import { fromItemError } from '../log/item-error.ts';
import type { FromMerger, ToMerger } from './merge-loop.ts';

export interface MergerSettings {
  /** File of the index; made anew by the thread where it is not usable, so nobody may have it open at the start. */
  index: string;
  /** File of the log, which the thread only reads. */
  log: string;
  /** 32 bytes. */
  logId: Uint8Array;
}

export interface MergerEvents {
  /** Entries below this are in the tiers, committed: tails may forget them. */
  merged(through: number): void;
  /** Nothing more is merged. Where the index is damaged, the next start builds it anew. Said once. */
  failed(error: Error): void;
}

/** What a merger speaks through: a worker, or in tests one end of a channel. */
export interface MergerPort {
  postMessage(message: ToMerger, transfer?: ArrayBuffer[]): void;
  on(event: 'message', listener: (message: FromMerger) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: () => void): unknown;
}

export class Merger {
  readonly #port: MergerPort;
  readonly #events: MergerEvents;
  /** Segments that have not been sent yet, oldest first. */
  readonly #waiting: IndexSegment[] = [];
  /** True while the thread has a segment, or rebuilds. */
  #busy = false;
  #ended: Error | undefined;
  #rebuild: { resolve(): void; reject(error: Error): void } | undefined;
  #closed: () => void = () => {};

  constructor(
    settings: MergerSettings,
    events: MergerEvents,
    connect: (settings: MergerSettings) => MergerPort = spawn,
  ) {
    this.#events = events;
    this.#port = connect(settings);
    this.#port.on('message', (message) => this.#hear(message));
    this.#port.on('error', (error) => this.#fail(error));
    this.#port.on('exit', () => {
      this.#closed();
      this.#fail(new Error('the merge thread ended by itself'));
    });
  }

  /**
   * Merges all entries below `through` from `log.db`, reporting progress as `merged`. When it resolves, the index can be
   * opened and covers them. Once, before the first segment.
   * @throws LogError interrupted where the merger is closed before; what it failed with
   */
  rebuild(through: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      this.#busy = true;
      this.#rebuild = { resolve, reject };
      this.#port.postMessage({ rebuild: through });
    });
  }

  /** Takes the next segment in order; its buffers are given away. */
  feed(segment: IndexSegment): void {
    if (this.#ended !== undefined) return;
    this.#waiting.push(segment);
    this.#send();
  }

  /** To be called where a reader found the index damaged: the next start builds it anew. */
  invalidate(): void {
    if (this.#ended === undefined) this.#port.postMessage({ invalidate: true });
  }

  /** Resolves when the thread has let go of its files. Segments that wait are left to the next start. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const reason = new LogError('interrupted', 'the merger was closed');
    this.#ended = reason;
    this.#rebuild?.reject(reason);
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    this.#port.postMessage({ close: true });
    await closed;
  }

  #hear(message: FromMerger): void {
    if ('closed' in message) this.#closed();
    else if ('failed' in message) this.#fail(fromItemError(message.failed));
    else if (this.#ended !== undefined) return;
    else if ('rebuilt' in message) {
      this.#busy = false;
      this.#rebuild?.resolve();
      this.#rebuild = undefined;
      this.#send();
    } else {
      if (this.#rebuild === undefined) this.#busy = false;
      this.#events.merged(message.merged);
      this.#send();
    }
  }

  #send(): void {
    if (this.#busy) return;
    const segment = this.#waiting.shift();
    if (segment === undefined) return;
    this.#busy = true;
    this.#port.postMessage({ segment }, [segment.keys.buffer, segment.indexes.buffer]);
  }

  #fail(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#rebuild?.reject(error);
    this.#events.failed(error);
  }
}

function spawn(settings: MergerSettings): MergerPort {
  return new Worker(new URL('./merge-thread.js', import.meta.url), { workerData: settings });
}
