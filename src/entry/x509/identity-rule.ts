/** Rules that say whose certificates are meant: the OIDC issuer, and a subject alternative name or a pattern of one. */
import type { Certificate } from './certificate.ts';

export type IdentityRule = {
  /** Exact. */
  readonly issuer: string;
} & (
  | { /** Exact. */ readonly san: string; readonly sanPattern?: never }
  | {
      /** Of the whole name; `*` stands for any text, also none, and for `/` too. */ readonly sanPattern: string;
      readonly san?: never;
    }
);

/** True where the issuer and one of the names are as the rule says. Whether they are true, the chain says. */
export function isIdentityOf(rule: IdentityRule, { oidcIssuer, names }: Pick<Certificate, 'oidcIssuer' | 'names'>) {
  if (oidcIssuer !== rule.issuer) return false;
  return names.some((name) => (rule.san === undefined ? matchesPattern(rule.sanPattern, name) : name === rule.san));
}

/**
 * `*` stands for any text, also none. Leftmost match of each part after the other: one pass, whatever the pattern. The last part is matched at the end,
 * where it must be anyway.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
