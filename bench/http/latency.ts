/** How long requests took, as percentiles. */

/** Milliseconds. NaN where there was no request. */
export interface Latency {
  p50: number;
  p99: number;
  p999: number;
  max: number;
}

/** @param times milliseconds from a request's arrival to its answer, in any order; sorted in place */
export function latencyOf(times: Float64Array): Latency {
  times.sort();
  return {
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    p999: percentile(times, 0.999),
    max: percentile(times, 1),
  };
}

/** Nearest rank, so that it is a time that really occurred. @param share of one; 0.99 for p99 */
export function percentile(ascending: Float64Array, share: number): number {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? Number.NaN;
}
