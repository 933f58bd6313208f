/** Who speaks for a namespace: owners, revokers, operators, how many of them it takes, and what the namespace covers. */
import { closed, fault, integer, list, text } from './closed-value.ts';
import {
  AT,
  type Common,
  type ControlPredicate,
  named,
  namespace,
  requireNamed,
  seconds,
} from './control-predicate.ts';
import { distinctPrincipals, type Principal, principal } from './principal.ts';

/** How many principals it takes. An envelope has ten signatures at most. */
export interface Thresholds {
  /** Owners, to change the authority: of the old one and of the new one. */
  readonly authority: number;
  /** Owners, to authorise and rotate keys, supersede, grant exceptions and set policies. */
  readonly grant: number;
  /** Owners or revokers, to take trust away. */
  readonly revoke: number;
  /** Owners, to give it back; never fewer than to take it away. */
  readonly reinstate: number;
}

export interface Authority {
  readonly namespace: string;
  /** Patterns of repository URIs, package URLs and certificate names; `*` stands for any text. */
  readonly covers: readonly string[];
  readonly owners: readonly Principal[];
  readonly revokers: readonly Principal[];
  /** May, each alone, revoke builders and quarantine artifacts. */
  readonly operators: readonly Principal[];
  readonly thresholds: Thresholds;
}

export interface AuthoritySet extends Common, Authority {
  readonly event: 'authority-set';
  readonly namespace: string;
}

const MOST_PRINCIPALS = 64;
const MOST_COVERED = 128;
const principals = list(principal, { most: MOST_PRINCIPALS });
const threshold = integer(1);

const authorityMembers = {
  namespace,
  covers: list(text(), { least: 1, most: MOST_COVERED }),
  owners: list(principal, { least: 1, most: MOST_PRINCIPALS }),
  thresholds: closed({ authority: threshold, grant: threshold, revoke: threshold, reinstate: threshold }),
};
const lesser = { revokers: principals, operators: principals };
const body = closed({ ...authorityMembers, issued: seconds }, lesser);
const bare = closed(authorityMembers, lesser);

/** An authority as configuration states it. @throws LogError malformed_control */
export function readAuthority(value: unknown, at = ''): Authority {
  return checked(bare(value, at), at);
}

export const authoritySet: ControlPredicate<AuthoritySet> = {
  read(predicate, subjects) {
    const { issued, ...authority } = body(predicate, AT);
    requireNamed(subjects, authority.namespace);
    return { event: 'authority-set', issued, ...checked(authority, AT) };
  },
  write({ event: _, ...members }) {
    return { subjects: named(members.namespace, members.namespace), predicate: asJson(members) };
  },
};

function checked(read: ReturnType<typeof bare>, at: string): Authority {
  const authority = { ...read, revokers: read.revokers ?? [], operators: read.operators ?? [] };
  const { owners, revokers, operators, thresholds } = authority;
  distinctPrincipals(owners, `${at}/owners`);
  distinctPrincipals([...owners, ...revokers], `${at}/revokers`);
  distinctPrincipals(operators, `${at}/operators`);
  for (const [name, value] of Object.entries(thresholds)) {
    const most = Math.min(MOST_SIGNATURES, name === 'revoke' ? owners.length + revokers.length : owners.length);
    if (value > most) throw fault(`${at}/thresholds/${name}`, `only ${most} may sign`);
  }
  if (thresholds.reinstate < thresholds.revoke) {
    throw fault(`${at}/thresholds/reinstate`, 'it must not be below the threshold to revoke');
  }
  return authority;
}

/** Of one envelope (`leaf/dsse.ts`). */
const MOST_SIGNATURES = 10;

function asJson(members: Omit<AuthoritySet, 'event'>) {
  const { revokers, operators, ...rest } = members;
  return {
    ...rest,
    owners: rest.owners.map(plain),
    thresholds: { ...rest.thresholds },
    revokers: revokers.length === 0 ? undefined : revokers.map(plain),
    operators: operators.length === 0 ? undefined : operators.map(plain),
  };
}

function plain(one: Principal) {
  return { ...one };
}
