import { expect, it } from 'vitest';
import { doorSections, ROUTES, type RouteRuns } from '../../../bench/doors/doors-report.ts';
import type { LoadResult } from '../../../bench/http/load.ts';

function run(perSecond: number, p50 = 1): LoadResult {
  const latency = { p50, p99: 9, p999: 10, max: 11 };
  return { verified: 1_000, perSecond, requests: 1, seconds: 1, latency, refused: {}, faults: {} };
}

function runs(form: string, closed: number[], open: number[]): RouteRuns {
  const route = ROUTES.find((one) => one.form === form)!;
  const rounds = { closed: closed.map((rate) => run(rate)), open: open.map((p50) => run(500, p50)) };
  return { ...route, ...rounds, rate: 500 };
}

it('states each door as a share of the native route in the same round, whatever the machine did meanwhile', () => {
  const [closed, open] = doorSections(
    [runs('digest', [1_000, 500, 2_000], [1, 2, 3]), runs('v2-hashedrekord', [900, 450, 1_600], [2, 4, 3])],
    64,
  );
  expect(closed!.rows.map((row) => row['of native'])).toEqual(['100.0%', '90.0%']);
  expect(open!.rows.map((row) => row['p50 of native'])).toEqual(['100.0%', '200.0%']);
});

it('compares every route with a native one that has its turn before it', () => {
  const forms = ROUTES.map(({ form }) => form);
  for (const { native, form } of ROUTES) {
    expect(forms.indexOf(native)).toBeGreaterThanOrEqual(0);
    expect(forms.indexOf(native)).toBeLessThanOrEqual(forms.indexOf(form));
  }
});
