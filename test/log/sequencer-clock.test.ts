/** A clock that is stepped, seen by the real writer on a real database. Only `Date` is a stand-in; timers are real. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createInlineLog, type InlineLog } from '../inline-log.ts';
import { signedArtifact } from '../server/signed.ts';

const HOUR = 3_600_000;

let log: InlineLog;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  log = await createInlineLog();
});
afterEach(async () => {
  await log.close();
  vi.useRealTimers();
});

const add = () => log.add(JSON.parse(signedArtifact().body));
const step = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
const times = () => log.rows.checkpoints(0, 100).map(({ time }) => time);

describe('a clock stepped back', () => {
  it('pauses writes, not reads, and they resume by themselves once it has caught up', async () => {
    await add();
    step(-HOUR);
    await expect(add()).rejects.toMatchObject({ code: 'clock_regressed', retryAfter: expect.any(Number) });
    expect(log.writeState()).toMatchObject({ accepting: false, code: 'clock_regressed' });
    expect(log.reader.entry(1).index).toBe(1);
    expect(log.reader.inclusionProof(1, 2).proof.treeSize).toBe(2);

    step(HOUR);
    await vi.waitFor(() => expect(log.writeState().accepting).toBe(true), { timeout: 5000 });
    expect((await add()).index).toBe(2);
  });

  it('by a second is waited for, and signs no earlier time', async () => {
    await add();
    step(-1000);
    expect((await add()).index).toBe(2);
    expect(times()).toEqual([...times()].sort((a, b) => a - b));
  });

  it('never lets a time decrease, however it is stepped', async () => {
    for (const milliseconds of [0, HOUR, -1000, 5000, -1000, 0]) {
      step(milliseconds);
      await add();
    }
    step(-2 * HOUR);
    await expect(add()).rejects.toMatchObject({ code: 'clock_regressed' });
    const [first, second] = times();
    expect(second! - first!).toBeGreaterThanOrEqual(0);
    expect(times()).toEqual([...times()].sort((a, b) => a - b));
    expect(log.head().time).toBeGreaterThanOrEqual(times().at(-1)!);
  });
});
