/** Identities of certificates: suspended from an index on, and reinstated. */
import { closed, list, text } from './closed-value.ts';
import {
  AT,
  type Common,
  type ControlPredicate,
  index,
  named,
  namespace,
  requireNamed,
  seconds,
} from './control-predicate.ts';
import { type Identity, identity } from './principal.ts';

/** The certificates that are meant. */
export interface SuspendedIdentity {
  readonly identity: Identity;
  /** Immutable id of the source repository, as the certificate says it; undefined: any. */
  readonly repositoryId: string | undefined;
}

export interface IdentitySuspend extends Common, SuspendedIdentity {
  readonly event: 'identity-suspend';
  readonly namespace: string;
  /** First entry that does not stand. */
  readonly from: number;
  readonly reason: string;
}

export interface IdentityReinstate extends Common, SuspendedIdentity {
  readonly event: 'identity-reinstate';
  readonly namespace: string;
  /** Indexes of the suspensions that end. */
  readonly reverses: readonly number[];
  /** First entry that stands again; undefined: all do, also those that were logged meanwhile. */
  readonly validFrom: number | undefined;
  readonly reason: string;
}

const about = { identity, namespace, issued: seconds, reason: text() };
const suspendBody = closed({ ...about, from: index }, { repositoryId: text(256) });
/** Indexes of the events that a reversal reverses. */
export const reverses = list(index, { least: 1, most: 256 });
const reinstateBody = closed({ ...about, reverses }, { repositoryId: text(256), validFrom: index });

export const identitySuspend: ControlPredicate<IdentitySuspend> = {
  read(predicate, subjects) {
    const read = suspendBody(predicate, AT);
    requireNamed(subjects, asJson(read));
    return { event: 'identity-suspend', ...read };
  },
  write: (event) => ({ subjects: named(asJson(event)), predicate: plain(event) }),
};

export const identityReinstate: ControlPredicate<IdentityReinstate> = {
  read(predicate, subjects) {
    const read = reinstateBody(predicate, AT);
    requireNamed(subjects, asJson(read));
    return { event: 'identity-reinstate', ...read };
  },
  write: (event) => ({ subjects: named(asJson(event)), predicate: plain(event) }),
};

function asJson({ identity, repositoryId }: SuspendedIdentity) {
  return { ...identity, repositoryId };
}

function plain({ event: _, ...members }: IdentitySuspend | IdentityReinstate) {
  return { ...members, identity: { ...members.identity } };
}
