import { expect, it } from 'vitest';
import { growthSections, type PointFigures } from '../../bench/growth-report.ts';
import type { LoadResult } from '../../bench/load.ts';

function run(perSecond: number): LoadResult {
  const latency = { p50: 1, p99: 9, p999: 10, max: 11 };
  return { verified: 1_000, perSecond, requests: 1, seconds: 1, latency, refused: {}, faults: {} };
}

function at(rates: number[], openssl: number | undefined, bytesWritten: number | undefined = 5e6): PointFigures {
  return { singles: [run(500)], windows: rates.map((rate) => ({ result: run(rate), bytesWritten, openssl })) };
}

function sections(figures: [number, PointFigures][]) {
  const growth = { points: figures.map(([point]) => point), figures: new Map(figures), fills: [], states: [] };
  return growthSections({ ...growth, singlesPerSecond: 500, isCutShort: false });
}

it('compares the median rate at the largest size with that at the smallest', () => {
  const [, , flat] = sections([
    [1e4, at([10_000, 50_000, 9_000], 20_000)],
    [1e5, at([1], 20_000)],
    [1e6, at([9_100], 20_000)],
  ]);
  expect(flat!.rows[0]).toMatchObject({ reached: '91.0%', met: 'yes' });
});

it('states rates as shares of what the machine could do beside, so that its own changes do not count', () => {
  const [rates, , flat] = sections([
    [1e4, at([10_000], 20_000)],
    [1e5, at([5_000], 10_000)],
  ]);
  expect(rates!.rows.map((row) => row['of openssl'])).toEqual(['50.0%', '50.0%']);
  expect(flat!.rows.map(({ met }) => met)).toEqual(['no', 'yes']);
});

it('leaves out sizes that were not reached, and says what is not known', () => {
  const unreached: PointFigures = { singles: [], windows: [] };
  const unknown: PointFigures = {
    singles: [run(500)],
    windows: [{ result: run(8_000), bytesWritten: undefined, openssl: undefined }],
  };
  const [rates, , flat] = sections([
    [1e4, unknown],
    [1e5, unreached],
  ]);
  expect(rates!.rows).toHaveLength(1);
  expect(rates!.rows[0]).toMatchObject({ 'kB written/entry': 'unknown', 'of openssl': 'unknown' });
  expect(flat!.rows.map(({ met }) => met)).toEqual(['yes', 'unknown']);
});

it('states bytes written for each entry', () => {
  const [rates] = sections([[1e4, at([10_000], 20_000, 7.5e6)]]);
  expect(rates!.rows[0]).toMatchObject({ 'kB written/entry': '7.5' });
});
