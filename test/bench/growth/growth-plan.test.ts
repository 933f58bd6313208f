import { expect, it } from 'vitest';
import { GrowthPlan, growthPoints } from '../../../bench/growth/growth-plan.ts';

it('takes decades and half-decades, and ends with the size that was asked for', () => {
  expect(growthPoints(1e6)).toEqual([1e4, 3e4, 1e5, 3e5, 1e6]);
  expect(growthPoints(3e5)).toEqual([1e4, 3e4, 1e5, 3e5]);
  expect(growthPoints(50_000)).toEqual([1e4, 3e4, 50_000]);
  expect(growthPoints(1e4)).toEqual([1e4]);
});

/** Grows logs until nothing is missing; each window adds as many entries. */
function grow(plan: GrowthPlan, windowEntries: number): number[][] {
  const logs: number[][] = [];
  while (plan.next(0) !== undefined) {
    const visited: number[] = [];
    let size = 0;
    for (let point = plan.next(size); point !== undefined; point = plan.next(size)) {
      size = point;
      while (plan.wants(point, size)) {
        visited.push(point);
        plan.measured(point);
        size += windowEntries;
      }
    }
    logs.push(visited);
  }
  return logs;
}

it('measures a size on several logs where one window makes the log outgrow it', () => {
  expect(grow(new GrowthPlan([1e4, 3e4, 1e5, 3e5], 2), 60_000)).toEqual([
    [1e4, 1e5, 1e5, 3e5, 3e5],
    [1e4],
    [3e4],
    [3e4],
  ]);
});

it('measures all windows of a size on one log where they hardly make it larger', () => {
  expect(grow(new GrowthPlan([1e5, 1e6], 3), 1_000)).toEqual([[1e5, 1e5, 1e5, 1e6, 1e6, 1e6]]);
});
