/** Times small functions: rounds that take every candidate in turn, so that a slow minute of the machine hits all. */
import { Bench } from 'tinybench';

export interface Candidate {
  name: string;
  /** Operations that one call of `run` does; enough of them that a call takes microseconds. */
  operations: number;
  run: () => void;
}

export interface Timing {
  name: string;
  /** Nanoseconds for one operation: the median over the rounds of each round's median. */
  nanoseconds: number;
  /** The lowest and the highest of the rounds' medians. */
  spread: [number, number];
}

export interface Effort {
  rounds: number;
  /** Milliseconds for each candidate in each round. */
  milliseconds: number;
}

export function measure(candidates: readonly Candidate[], { rounds, milliseconds }: Effort): Timing[] {
  const medians = candidates.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({ time: milliseconds, iterations: 5, warmup: round === 0, warmupTime: milliseconds });
    for (const { name, run } of candidates) bench.add(name, run);
    for (const [i, { result, name }] of bench.runSync().entries()) {
      if (!('latency' in result)) throw new Error(`${name} could not be measured`, { cause: result });
      medians[i]!.push((result.latency.p50 * 1e6) / candidates[i]!.operations);
    }
  }
  return candidates.map(({ name }, i) => {
    const sorted = medians[i]!.sort((a, b) => a - b);
    return { name, nanoseconds: median(sorted), spread: [sorted[0]!, sorted.at(-1)!] };
  });
}

/** Middle of an ascending list; the mean of the two middle ones where their number is even. */
export function median(ascending: readonly number[]): number {
  const middle = (ascending.length - 1) / 2;
  return (ascending[Math.floor(middle)]! + ascending[Math.ceil(middle)]!) / 2;
}
