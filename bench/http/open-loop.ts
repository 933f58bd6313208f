/** Time to the proof at fixed rates of arrivals, as shares of what the server can take. */

import { formatShare, type Row, type Section } from '../report.ts';
import { type Capacity, capacityOf } from './closed-loop.ts';
import type { LoadGenerator, LoadResult, LoadTarget } from './load.ts';
import { complaints, middle, outcomes, rateOf } from './outcomes.ts';
import { BATCH_ITEMS, type Form, itemsPerRequest } from './submissions.ts';

const HALF_LOAD = 0.5;

const OPEN_LOOPS: { what: string; form: Form; shares: number[] }[] = [
  { what: 'single DSSE', form: 'dsse', shares: [0.25, HALF_LOAD, 0.75] },
  { what: 'single digest-only', form: 'digest', shares: [HALF_LOAD] },
  { what: `batch of ${BATCH_ITEMS.toLocaleString('en')} DSSE, NDJSON`, form: 'dsse-ndjson', shares: [HALF_LOAD] },
];

export interface OpenPlan {
  /** Runs at half load, of which the median counts; once at other rates. */
  rounds: number;
  /** Of one run. */
  seconds: number;
}

export interface OpenRuns {
  what: string;
  form: Form;
  share: number;
  /** Entries that arrive in a second. */
  rate: number;
  results: LoadResult[];
}

/** One run at a rate of arrivals. @param entriesPerSecond arriving, whatever the server does */
export function runOpenLoop(
  generator: LoadGenerator,
  target: LoadTarget,
  { form, entriesPerSecond, seconds }: { form: Form; entriesPerSecond: number; seconds: number },
): Promise<LoadResult> {
  const requestsPerSecond = entriesPerSecond / itemsPerRequest(form);
  const submissions = Math.max(1, Math.round(requestsPerSecond * seconds)) * itemsPerRequest(form);
  return generator.run(target, { form, submissions, seconds, load: { loop: 'open', requestsPerSecond } });
}

export async function measureOpenLoops(
  generator: LoadGenerator,
  target: LoadTarget,
  capacity: Capacity,
  { rounds, seconds }: OpenPlan,
): Promise<OpenRuns[]> {
  const runs: OpenRuns[] = [];
  for (const { what, form, shares } of OPEN_LOOPS) {
    for (const share of shares) {
      const rate = capacityOf(capacity, form) * share;
      const results: LoadResult[] = [];
      for (let round = 0; round < (share === HALF_LOAD ? rounds : 1); round++) {
        results.push(await runOpenLoop(generator, target, { form, entriesPerSecond: rate, seconds }));
      }
      runs.push({ what, form, share, rate, results });
    }
  }
  return runs;
}

/** Milliseconds: p99 of single DSSE submissions at half load. */
export function halfLoadP99(runs: readonly OpenRuns[]): number {
  const { results } = runs.find(({ form, share }) => form === 'dsse' && share === HALF_LOAD)!;
  return middle(results, ({ latency }) => latency.p99);
}

export function openSection(runs: readonly OpenRuns[]): Section {
  const rows = runs.map(
    ({ what, share, rate, results }): Row => ({
      what,
      'of the rate above': formatShare(share),
      'arriving/s': rate,
      'entries/s': rateOf(results),
      requests: results.reduce((sum, { requests }) => sum + requests, 0),
      'p50 ms': middle(results, ({ latency }) => latency.p50),
      'p99 ms': middle(results, ({ latency }) => latency.p99),
      'p99.9 ms': middle(results, ({ latency }) => latency.p999),
      'max ms': Math.max(...results.map(({ latency }) => latency.max)),
      ...outcomes(results),
    }),
  );
  const notes = [
    'Requests arrive at even intervals, whatever the server does; their time counts from their arrival.',
    'Median of the rounds, max of all. The p99 of fewer than 100 requests is their slowest.',
    ...complaints(runs.flatMap(({ results }) => results)),
  ];
  return { name: 'http-open', title: 'End to end, open loop: time to the proof', rows, notes };
}
