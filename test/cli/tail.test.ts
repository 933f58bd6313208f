/** Entries as they are logged. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { type InlineApp, inlineApp } from '../http/inline-app.ts';
import { addMany } from '../mirror/story.ts';
import { countersign, lines } from './harness.ts';

let served: InlineApp;
beforeAll(async () => {
  served = await inlineApp({ streams: 10, heartbeat: 20, stall: 60_000 });
  await addMany(served.log, 9);
});
afterAll(async () => {
  served.entryStreams.end();
  await served.log.close();
});

const tail = (...args: string[]) =>
  countersign(['tail', 'http://log.test', '--log-key', served.log.identity.verifierKey, '--format', 'jsonl', ...args], {
    fetch: served.fetch,
  });

it('begins anywhere, and proves what it shows', async () => {
  const { exit, stdout } = await tail('--from', '4', '--count', '3');
  expect([exit, lines(stdout).map(({ index, leafHash }) => [index, leafHash])]).toEqual([
    0,
    [4, 5, 6].map((index) => [index, toHex(served.log.reader.entry(index).leafHash)]),
  ]);
});

it('begins with what is logged from now on', async () => {
  const { size } = served.log.head();
  const following = tail('--count', '1');
  await vi.waitFor(() => expect(served.entryStreams.count).toBe(1), { timeout: 15_000 });
  await addMany(served.log, 1);
  const { exit, stdout } = await following;
  expect([exit, lines(stdout)]).toMatchObject([0, [{ index: size }]]);
});

it('does not begin beyond the log', async () => {
  const { exit, stderr } = await tail('--from', '1000');
  expect([exit, stderr]).toEqual([5, expect.stringContaining('the log has')]);
});
