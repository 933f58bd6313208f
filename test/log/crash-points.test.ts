import { afterEach, expect, it, vi } from 'vitest';
import type * as CrashPoints from '../../src/log/crash-points.ts';

const load = async (armed: string | undefined): Promise<typeof CrashPoints> => {
  vi.resetModules();
  vi.stubEnv('COUNTERSIGN_CRASH_AT', armed);
  return import('../../src/log/crash-points.ts');
};
afterEach(() => vi.unstubAllEnvs());

it('returns from every point while none is armed', async () => {
  const { CRASH_POINTS, crashesHere, crashPoint } = await load(undefined);
  for (const point of CRASH_POINTS) {
    crashPoint(point);
    expect(crashesHere(point)).toBe(false);
  }
});

it('fires at the armed point, once, and at no other', async () => {
  const { CRASH_POINTS, crashesHere } = await load('committed');
  expect(CRASH_POINTS.filter((point) => crashesHere(point))).toEqual(['committed']);
  expect(CRASH_POINTS.filter((point) => crashesHere(point))).toEqual([]);
});

it('fires at the time it was armed for', async () => {
  const { crashesHere } = await load('signed:3');
  expect([1, 2, 3, 4].map(() => crashesHere('signed'))).toEqual([false, false, true, false]);
});

it('lets the thread wait at a point, every time, and at no other', async () => {
  vi.stubEnv('COUNTERSIGN_DELAY_AT', 'before-commit:30');
  const { crashPoint } = await load(undefined);
  const times = (['begun', 'before-commit', 'before-commit'] as const).map((point) => {
    const start = performance.now();
    crashPoint(point);
    return performance.now() - start >= 29;
  });
  expect(times).toEqual([false, true, true]);
});

it('does not fire for a name that is no point', async () => {
  const { CRASH_POINTS, crashesHere } = await load('nowhere');
  expect(CRASH_POINTS.filter((point) => crashesHere(point))).toEqual([]);
});
