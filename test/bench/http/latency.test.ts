import { expect, it } from 'vitest';
import { latencyOf, percentile } from '../../../bench/http/latency.ts';

it('a percentile is the time that this share of the requests did not exceed', () => {
  const ascending = Float64Array.from({ length: 200 }, (_, i) => i + 1);
  expect([0.5, 0.99, 0.995, 1].map((share) => percentile(ascending, share))).toEqual([100, 198, 199, 200]);
  expect(percentile(Float64Array.of(7), 0.5)).toBe(7);
});

it('sorts times as numbers', () => {
  expect(latencyOf(Float64Array.of(100, 9, 20))).toEqual({ p50: 20, p99: 100, p999: 100, max: 100 });
});

it('knows no time where nothing was answered', () => {
  expect(latencyOf(new Float64Array(0)).p99).toBeNaN();
});
