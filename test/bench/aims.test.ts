import { expect, it } from 'vitest';
import { aimsSection, type Reached } from '../../bench/aims.ts';

const REACHED: Reached = {
  single: 6_000,
  batch: 12_000,
  digestSingle: 6_500,
  openssl: 24_000,
  digestVerifier: 10_000,
  halfLoadP99: 20,
};

function met(reached: Partial<Reached>): unknown[] {
  return aimsSection({ ...REACHED, ...reached }).rows.map((row) => row.met);
}

it('an aim that is just reached is met', () => {
  expect(met({})).toEqual(['yes', 'yes', 'yes', 'yes']);
});

it.each([
  [{ single: 5_990 }, 0],
  [{ batch: 11_900 }, 1],
  [{ halfLoadP99: 20.1 }, 2],
  [{ digestVerifier: 10_100 }, 3],
] as const)('%o misses its own aim only', (reached, missed) => {
  expect(met(reached)).toEqual(['yes', 'yes', 'yes', 'yes'].with(missed, 'no'));
});

it('claims nothing about shares of what is not known', () => {
  expect(met({ openssl: undefined })).toEqual(['unknown', 'unknown', 'yes', 'yes']);
});

it('states a share of what the machine can do', () => {
  expect(aimsSection(REACHED).rows[0]).toMatchObject({ aim: 'at least 25.0%', reached: '25.0%' });
});
