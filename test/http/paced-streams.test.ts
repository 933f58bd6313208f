/** What streams leave to others. */
import { expect, it } from 'vitest';
import { LogError } from '../../src/core/errors.ts';
import { PacedStreams } from '../../src/http/paced-streams.ts';

const LIMITS = { streams: 10, heartbeat: 60_000, stall: 60_000 };
const log = { head: () => ({ size: 0, root: new Uint8Array(32), note: '', time: 0 }), onPublished: () => () => {} };

/** Streams of a source with ten messages, which tell when they are made. */
function streamsOf(make: (from: number) => void): PacedStreams {
  return new PacedStreams(
    log,
    {
      size: () => 10,
      message(from) {
        make(from);
        return { event: 'some', data: from, next: from + 1 };
      },
      beyond: () => new LogError('not_yet_published', 'beyond'),
    },
    LIMITS,
  );
}

/** Reads a stream until its tenth message. */
async function readAll(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  for (let text = ''; !text.includes('id: 10\n'); ) text += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
}

it('go round the event loop between two messages that take work, however many are read', async () => {
  let turns = 0;
  let counting = true;
  const count = () => {
    turns++;
    if (counting) setImmediate(count);
  };
  count();
  const made: number[] = [];
  const streams = streamsOf(() => made.push(turns));
  await Promise.all([readAll(streams.open(0)), readAll(streams.open(0)), readAll(streams.open(5))]);
  counting = false;
  expect(made.length).toBeGreaterThanOrEqual(10);
  expect(new Set(made).size).toBe(made.length);
});

it('give up the place of one that failed', async () => {
  const streams = streamsOf(() => {
    throw new LogError('corrupt', 'damaged');
  });
  await expect(readAll(streams.open(0))).rejects.toMatchObject({ code: 'corrupt' });
  expect(streams.count).toBe(0);
});
