import { expect, it } from 'vitest';
import { aimsSection, type Reached } from '../../../bench/http/aims.ts';

const REACHED: Reached = { singleShare: 0.25, batchShare: 0.5, digestShare: 0.65, halfLoadMilliseconds: 20 };

function met(reached: Partial<Reached>): unknown[] {
  return aimsSection({ ...REACHED, ...reached }).rows.map((row) => row.met);
}

it('an aim that is just reached is met', () => {
  expect(met({})).toEqual(['yes', 'yes', 'yes', 'yes']);
});

it.each([
  [{ singleShare: 0.249 }, 0],
  [{ batchShare: 0.499 }, 1],
  [{ halfLoadMilliseconds: 20.1 }, 2],
  [{ digestShare: 0.649 }, 3],
] as const)('%o misses its own aim only', (reached, missed) => {
  expect(met(reached)).toEqual(['yes', 'yes', 'yes', 'yes'].with(missed, 'no'));
});

it('claims nothing about shares of what is not known', () => {
  expect(met({ singleShare: undefined, batchShare: undefined })).toEqual(['unknown', 'unknown', 'yes', 'yes']);
});

it('states what was aimed at and what was reached', () => {
  expect(aimsSection(REACHED).rows[0]).toMatchObject({ aim: 'at least 25.0%', reached: '25.0%' });
});
