/** What the predicates of control statements have in common, and how one family of them is read and written. */
import type { Json } from '../encoding/canonical-json.ts';
import { fault, integer, matching } from './closed-value.ts';
import { type ControlSubject, type DigestSet, digests, namedDigest } from './subject.ts';

/** Where the predicate lies in a statement. */
export const AT = '/predicate';
const AT_SUBJECT = '/subject';

/** `acme`, `acme/web`: lower case, so that no two look alike. */
export const namespace = matching(
  /^[a-z0-9][a-z0-9._/-]{0,127}$/,
  'a namespace: 1 to 128 of a-z, 0-9, ".", "_", "-", "/"',
);

/** Index of an entry of the log. */
export const index = integer();
/** POSIX seconds. */
export const seconds = integer(1);

export interface Common {
  /** Whose authority is used. Undefined where a key revokes itself, and where a signer withdraws what is its own. */
  readonly namespace: string | undefined;
  /** POSIX seconds as the signer says. Proves nothing: it makes two statements of the same words different ones. */
  readonly issued: number;
}

export interface ControlPredicate<E> {
  /** @throws LogError malformed_control */
  read(predicate: unknown, subjects: readonly ControlSubject[]): E;
  /** `read` of what this gives is the event again. */
  write(event: E): { subjects: readonly ControlSubject[]; predicate: Json };
}

/** The one subject. */
export function oneSubject(subjects: readonly ControlSubject[]): ControlSubject {
  const [subject] = subjects;
  if (subjects.length !== 1 || subject === undefined) throw fault(AT_SUBJECT, 'it must have 1 item');
  return subject;
}

/** The subject of something that is known by the digest of its text or canonical JSON. */
export function requireNamed(subjects: readonly ControlSubject[], value: Json): void {
  const expected = namedDigest(value);
  const { digest } = oneSubject(subjects);
  if (Object.keys(digest).length !== 1 || digest.sha256 !== expected) {
    throw fault(`${AT_SUBJECT}/0/digest`, `it must be the SHA-256 of what the predicate names, ${expected}`);
  }
}

export function named(value: Json, name?: string): readonly ControlSubject[] {
  return [{ name, digest: { sha256: namedDigest(value) } }];
}

/** The SHA-256 that is the subject's only digest. */
export function onlySha256(subjects: readonly ControlSubject[]): string {
  const { sha256, ...others } = oneSubject(subjects).digest;
  if (sha256 === undefined || Object.keys(others).length > 0) {
    throw fault(`${AT_SUBJECT}/0/digest`, 'it must be one sha256');
  }
  return sha256;
}

export function bySha256(sha256: string): readonly ControlSubject[] {
  return [{ name: undefined, digest: { sha256 } }];
}

/** Digests that the event acts on, or the package URL whose digest stands in for them. */
export type Target =
  | { readonly digests: DigestSet; readonly package: undefined }
  | { readonly digests: undefined; readonly package: string };

export function targetOf(subjects: readonly ControlSubject[], packageUrl: string | undefined): Target {
  if (packageUrl !== undefined) {
    requireNamed(subjects, packageUrl);
    return { digests: undefined, package: packageUrl };
  }
  return { digests: digests(oneSubject(subjects).digest, `${AT_SUBJECT}/0/digest`), package: undefined };
}

export function targetSubjects(target: Target): readonly ControlSubject[] {
  return target.digests === undefined
    ? named(target.package, target.package)
    : [{ name: undefined, digest: target.digests }];
}
