/**
 * Streams of the feed (server-sent events, WHATWG HTML §9.2). Each stream goes at the pace of its reader: nothing is
 * prepared for one that does not read, and what it missed meanwhile it gets when it reads on.
 */
import { LogError } from '../../core/errors.ts';
import type { Log } from '../../log/log.ts';
import { revocationPage } from './revocation-page.ts';

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

/** The streams of one log; `end` closes them all. */
export class RevocationStreams {
  readonly #log: Pick<Log, 'reader' | 'head' | 'onPublished'>;
  readonly #limits: StreamLimits;
  readonly #open = new Set<() => void>();
  /** Those that wait for the feed to grow. */
  readonly #waiting = new Set<() => void>();
  /** Size of the feed; moved by `#published`. */
  #size: number;
  /** The message that was made last: most streams are at the same place. */
  #last: { from: number; message: Message } | undefined;
  #stopListening: (() => void) | undefined;
  #ended = false;

  constructor(log: Pick<Log, 'reader' | 'head' | 'onPublished'>, limits: StreamLimits = STREAM_LIMITS) {
    this.#log = log;
    this.#limits = limits;
    this.#size = 0;
  }

  get count(): number {
    return this.#open.size;
  }

  /**
   * A stream of the events from a position on.
   * @throws LogError pool_full where too many are open; not_yet_published beyond the end of the feed
   */
  open(from: number): ReadableStream<Uint8Array> {
    if (this.#open.size >= this.#limits.streams || this.#ended) {
      throw new LogError('pool_full', 'too many streams are open', { retryAfter: 5 });
    }
    this.#listen();
    if (from > this.#size) throw beyondFeed(this.#size);
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
          if (position >= this.#size) {
            await new Promise<void>((resolve) => {
              wake = this.#wait(resolve);
            });
          }
          if (!this.#open.has(close)) return;
          if (position >= this.#size) return say(this.#checkpoint());
          const { text, next } = this.#message(position);
          position = next;
          say(text);
        },
        cancel: release,
      },
      { highWaterMark: 1 },
    );
  }

  /** Resolves when the feed grows or the heart beats. @returns resolves it at once */
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

  #message(from: number): Message {
    if (this.#last?.from !== from || this.#last.message.next > this.#size) {
      const page = revocationPage(this.#log, from);
      const text = `id: ${page.next}\nevent: controls\ndata: ${JSON.stringify(page)}\n\n`;
      this.#last = { from, message: { text, next: page.next } };
    }
    return this.#last.message;
  }

  /** The newest checkpoint shows that the log is alive, and how old what was heard last can be. */
  #checkpoint(): string {
    return `event: checkpoint\ndata: ${JSON.stringify(this.#log.head().note)}\n\n`;
  }

  #listen(): void {
    if (this.#stopListening !== undefined) return;
    this.#size = this.#log.reader.feedHead().size;
    this.#stopListening = this.#log.onPublished(() => this.#published());
  }

  #ignore(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #published(): void {
    const { size } = this.#log.reader.feedHead();
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

export function beyondFeed(size: number): LogError {
  return new LogError('not_yet_published', `the feed has ${size} control statements`, { details: { feedSize: size } });
}
