import { expect, it } from 'vitest';
import { decisionSection } from '../../../bench/gate/gate-report.ts';
import type { DecisionRun } from '../../../bench/gate/questions.ts';

const run = (p99: number, wrong = 0, what = 'POST /v1/gate'): DecisionRun => ({
  ...{ what, requests: 100, wrong },
  latency: { p50: 1, p99, p999: p99, max: p99 },
});

it.each([
  ['a p99 below the aim', run(19), 'yes'],
  ['one above it', run(21), 'no'],
  ['any answer that was wrong, however fast', run(1, 1), 'no'],
  ["a p99 below a cluster's own aim", run(21, 0, 'admission: pods'), 'yes'],
])('says of %s whether it is met', (_, measured, met) => {
  const { rows } = decisionSection([measured], { size: 1e6, rate: 200, notes: [] });
  expect(rows[0]).toMatchObject({ met });
});
