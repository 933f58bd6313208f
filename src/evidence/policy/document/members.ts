/** What the parts of a policy document are made of: closed objects, patterns, durations, bounded texts and lists. */
import { z } from 'zod';
import { readDuration } from './duration.ts';
import { MAX_STARS, starsIn } from './pattern.ts';
import { closest } from './suggestion.ts';

/** An object whose members are all known; one that is not is told with the known one that was probably meant. */
export function closed<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const key = String(issue.keys[0] ?? '').slice(0, 64);
      const meant = closest(key, known);
      const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${JSON.stringify(meant)}?`;
      return `unknown key ${JSON.stringify(key)}; ${hint}`;
    },
  });
}

export const text = z.string().min(1).max(2_048);

export const pattern = z
  .string()
  .min(1)
  .max(512)
  .refine((value) => starsIn(value) <= MAX_STARS, `must have at most ${MAX_STARS} stars`);

/** A list that says something: an empty one would allow nothing, or mean to allow everything. */
export const someOf = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(256);

/** Seconds. */
export const duration = z.string().transform((value, context) => {
  const seconds = readDuration(value);
  if (seconds !== undefined) return seconds;
  context.addIssue({ code: 'custom', message: 'must be a duration such as 60s, 15m, 4h or 30d' });
  return z.NEVER;
});

export const count = z.int().min(1).max(1_000);

/** Hex SHA-256 of a public key's SubjectPublicKeyInfo. */
export const keyHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of a public key's SubjectPublicKeyInfo, 64 lower-case hex digits");

/**
 * A moment, POSIX seconds; a bare day lasts until its end, UTC.
 */
export const moment = z.string().transform((value, context) => {
  const parts = /^(\d{4})-(\d{2})-(\d{2})(T\d{2}:\d{2}:\d{2}Z)?$/.exec(value);
  const at = parts === null ? Number.NaN : Date.parse(parts[4] === undefined ? `${value}T00:00:00Z` : value);
  // Date.parse takes the 31st of every month.
  const isDay = !Number.isNaN(at) && new Date(at).toISOString().startsWith(value.slice(0, 10));
  if (parts !== null && isDay) return at / 1_000 + (parts[4] === undefined ? 86_400 : 0);
  context.addIssue({ code: 'custom', message: 'must be a day such as 2027-01-31, or a moment 2027-01-31T12:00:00Z' });
  return z.NEVER;
});
