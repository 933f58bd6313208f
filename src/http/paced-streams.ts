/**
 * Streams of something in the log that grows (server-sent events, WHATWG HTML §9.2). Each stream goes at the pace of its
 * reader: nothing is prepared for one that does not read, and what it missed meanwhile it gets when it reads on.
 */
import { LogError } from '../core/errors.ts';
import type { Log } from '../log/log.ts';

export interface StreamLimits {
  /** Open at once. */
  streams: number;
  /** Milliseconds after which a stream that has nothing to say shows that it is alive. */
  heartbeat: number;
  /** Milliseconds after which one that is not read is ended. */
  stall: number;
}

const STREAM_LIMITS: StreamLimits = { streams: 1_000, heartbeat: 15_000, stall: 60_000 };

const encoder = new TextEncoder();

/** One message of a stream. */
export interface StreamMessage {
  /** Name of the event; readers know by it what the data are. */
  event: string;
  data: unknown;
  /** Position that the next message begins at: the event's id. */
  next: number;
}

/** What is streamed: something with positions from 0 on. */
export interface StreamSource {
  /** Position after the newest that is published. */
  size(): number;
  /** What there is from a position below `size` on: a bounded part of it. */
  message(from: number): StreamMessage;
  /** For those who ask for a position beyond `size`. */
  beyond(size: number): LogError;
}

/** The streams of one source; `end` closes them all. */
export class PacedStreams {
  readonly #log: Pick<Log, 'head' | 'onPublished'>;
  readonly #source: StreamSource;
  readonly #limits: StreamLimits;
  readonly #open = new Set<() => void>();
  /** Those that wait for the source to grow. */
  readonly #waiting = new Set<() => void>();
  /** Size of the source; moved by `#published`. */
  #size: number;
  /** The message that was made last: most streams are at the same place. */
  #last: { from: number; message: Message } | undefined;
  /** Ends when the next message may be made. */
  #turn: Promise<void> = Promise.resolve();
  #stopListening: (() => void) | undefined;
  #ended = false;

  constructor(log: Pick<Log, 'head' | 'onPublished'>, source: StreamSource, limits: StreamLimits = STREAM_LIMITS) {
    this.#log = log;
    this.#source = source;
    this.#limits = limits;
    this.#size = 0;
  }

  get count(): number {
    return this.#open.size;
  }

  /**
   * A stream of what there is from a position on.
   * @throws LogError pool_full where too many are open; what the source says beyond its end
   */
  open(from: number): ReadableStream<Uint8Array> {
    if (this.#open.size >= this.#limits.streams || this.#ended) {
      throw new LogError('pool_full', 'too many streams are open', { retryAfter: 5 });
    }
    this.#listen();
    if (from > this.#size) throw this.#source.beyond(this.#size);
    return this.#stream(from);
  }

  end(): void {
    this.#ended = true;
    for (const close of [...this.#open]) close();
  }

  #stream(start: number): ReadableStream<Uint8Array> {
    let position = start;
    let stalled: NodeJS.Timeout | undefined;
    let wake = () => {};
    let controller: ReadableStreamDefaultController<Uint8Array>;
    const release = () => {
      clearTimeout(stalled);
      this.#open.delete(close);
      wake();
      if (this.#open.size === 0) this.#ignore();
    };
    const close = () => {
      if (!this.#open.has(close)) return;
      release();
      controller.close();
    };
    const say = (text: string) => {
      controller.enqueue(encoder.encode(text));
      // Read, the next pull comes; not read for long, the other side is gone or asleep.
      clearTimeout(stalled);
      stalled = setTimeout(close, this.#limits.stall).unref();
    };
    this.#open.add(close);
    return new ReadableStream<Uint8Array>(
      {
        start: (given) => {
          controller = given;
          say(`retry: 2000\n\n${this.#checkpoint()}`);
        },
        pull: async () => {
          clearTimeout(stalled);
          try {
            if (position >= this.#size) {
              await new Promise<void>((resolve) => {
                wake = this.#wait(resolve);
              });
            }
            if (!this.#open.has(close)) return;
            if (position >= this.#size) return say(this.#checkpoint());
            const { text, next } = await this.#message(position);
            if (!this.#open.has(close)) return;
            position = next;
            say(text);
          } catch (error) {
            // The stream ends with the error, and nobody cancels it.
            release();
            throw error;
          }
        },
        cancel: release,
      },
      { highWaterMark: 1 },
    );
  }

  /** Resolves when the source grows or the heart beats. @returns resolves it at once */
  #wait(resolve: () => void): () => void {
    const done = () => {
      clearTimeout(timer);
      this.#waiting.delete(done);
      resolve();
    };
    const timer = setTimeout(done, this.#limits.heartbeat).unref();
    this.#waiting.add(done);
    return done;
  }

  /**
   * Messages are made one at a time, and after each the thread is left alone for as long as it took: whoever reads
   * what came long ago takes half of it at most, however many there are.
   */
  async #message(from: number): Promise<Message> {
    if (this.#isLast(from)) return this.#last!.message;
    const before = this.#turn;
    let end = () => {};
    this.#turn = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    const started = performance.now();
    try {
      return this.#make(from);
    } finally {
      setTimeout(end, performance.now() - started).unref();
    }
  }

  #make(from: number): Message {
    if (!this.#isLast(from)) {
      const { event, data, next } = this.#source.message(from);
      const text = `id: ${next}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      this.#last = { from, message: { text, next } };
    }
    return this.#last!.message;
  }

  #isLast(from: number): boolean {
    return this.#last?.from === from && this.#last.message.next <= this.#size;
  }

  /** The newest checkpoint shows that the log is alive, and how old what was heard last can be. */
  #checkpoint(): string {
    return `event: checkpoint\ndata: ${JSON.stringify(this.#log.head().note)}\n\n`;
  }

  #listen(): void {
    if (this.#stopListening !== undefined) return;
    this.#size = this.#source.size();
    this.#stopListening = this.#log.onPublished(() => this.#published());
  }

  #ignore(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #published(): void {
    const size = this.#source.size();
    if (size === this.#size) return;
    this.#size = size;
    this.#last = undefined;
    for (const wake of [...this.#waiting]) wake();
  }
}

interface Message {
  text: string;
  next: number;
}
