/** JSON Canonicalization Scheme (RFC 8785), for the values that this project emits. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json | undefined };

/**
 * Serialises a value as RFC 8785 says; members that are undefined are left out.
 * ECMAScript's own serialisation of strings and numbers is the one RFC 8785 §3.2.2 prescribes.
 * @throws TypeError for numbers that are not finite and strings that are not well-formed UTF-16
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that is not finite has no JSON form');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (LONE_SURROGATE.test(value)) throw new TypeError('a lone surrogate has no UTF-8 form');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as { readonly [member: string]: Json | undefined };
  const members: string[] = [];
  // RFC 8785 §3.2.3: members are sorted by UTF-16 code units, which is what sort() does.
  for (const name of Object.keys(object).sort()) {
    const member = object[name];
    if (member !== undefined) members.push(`${canonicalJson(name)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

const LONE_SURROGATE = /\p{Surrogate}/u;
