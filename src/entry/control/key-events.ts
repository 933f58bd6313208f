/** Keys: authorised for a namespace, replaced by another, revoked. The subject is the SHA-256 of the key's SPKI. */
import { closed, fault, list, oneOf, sha256Hex, text } from './closed-value.ts';
import {
  AT,
  bySha256,
  type Common,
  type ControlPredicate,
  index,
  namespace,
  onlySha256,
  seconds,
} from './control-predicate.ts';

export type KeyKind = 'kms' | 'hsm' | 'ephemeral' | 'file';

interface Grant extends Common {
  readonly namespace: string;
  /** Hex SHA-256 of the SPKI. */
  readonly key: string;
  /** Who answers for the key; for people. */
  readonly principal: string;
  /** Patterns of builder ids, repository URIs and package URLs; empty: all that the namespace covers. */
  readonly scopes: readonly string[];
  readonly kind: KeyKind;
  /** POSIX seconds of log time after which entries of this key are not authorised. */
  readonly notAfter: number | undefined;
}

export interface KeyAuthorize extends Grant {
  readonly event: 'key-authorize';
}

/** Authorises a key and retires the one that it replaces. */
export interface KeyRotate extends Grant {
  readonly event: 'key-rotate';
  /** Hex SHA-256 of the SPKI of the key that retires. */
  readonly previous: string;
}

export type RevocationReason = 'compromise' | 'superseded' | 'retired' | 'unspecified';

export interface KeyRevoke extends Common {
  readonly event: 'key-revoke';
  /** Hex SHA-256 of the SPKI. */
  readonly key: string;
  /** `unspecified` is judged as `compromise`. */
  readonly reason: RevocationReason;
  /** Last entry of this key that is valid; undefined: none is. Only for compromise. */
  readonly lastValidIndex: number | undefined;
  readonly comment: string | undefined;
}

const grant = {
  namespace,
  issued: seconds,
  principal: text(256),
  scopes: list(text(), { most: 64 }),
  kind: oneOf<KeyKind>('kms', 'hsm', 'ephemeral', 'file'),
};
const authorizeBody = closed(grant, { notAfter: seconds });
const rotateBody = closed({ ...grant, previous: sha256Hex }, { notAfter: seconds });
const revokeBody = closed(
  { issued: seconds, reason: oneOf<RevocationReason>('compromise', 'superseded', 'retired', 'unspecified') },
  { namespace, lastValidIndex: index, comment: text() },
);

export const keyAuthorize: ControlPredicate<KeyAuthorize> = {
  read: (predicate, subjects) => ({
    event: 'key-authorize',
    key: onlySha256(subjects),
    ...authorizeBody(predicate, AT),
  }),
  write: ({ event: _, key, ...predicate }) => ({ subjects: bySha256(key), predicate: { ...predicate } }),
};

export const keyRotate: ControlPredicate<KeyRotate> = {
  read(predicate, subjects) {
    const key = onlySha256(subjects);
    const read = rotateBody(predicate, AT);
    if (read.previous === key) throw fault(`${AT}/previous`, 'it must be another key than the subject');
    return { event: 'key-rotate', key, ...read };
  },
  write: ({ event: _, key, ...predicate }) => ({ subjects: bySha256(key), predicate: { ...predicate } }),
};

export const keyRevoke: ControlPredicate<KeyRevoke> = {
  read(predicate, subjects) {
    const read = revokeBody(predicate, AT);
    if (read.lastValidIndex !== undefined && (read.reason === 'superseded' || read.reason === 'retired')) {
      throw fault(`${AT}/lastValidIndex`, `a key that is ${read.reason} was valid until this statement is logged`);
    }
    return { event: 'key-revoke', key: onlySha256(subjects), ...read };
  },
  write: ({ event: _, key, ...predicate }) => ({ subjects: bySha256(key), predicate: { ...predicate } }),
};
