/**
 * The JSON form of protocol buffers (protobuf.dev, "ProtoJSON Format"), as strictly as Rekor v2's server reads it: a
 * field that is not known, or is there twice, is an error. Reads values that `strict-json.ts` has parsed.
 */
import { fromAnyBase64 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { isObject } from './members.ts';

/**
 * Reads the value of one field.
 * @param at the field's path, for the error
 * @throws LogError malformed_submission, malformed_base64
 */
export type FieldReader<T> = (value: unknown, at: string) => T;

type Fields = Readonly<Record<string, FieldReader<unknown>>>;
type FieldOf<F extends Fields> = keyof F & string;

/** What is set of a message's fields, by lowerCamelCase names. */
export type Message<F extends Fields> = { readonly [K in keyof F]?: ReturnType<F[K]> };

/** Standard or URL-safe base64, padded or not. */
export const bytes: FieldReader<Uint8Array> = (value, at) => {
  if (typeof value !== 'string') throw malformed(`${at} must be base64`, at);
  return fromAnyBase64(value, at);
};

export const text: FieldReader<string> = (value, at) => {
  if (typeof value !== 'string') throw malformed(`${at} must be a string`, at);
  return value;
};

/** An enum's value by its name or its number; read as the name. */
export function enumOf<Name extends string>(numbers: Readonly<Record<Name, number>>): FieldReader<Name> {
  const names = Object.keys(numbers) as Name[];
  return (value, at) => {
    const found = names.find((name) => name === value || numbers[name] === value);
    if (found === undefined) throw malformed(`${at} is not a known name or number`, at);
    return found;
  };
}

/** A list whose items cannot be null. */
export function repeated<T>(item: FieldReader<T>): FieldReader<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw malformed(`${at} must be a list`, at);
    return value.map((one, i) => item(one, `${at}/${i}`));
  };
}

/**
 * A message. Each field can be named in lowerCamelCase or in snake_case; null is as good as leaving it out.
 * @param oneofs sets of fields of which one may be set at most
 */
export function message<F extends Fields>(fields: F, ...oneofs: readonly FieldOf<F>[][]): FieldReader<Message<F>> {
  const known = new Map<string, FieldOf<F>>();
  for (const name of Object.keys(fields)) known.set(name, name).set(snakeCase(name), name);

  return (value, at) => {
    if (!isObject(value)) throw malformed(`${at} must be an object`, at);
    const read: Record<string, unknown> = {};
    const seen = new Set<string>();
    for (const [key, field] of Object.entries(value)) {
      const name = known.get(key);
      if (name === undefined) throw malformed(`${at} has a field that is not known`, at);
      if (seen.has(name)) throw malformed(`${at} has ${name} twice`, at);
      seen.add(name);
      if (field !== null) read[name] = fields[name]!(field, `${at}/${name}`);
    }
    for (const oneof of oneofs) {
      if (oneof.filter((name) => name in read).length > 1) {
        throw malformed(`${at} can have one of ${oneof.join(' and ')} only`, at);
      }
    }
    return read as Message<F>;
  };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function malformed(message: string, at: string): LogError {
  return new LogError('malformed_submission', message, { at });
}
