/** At which sizes a growing log is measured, and which of them a log of some size can still serve. */

/** Below this, a log is measured before it has warmed up. */
const SMALLEST = 10_000;

/** Decades and half-decades from 10,000 to `entries`, which is the last one. */
export function growthPoints(entries: number): number[] {
  const points: number[] = [];
  for (let decade = SMALLEST; decade < entries; decade *= 10) {
    points.push(decade);
    if (3 * decade < entries) points.push(3 * decade);
  }
  return [...points, Math.max(entries, SMALLEST)];
}

/**
 * Counts the windows that are still to be measured. A window makes a small log much larger, so a log can pass a point,
 * and serves further windows at it only until it has twice the point's size; what is missing then, another log gives.
 */
export class GrowthPlan {
  readonly #points: readonly number[];
  readonly #missing: Map<number, number>;

  constructor(points: readonly number[], windows: number) {
    this.#points = points;
    this.#missing = new Map(points.map((point) => [point, windows]));
  }

  /** The first point that a log of this size can serve; undefined where there is none. */
  next(size: number): number | undefined {
    return this.#points.find((point) => point >= size && this.#missing.get(point)! > 0);
  }

  /** Whether a log of this size may serve a further window at the point. */
  wants(point: number, size: number): boolean {
    return this.#missing.get(point)! > 0 && size < 2 * point;
  }

  measured(point: number): void {
    this.#missing.set(point, this.#missing.get(point)! - 1);
  }
}
