import { expect, it } from 'vitest';
import { findKnee } from '../../../bench/http/knee.ts';

/** One server that takes `capacity` requests a second: below it they wait as in a queue, above it ever longer. */
function queue(capacity: number) {
  const probed: number[] = [];
  const probe = async (rate: number) => {
    probed.push(rate);
    const waiting = rate < capacity ? 1 / (capacity - rate) : 1;
    return { p99Milliseconds: 1_000 * Math.min(1, waiting), perSecond: Math.min(rate, capacity) };
  };
  return { probe, probed };
}

/** At 10 ms the queue above keeps up until 100 requests per second below its capacity. */
const keepsUp = ({ p99Milliseconds, perSecond }: { p99Milliseconds: number; perSecond: number }, rate: number) =>
  p99Milliseconds <= 10 && perSecond >= 0.98 * rate;

it.each([100, 2_000, 4_900, 30_000])('finds the knee of 4,900/s from a start at %i/s', async (start) => {
  const { probe } = queue(5_000);
  const { passed, failed } = await findKnee(probe, keepsUp, { start, factor: 1.5, precision: 1.02, steps: 30 });
  expect(passed!.rate).toBeLessThanOrEqual(4_900);
  expect(failed!.rate).toBeGreaterThan(4_900);
  expect(failed!.rate / passed!.rate).toBeLessThanOrEqual(1.02);
});

it('tries no more rates than it may, and says between which two the knee lies', async () => {
  const { probe, probed } = queue(5_000);
  const knee = await findKnee(probe, keepsUp, { start: 1_000, factor: 2, precision: 1.001, steps: 5 });
  expect(probed).toEqual(knee.steps.map(({ rate }) => rate));
  expect(probed.map(Math.round)).toEqual([1_000, 2_000, 4_000, 8_000, 5_657]);
  expect([knee.passed?.rate, Math.round(knee.failed!.rate)]).toEqual([4_000, 5_657]);
});

it('says so where no rate passed, or none failed', async () => {
  const search = { start: 1_000, factor: 2, precision: 1.1, steps: 3 };
  const never = await findKnee(queue(50).probe, keepsUp, search);
  expect([never.passed, never.failed?.rate]).toEqual([undefined, 250]);
  const always = await findKnee(queue(1e6).probe, keepsUp, search);
  expect([always.passed?.rate, always.failed]).toEqual([4_000, undefined]);
});
