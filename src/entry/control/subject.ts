/** What control statements act on: digests, and names that are known by the digest of their text. */
import { toHex, utf8 } from '../../core/bytes.ts';
import { sha256 } from '../../core/hash.ts';
import { canonicalJson, type Json } from '../encoding/canonical-json.ts';
import { closed, fault, list, matching, objectOf, type Read, text } from './closed-value.ts';

/** One digest or several of the same thing, `sha256` and the like, or `gitCommit`; hexadecimal digits in lower case. */
export type DigestSet = Readonly<Record<string, string>>;

export interface ControlSubject {
  readonly name: string | undefined;
  readonly digest: DigestSet;
}

const LENGTHS: Readonly<Record<string, readonly number[]>> = {
  sha256: [64],
  sha384: [96],
  sha512: [128],
  gitCommit: [40, 64],
};

export const digests: Read<DigestSet> = (value, at) => {
  const members = objectOf(value, at);
  const entries = Object.entries(members);
  if (entries.length === 0) throw fault(at, 'it must have a digest');
  for (const [algorithm, digest] of entries) {
    const lengths = Object.hasOwn(LENGTHS, algorithm) ? LENGTHS[algorithm]! : undefined;
    if (lengths === undefined) throw fault(at, `a digest is of an algorithm that is not known; known are: ${KNOWN}`);
    const isDigest = typeof digest === 'string' && /^[0-9a-f]+$/.test(digest) && lengths.includes(digest.length);
    if (!isDigest) {
      throw fault(`${at}/${algorithm}`, `it must be ${lengths.join(' or ')} lower-case hexadecimal digits`);
    }
  }
  return members as DigestSet;
};

const KNOWN = Object.keys(LENGTHS).join(', ');

export const packageUrl = matching(/^pkg:[\x21-\x7e]{1,1020}$/, 'a package URL');

const MOST_SUBJECTS = 256;

export const subjects: Read<readonly ControlSubject[]> = list(closed({ digest: digests }, { name: text(2048) }), {
  least: 1,
  most: MOST_SUBJECTS,
});

/** Digest by which something that has none of its own is a subject: SHA-256 of its text, or of its canonical JSON. */
export function namedDigest(value: Json): string {
  return toHex(sha256(utf8(typeof value === 'string' ? value : canonicalJson(value))));
}
