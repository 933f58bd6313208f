/** Whoever may be given authority: a key, or an identity that a trusted CA vouches for. */
import { canonicalJson } from '../encoding/canonical-json.ts';
import { closed, fault, objectOf, type Read, sha256Hex, text } from './closed-value.ts';

/** An identity by its OIDC issuer and its name, or a pattern of one in which `*` stands for any text. */
export type Identity = { readonly issuer: string } & (
  | { readonly san: string; readonly sanPattern?: never }
  | { readonly sanPattern: string; readonly san?: never }
);

/** `key`: hex SHA-256 of the SubjectPublicKeyInfo. */
export type Principal = { readonly key: string; readonly issuer?: never } | (Identity & { readonly key?: never });

const LONGEST_NAME = 2048;

const keyPrincipal = closed({ key: sha256Hex });
const exact = closed({ issuer: text(LONGEST_NAME), san: text(LONGEST_NAME) });
const pattern = closed({ issuer: text(LONGEST_NAME), sanPattern: text(LONGEST_NAME) });

export const identity: Read<Identity> = (value, at) =>
  objectOf(value, at).sanPattern === undefined ? exact(value, at) : pattern(value, at);

export const principal: Read<Principal> = (value, at) =>
  objectOf(value, at).key === undefined ? identity(value, at) : keyPrincipal(value, at);

/** Distinct principals: one that is listed twice would count twice towards a threshold. */
export function distinctPrincipals(principals: readonly Principal[], at: string): void {
  const seen = new Set(principals.map((one) => canonicalJson({ ...one })));
  if (seen.size < principals.length) throw fault(at, 'a principal is listed twice');
}
