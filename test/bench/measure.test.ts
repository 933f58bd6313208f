import { expect, it } from 'vitest';
import { measure, median } from '../../bench/measure.ts';

it('the median of an even number of values lies between the two middle ones', () => {
  expect(median([1, 2, 4, 9])).toBe(3);
  expect(median([1, 2, 9])).toBe(2);
});

it('states the time of one operation, not of one call', () => {
  const work = (operations: number) => () => {
    let sum = 0;
    for (let i = 0; i < operations * 1_000; i++) sum += Math.sqrt(i);
    if (sum < 0) throw new Error('unreachable');
  };
  const [once, often] = measure(
    [
      { name: 'once', operations: 1, run: work(1) },
      { name: 'often', operations: 64, run: work(64) },
    ],
    { rounds: 3, milliseconds: 5 },
  );
  expect(often!.nanoseconds / once!.nanoseconds).toBeGreaterThan(0.1);
  expect(often!.nanoseconds / once!.nanoseconds).toBeLessThan(10);
});
