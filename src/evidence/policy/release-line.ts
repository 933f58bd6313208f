/** Release lines: 1.x, 2.x, 0.3.x. A maintenance line is compared with itself, not with what is newer elsewhere. */

/** Version in the order of releases; undefined where it is none. */
export interface Line {
  readonly major: number;
  /** Below 1.0 every minor version is a line of its own. */
  readonly minor: number;
}

export function lineOf(version: string | undefined): Line | undefined {
  const [, major, minor] = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:[.+-]|$)/.exec(version ?? '') ?? [];
  if (major === undefined) return undefined;
  return { major: Number(major), minor: major === '0' ? Number(minor ?? 0) : 0 };
}

/** Negative where `a` comes before `b`. */
export function compareLines(a: Line, b: Line): number {
  return a.major - b.major || a.minor - b.minor;
}
