/** Durations as a policy writes them: a whole number and a unit, `60s`, `15m`, `4h`, `30d`. */

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

const DURATION = /^([1-9][0-9]{0,6})([smhd])$/;

/** Seconds; undefined where the text is no duration. */
export function readDuration(text: string): number | undefined {
  const [, number, unit] = DURATION.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * SECONDS[unit as keyof typeof SECONDS];
}

/** The largest unit that says it without a fraction. */
export function writeDuration(seconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (seconds >= SECONDS[unit] && seconds % SECONDS[unit] === 0) return `${seconds / SECONDS[unit]}${unit}`;
  }
  return `${seconds}s`;
}
