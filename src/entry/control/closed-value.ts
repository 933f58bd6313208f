/** Readers of closed JSON values: what is not known is an error, and every fault is named by its JSON pointer. */
import { LogError } from '../../core/errors.ts';
import { isObject, type Members } from '../encoding/members.ts';

/** Reads one value. @throws LogError malformed_control, `at` being the JSON pointer of the fault */
export type Read<T> = (value: unknown, at: string) => T;

type Shape = Readonly<Record<string, Read<unknown>>>;
type Required<S extends Shape> = { readonly [K in keyof S]: S[K] extends Read<infer T> ? T : never };
type Optional<S extends Shape> = { readonly [K in keyof S]: (S[K] extends Read<infer T> ? T : never) | undefined };

export function fault(at: string, message: string): LogError {
  return new LogError('malformed_control', `the control statement is wrong at ${at || 'the top level'}: ${message}`, {
    at,
  });
}

/** An object that has all of `required`, any of `optional`, and nothing else. */
export function closed<R extends Shape, O extends Shape = Record<never, never>>(
  required: R,
  optional: O = {} as O,
): Read<Required<R> & Optional<O>> {
  const known = [...Object.keys(required), ...Object.keys(optional)];
  return (value, at) => {
    const members = objectOf(value, at);
    // The name of an unknown member is the sender's, so it is not repeated.
    if (Object.keys(members).some((name) => !known.includes(name))) {
      throw fault(at, `a member is not known; known are: ${known.join(', ')}`);
    }
    const read: Record<string, unknown> = {};
    for (const [name, reader] of Object.entries(required)) {
      if (members[name] === undefined) throw fault(`${at}/${name}`, 'it is missing');
      read[name] = reader(members[name], `${at}/${name}`);
    }
    for (const [name, reader] of Object.entries(optional)) {
      read[name] = members[name] === undefined ? undefined : reader(members[name], `${at}/${name}`);
    }
    return read as Required<R> & Optional<O>;
  };
}

/** A list of `least` to `most` items. */
export function list<T>(item: Read<T>, { least = 0, most }: { least?: number; most: number }): Read<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw fault(at, 'it must be a list');
    if (value.length < least || value.length > most) throw fault(at, `it must have ${least} to ${most} items`);
    return value.map((element, i) => item(element, `${at}/${i}`));
  };
}

/** A text of 1 to `longest` characters. */
export function text(longest = 1024): Read<string> {
  return (value, at) => {
    if (typeof value !== 'string') throw fault(at, 'it must be a string');
    if (value.length === 0 || value.length > longest) throw fault(at, `it must have 1 to ${longest} characters`);
    return value;
  };
}

/** A text that a pattern describes. */
export function matching(pattern: RegExp, what: string): Read<string> {
  return (value, at) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw fault(at, `it must be ${what}`);
    return value;
  };
}

export function oneOf<T extends string>(...values: readonly T[]): Read<T> {
  return (value, at) => {
    const found = values.find((known) => known === value);
    if (found === undefined) throw fault(at, `it must be one of: ${values.join(', ')}`);
    return found;
  };
}

/** An integer from `least` to 2^53-1. */
export function integer(least = 0): Read<number> {
  return (value, at) => {
    if (!Number.isSafeInteger(value) || (value as number) < least)
      throw fault(at, `it must be an integer from ${least}`);
    return value as number;
  };
}

export const sha256Hex = matching(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits');

export function objectOf(value: unknown, at: string): Members {
  if (!isObject(value)) throw fault(at, 'it must be an object');
  return value;
}
