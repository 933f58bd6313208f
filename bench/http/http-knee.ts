/** The knee of the real server: the highest rate of single submissions that it answers in time. */

import type { Row, Section } from '../report.ts';
import { type Capacity, capacityOf } from './closed-loop.ts';
import { findKnee, type Knee } from './knee.ts';
import type { LoadGenerator, LoadResult, LoadTarget } from './load.ts';
import { runOpenLoop } from './open-loop.ts';
import { complaints, outcomes } from './outcomes.ts';
import type { Form } from './submissions.ts';

/** Beyond it, a server at this rate does not answer in time. */
const MOST_P99_MS = 50;
/** Of the arrivals, answered with a proof while they arrive. */
const LEAST_ACHIEVED = 0.98;
/** Of the closed loop's rate, tried first. */
const START_SHARE = 0.5;
const SEARCH = { factor: 1.4, precision: 1.06 };

const FORMS: { what: string; form: Form }[] = [
  { what: 'single DSSE', form: 'dsse' },
  { what: 'single digest-only', form: 'digest' },
];

export interface KneePlan {
  /** Of the run at one rate. */
  seconds: number;
  /** Rates that are tried at most, for each form. */
  steps: number;
}

export interface FormKnee {
  what: string;
  knee: Knee<LoadResult[]>;
}

export async function measureKnees(
  generator: LoadGenerator,
  target: LoadTarget,
  capacity: Capacity,
  { seconds, steps }: KneePlan,
): Promise<FormKnee[]> {
  const knees: FormKnee[] = [];
  for (const { what, form } of FORMS) {
    const probe = async (entriesPerSecond: number): Promise<LoadResult[]> => {
      const first = await runOpenLoop(generator, target, { form, entriesPerSecond, seconds });
      if (keepsUp(first, entriesPerSecond)) return [first];
      // Once more, so that one stall of the machine is not taken for the knee.
      return [first, await runOpenLoop(generator, target, { form, entriesPerSecond, seconds })];
    };
    const passes = (results: LoadResult[], rate: number) => keepsUp(results.at(-1)!, rate);
    const start = capacityOf(capacity, form) * START_SHARE;
    knees.push({ what, knee: await findKnee(probe, passes, { ...SEARCH, start, steps }) });
  }
  return knees;
}

function keepsUp({ latency, perSecond }: LoadResult, entriesPerSecond: number): boolean {
  return latency.p99 <= MOST_P99_MS && perSecond >= LEAST_ACHIEVED * entriesPerSecond;
}

export function kneeSection(knees: readonly FormKnee[]): Section {
  const rows = knees.flatMap(({ what, knee }) =>
    [...knee.steps]
      .sort((a, b) => a.rate - b.rate)
      .map((step): Row => {
        const result = step.result.at(-1)!;
        return {
          what,
          'arriving/s': step.rate,
          'entries/s': result.perSecond,
          'p50 ms': result.latency.p50,
          'p99 ms': result.latency.p99,
          'keeps up': step.passed ? 'yes' : 'no',
          knee: step === knee.passed ? 'here' : '',
          ...outcomes(step.result),
        };
      }),
  );
  const notes = [
    `keeps up: p99 at most ${MOST_P99_MS} ms, and at least ${LEAST_ACHIEVED * 100}% of what arrives is answered in ` +
      'the time in which it arrives. A rate that fails is tried once more.',
    ...knees.map(({ what, knee }) => `${what}: ${describe(knee)}`),
    ...complaints(knees.flatMap(({ knee }) => knee.steps.flatMap(({ result }) => result))),
  ];
  return { name: 'http-knee', title: 'End to end, the knee: the highest rate of arrivals kept up with', rows, notes };
}

function describe({ passed, failed }: Knee<unknown>): string {
  const rate = (step: { rate: number } | undefined) => Math.round(step?.rate ?? 0).toLocaleString('en');
  if (passed === undefined) return `no rate was kept up with down to ${rate(failed)}/s`;
  if (failed === undefined) return `every rate was kept up with, up to ${rate(passed)}/s`;
  return `the knee lies between ${rate(passed)} and ${rate(failed)} entries/s`;
}
