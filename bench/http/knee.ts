/** Finds the knee of a server: the highest rate of arrivals that it still answers in time. */

export interface KneeSearch {
  /** Arrivals per second that are tried first. */
  start: number;
  /** Each rate is this many times the last one, until one passes and one fails. Above 1. */
  factor: number;
  /** Done when the lowest rate that failed is at most this many times the highest that passed. Above 1. */
  precision: number;
  /** Rates that are tried at most. */
  steps: number;
}

export interface KneeStep<Result> {
  /** Arrivals per second. */
  rate: number;
  passed: boolean;
  result: Result;
}

export interface Knee<Result> {
  /** The highest rate that passed below every one that failed; undefined where none did. */
  passed: KneeStep<Result> | undefined;
  /** The lowest rate that failed; undefined where none did, and the knee lies higher than was looked. */
  failed: KneeStep<Result> | undefined;
  /** In the order in which they were tried. */
  steps: KneeStep<Result>[];
}

/**
 * Geometric steps until the knee is enclosed, then bisection in the geometric mean.
 * @param probe one run at this rate
 * @param passes whether the run shows the server to keep up
 */
export async function findKnee<Result>(
  probe: (rate: number) => Promise<Result>,
  passes: (result: Result, rate: number) => boolean,
  { start, factor, precision, steps: atMost }: KneeSearch,
): Promise<Knee<Result>> {
  const steps: KneeStep<Result>[] = [];
  let passed: KneeStep<Result> | undefined;
  let failed: KneeStep<Result> | undefined;
  let rate = start;
  while (steps.length < atMost) {
    const result = await probe(rate);
    const step = { rate, passed: passes(result, rate), result };
    steps.push(step);
    if (step.passed) passed = step;
    else failed = step;
    if (passed === undefined) rate /= factor;
    else if (failed === undefined) rate *= factor;
    else if (failed.rate <= passed.rate * precision) break;
    else rate = Math.sqrt(passed.rate * failed.rate);
  }
  return { passed, failed, steps };
}
