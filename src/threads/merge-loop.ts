/** What the merge thread does: takes segments one at a time into `index.db`, and moves tiers on when it has time. */
import type { MessagePort } from 'node:worker_threads';
import { LogError } from '../core/errors.ts';
import type { IndexSegment, TierWriter } from '../log/index/index-ports.ts';
import { storedSegments } from '../log/index/stored-keys.ts';
import type { TailOptions } from '../log/index/tail.ts';
import { asItemError } from '../log/item-error.ts';
import type { ItemError } from '../log/log.ts';
import type { LogRows } from '../log/ports.ts';

export type ToMerger =
  /** Starts where the count stands; its buffers are transferred. One at a time. */
  | { segment: IndexSegment }
  /** Merge the entries below this index from `log.db`. No segments meanwhile. */
  | { rebuild: number }
  /** The index was found to be damaged: build it anew at the next start. */
  | { invalidate: true }
  | { close: true };

export type FromMerger =
  /** Entries below this are in the tiers, committed. */
  | { merged: number }
  | { rebuilt: true }
  /** Nothing more will be merged. */
  | { failed: ItemError }
  | { closed: true };

export interface MergeLoopOptions {
  port: Pick<MessagePort, 'on' | 'postMessage' | 'close'>;
  /** Both are taken over, and closed at the end. */
  writer: TierWriter & { invalidate(): void };
  log: { rows: LogRows; close(): void };
  segments?: TailOptions;
  /** Milliseconds until a step is tried again that found no space or no lock. */
  retryDelay?: number;
}

/**
 * Moves done at once after a merge. 64 moves for 16 merges keep the first tier in bounds, and a few more the others,
 * even where segments wait in a row.
 */
const MOVES_PER_MERGE = 8;

const RETRY_DELAY = 1000;

/**
 * steady: a rest after each step, as long as the step was, since processor and disk are needed by those who wait for a proof.
 * hurried: while nothing is taken until the index covers the log.
 */
type Pace = 'steady' | 'hurried';

/** Serves a port until it is told to close, or fails. */
export function runMergeLoop({ port, writer, log, segments, retryDelay = RETRY_DELAY }: MergeLoopOptions): void {
  let ended = false;
  let settling = false;
  const tell = (message: FromMerger): void => port.postMessage(message);

  function end(): void {
    if (ended) return;
    ended = true;
    log.close();
    writer.close();
  }

  /** Does a step; again later where it found no space or no lock, since its transaction was cleanly rolled back. */
  function attempt(step: () => void): void {
    if (ended) return;
    try {
      step();
    } catch (error) {
      if (mayPass(error)) setTimeout(attempt, retryDelay, step);
      else fail(error);
    }
  }

  function fail(error: unknown): void {
    const item = asItemError(error);
    if (item.code === 'corrupt') {
      try {
        writer.invalidate();
      } catch {
        // Too damaged even for that: the next start will see it.
      }
    }
    end();
    tell({ failed: item });
    port.close();
  }

  /** Does steps until one says that there is none left. */
  function repeat(step: () => boolean, pace: Pace, done: () => void): void {
    attempt(() => {
      const started = performance.now();
      if (!step()) done();
      else if (pace === 'steady') setTimeout(repeat, performance.now() - started, step, pace, done);
      else setImmediate(repeat, step, pace, done);
    });
  }

  function merge(segment: IndexSegment, pace: Pace, done?: () => void): void {
    let moves = 0;
    const move = (): boolean => moves++ < MOVES_PER_MERGE && writer.settle();
    repeat(
      () => writer.merge(segment),
      pace,
      () =>
        repeat(move, pace, () => {
          tell({ merged: segment.end });
          settle();
          done?.();
        }),
    );
  }

  /** Moves what is left, one range at a time, so that a segment that arrives goes first. */
  function settle(): void {
    if (settling) return;
    settling = true;
    repeat(
      () => writer.settle(),
      'steady',
      () => {
        settling = false;
      },
    );
  }

  function rebuild(through: number): void {
    const stored = storedSegments(log.rows, writer.salt, writer.merged(), through, segments);
    const next = (): void => {
      const segment = stored.next();
      if (segment.done !== true) {
        merge(segment.value, 'hurried', () => setImmediate(attempt, next)); // so that it can be told to close
      } else if (writer.merged() < through) {
        throw new LogError('corrupt', 'log.db holds fewer entries than its head says');
      } else {
        tell({ rebuilt: true });
      }
    };
    next();
  }

  port.on('message', (message: ToMerger) => {
    if ('close' in message) {
      end();
      tell({ closed: true });
      port.close();
    } else if ('segment' in message) merge(message.segment, 'steady');
    else if ('rebuild' in message) attempt(() => rebuild(message.rebuild));
    else attempt(() => writer.invalidate());
  });
  attempt(settle); // a move may have been interrupted
}

/** A full disk and a lock held by another program pass by; the tail grows meanwhile, and pauses writes when it is full. */
function mayPass(error: unknown): boolean {
  return /^SQLITE_(FULL|BUSY)/.test(String((error as { code?: unknown } | null)?.code));
}
