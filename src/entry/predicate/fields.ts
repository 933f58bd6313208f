/** Members of a predicate, read with their place, so that what is malformed can be named. */
import { isObject, type Members } from '../encoding/members.ts';

/** A member that is not what its format says. The message holds names of the format only, never what was stated. */
export class ClaimFault extends Error {
  override readonly name = 'ClaimFault';
}

/**
 * An object's members. `null` and the empty text stand for what is left out, as writers in Go leave things out; a
 * member of another type than asked for is a `ClaimFault`.
 */
export class Fields {
  /** Undefined where the whole object is left out. */
  readonly members: Members | undefined;
  readonly #at: string;

  /** @throws ClaimFault where it is no object */
  constructor(value: unknown, at: string) {
    if (value !== undefined && value !== null && !isObject(value)) throw new ClaimFault(`${at} is not an object`);
    this.members = value ?? undefined;
    this.#at = at;
  }

  /** A member's object; one without members where it is left out. */
  in(name: string): Fields {
    return new Fields(this.#own(name), `${this.#at}.${name}`);
  }

  text(name: string): string | undefined {
    const value = this.#own(name);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') throw new ClaimFault(`${this.#at}.${name} is not a text`);
    return value;
  }

  /** The first of these that is stated: formats change the spelling of their members. */
  firstText(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.text(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** A text, or the digits of a whole number; undefined for anything else, in objects whose members are anyone's. */
  said(name: string): string | undefined {
    return asSaid(this.#own(name));
  }

  /** POSIX seconds of an RFC 3339 time; undefined for times before 1970, which writers in Go mean by none. */
  time(...names: readonly string[]): number | undefined {
    const text = this.firstText(...names);
    if (text === undefined) return undefined;
    const milliseconds = RFC3339.test(text) ? Date.parse(text.replace(/\.\d+/, '')) : Number.NaN;
    if (Number.isNaN(milliseconds)) throw new ClaimFault(`${this.#at}.${names[0]} is not an RFC 3339 time`);
    return milliseconds < 0 ? undefined : Math.floor(milliseconds / 1000);
  }

  list(name: string): readonly unknown[] {
    const value = this.#own(name);
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new ClaimFault(`${this.#at}.${name} is not a list`);
    return value;
  }

  objects(name: string): Fields[] {
    return this.list(name).map((item, i) => {
      const at = `${this.#at}.${name}.${i}`;
      if (!isObject(item)) throw new ClaimFault(`${at} is not an object`);
      return new Fields(item, at);
    });
  }

  texts(name: string): string[] {
    return this.list(name).map((item, i) => {
      if (typeof item !== 'string') throw new ClaimFault(`${this.#at}.${name}.${i} is not a text`);
      return item;
    });
  }

  has(name: string): boolean {
    const value = this.#own(name);
    return value !== undefined && value !== null;
  }

  /** As it is; for what may be of several types. */
  value(name: string): unknown {
    return this.#own(name);
  }

  fault(what: string): ClaimFault {
    return new ClaimFault(`${this.#at} ${what}`);
  }

  #own(name: string): unknown {
    const { members } = this;
    return members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
  }
}

/** RFC 3339 §5.6, upper case as all writers have it. */
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function asSaid(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}
