import { expect, it } from 'vitest';
import { growthSections, type PointFigures } from '../../../bench/growth/growth-report.ts';
import type { LoadResult } from '../../../bench/http/load.ts';

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

it('compares each window with one on a small log just before it, whatever the machine did meanwhile', () => {
  const large = at([9_000, 4_600, 2_000], 20_000);
  const beside = [10_000, 5_000, 2_100];
  for (const [i, window] of large.windows.entries()) window.reference = beside[i]!;
  const [rates, , flat] = sections([
    [1e4, at(beside, 20_000)],
    [1e6, large],
  ]);
  expect(flat!.rows).toMatchObject([{ reached: '92.0%', met: 'yes' }]);
  expect(rates!.rows.map((row) => row['of the smallest'])).toEqual(['100.0%', '92.0%']);
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
  expect(flat!.rows).toEqual([]);
});

it('states bytes written for each entry', () => {
  const [rates] = sections([[1e4, at([10_000], 20_000, 7.5e6)]]);
  expect(rates!.rows[0]).toMatchObject({ 'kB written/entry': '7.5' });
});
