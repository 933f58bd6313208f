/** What became of the submissions of a run, and whether its figures can be trusted. */

import { median } from '../measure.ts';
import type { Row } from '../report.ts';
import type { LoadResult } from './load.ts';

/** Columns that every table of runs ends with. */
export function outcomes(results: readonly LoadResult[]): Row {
  const sum = (counts: (result: LoadResult) => Record<string, number>) =>
    results.flatMap((result) => Object.values(counts(result))).reduce((total, count) => total + count, 0);
  return {
    verified: results.reduce((total, { verified }) => total + verified, 0),
    refused: sum((result) => result.refused),
    'bad proofs': sum((result) => result.faults),
  };
}

/** Why submissions were refused and proofs were bad. A bad proof fails the benchmark. */
export function complaints(results: readonly LoadResult[]): string[] {
  const lines = new Set<string>();
  for (const { refused, faults } of results) {
    for (const code of Object.keys(refused)) lines.add(`refused with ${code}`);
    for (const fault of Object.keys(faults)) lines.add(`bad: ${fault}`);
    if (Object.keys(faults).length > 0) process.exitCode = 1;
  }
  return [...lines];
}

/** Entries per second: the median of the runs. */
export function rateOf(results: readonly LoadResult[]): number {
  return middle(results, ({ perSecond }) => perSecond);
}

/** Microseconds of the processors for an entry, by the server: the median of the runs; undefined where that is unknown. */
export function processorTimeOf(results: readonly LoadResult[]): number | undefined {
  if (results.some(({ serverSeconds }) => serverSeconds === undefined)) return undefined;
  return middle(results, ({ serverSeconds, verified }) => (serverSeconds! * 1e6) / verified);
}

/** The median of the runs in one figure. */
export function middle<Result>(results: readonly Result[], value: (result: Result) => number): number {
  return median(results.map(value).sort((a, b) => a - b));
}
