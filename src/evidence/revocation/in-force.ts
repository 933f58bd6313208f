/**
 * Everything that took effect, and what of it is in force.
 *
 * What takes trust away is judged once, when it is logged, and stays. What gives trust (authorities, authorised keys,
 * reinstatements, clearances, exceptions, policies) is kept with its signatures and is in force only as long as enough
 * of them are sound: a key that turns out to have been stolen takes with it what it granted after the theft.
 */
import type { DependencyTaint, Supersede } from '../../entry/control/artifact-events.ts';
import type { Authority } from '../../entry/control/authority-set.ts';
import type { BuilderRevoke } from '../../entry/control/builder-revoke.ts';
import type { ExceptionGrant, PolicySet } from '../../entry/control/policy-events.ts';
import type { Principal } from '../../entry/control/principal.ts';
import type { Withdraw } from '../../entry/control/withdraw.ts';
import type { Credential } from '../facts/evidence.ts';
import type { ControlRecord } from './control-record.ts';
import { isPrincipal, quorum } from './quorum.ts';
import type { Authorization, Hold, InEffect, Mandate, Reversal, Reversible, RevokedKey, Suspension } from './ruled.ts';
import { Shelf } from './shelf.ts';

export interface RevocationRoots {
  /** Who speaks for the log's operator: its statement key. May give a namespace its first authority, and quarantine. */
  readonly operators: readonly Principal[];
  /** First authorities that do not come from the log: from configuration, or a verifier's own policy. */
  readonly authorities?: readonly Authority[];
}

/** Filled by `RevocationState` alone; a copy is cheap, and does not change with what it was copied from. */
export class InForce {
  readonly operators: readonly Principal[];
  /** By namespace, the newest last. */
  readonly mandates: Shelf<Mandate>;
  /** By key, hex. */
  readonly revokedKeys: Shelf<RevokedKey>;
  readonly authorizations: Shelf<Authorization>;
  /** The first of each namespace: from then on its keys are those that it authorised. */
  readonly firstAuthorization: Map<string, Authorization>;
  readonly suspensions: Suspension[];
  /** By what the builder's id is without its version. */
  readonly builders: Shelf<InEffect<BuilderRevoke>>;
  /** By what they select (`withdrawn.ts`). */
  readonly withdrawals: Shelf<InEffect<Withdraw>>;
  /** By `<algorithm>:<digest>` or package URL without version, as taints and what is superseded. */
  readonly holds: Shelf<Hold>;
  readonly taints: Shelf<InEffect<DependencyTaint>>;
  readonly superseded: Shelf<InEffect<Supersede>>;
  /** Holds, suspensions and taints by index, and what reverses them by the same: of a taint, what it did to identities. */
  readonly reversible: Map<number, Reversible>;
  readonly reversals: Shelf<Reversal, number>;
  /** By namespace. */
  readonly exceptions: Shelf<InEffect<ExceptionGrant>>;
  readonly policies: Shelf<InEffect<PolicySet>>;

  private constructor(operators: readonly Principal[], from: InForce | undefined) {
    this.operators = operators;
    this.mandates = new Shelf(from?.mandates);
    this.revokedKeys = new Shelf(from?.revokedKeys);
    this.authorizations = new Shelf(from?.authorizations);
    this.firstAuthorization = new Map(from?.firstAuthorization);
    this.suspensions = [...(from?.suspensions ?? [])];
    this.builders = new Shelf(from?.builders);
    this.withdrawals = new Shelf(from?.withdrawals);
    this.holds = new Shelf(from?.holds);
    this.taints = new Shelf(from?.taints);
    this.superseded = new Shelf(from?.superseded);
    this.reversible = new Map(from?.reversible);
    this.reversals = new Shelf(from?.reversals);
    this.exceptions = new Shelf(from?.exceptions);
    this.policies = new Shelf(from?.policies);
  }

  static from({ operators, authorities = [] }: RevocationRoots): InForce {
    const inForce = new InForce(operators, undefined);
    for (const authority of authorities) {
      inForce.mandates.add(authority.namespace, { ...authority, record: undefined, previous: undefined });
    }
    return inForce;
  }

  copy(): InForce {
    return new InForce(this.operators, this);
  }

  isOperator(credential: Credential): boolean {
    return this.operators.some((operator) => isPrincipal(operator, credential));
  }

  /** The authority of a namespace: the newest whose signatures are sound. */
  authority(namespace: string): Mandate | undefined {
    return this.mandates.get(namespace).findLast((mandate) => this.#mandateHolds(mandate));
  }

  /** True for everyone who was ever an owner or a revoker of a namespace. */
  wasPrincipal(namespace: string, credential: Credential): boolean {
    return this.mandates
      .get(namespace)
      .some(({ owners, revokers }) => [...owners, ...revokers].some((principal) => isPrincipal(principal, credential)));
  }

  /**
   * The credentials of a control statement that no revocation makes void, for one namespace.
   * @param before only revocations that were logged below this index are looked at
   */
  soundCredentials({ credentials, index }: ControlRecord, namespace: string, before = Infinity): Credential[] {
    const binds = (by: string | undefined) => by === undefined || by === namespace;
    return credentials.filter((credential) => {
      const revoked = this.revokedKeys
        .get(credential.key)
        .some((key) => key.record.index < before && binds(key.namespace) && index >= key.validBelow);
      const suspends = ({ record, event }: Suspension) => record.index < before && binds(event.namespace);
      return !revoked && this.suspensionOf(credential, index, suspends) === undefined;
    });
  }

  /** Owners who stand behind something that gives trust, now. The operator stands behind no reversal. */
  approvers({ record, mandate, event }: InEffect): number {
    if (mandate === undefined) return 0;
    const sound = this.soundCredentials(record, mandate.namespace);
    const reverses = 'reverses' in event;
    return quorum(mandate.owners, reverses ? sound.filter((credential) => !this.isOperator(credential)) : sound);
  }

  /** Whether something that gives trust still has as many as it took, under an authority that itself holds. */
  holdsStill(granted: InEffect): boolean {
    const { mandate, threshold } = granted;
    return mandate !== undefined && this.#mandateHolds(mandate) && this.approvers(granted) >= threshold;
  }

  isCleared({ record }: Hold): boolean {
    return this.reversals.get(record.index).some((reversal) => this.holdsStill(reversal));
  }

  /** The first suspension, of those that `applies` lets through, under which an entry of a credential does not stand. */
  suspensionOf(
    credential: Credential,
    index: number,
    applies: (suspension: Suspension) => boolean,
  ): Suspension | undefined {
    return this.suspensions.find((suspension) => {
      const { identity, repositoryId, from } = suspension.event;
      if (index < from || !namesCredential(identity, credential) || !applies(suspension)) return false;
      const own = credential.facts.sourceRepositoryIdentifier;
      if (repositoryId !== undefined && own !== undefined && repositoryId !== own) return false;
      const ends = this.reversals.get(suspension.record.index).filter((reversal) => this.holdsStill(reversal));
      return ends.every(
        ({ event }) => 'validFrom' in event && event.validFrom !== undefined && index < event.validFrom,
      );
    });
  }

  #mandateHolds({ record, previous, owners, thresholds, namespace }: Mandate): boolean {
    if (record === undefined || previous === undefined) return true;
    if (!this.#mandateHolds(previous)) return false;
    const sound = this.soundCredentials(record, namespace);
    return (
      quorum(previous.owners, sound) >= previous.thresholds.authority && quorum(owners, sound) >= thresholds.authority
    );
  }
}

/** An identity as a certificate bears it, verified or not: what is taken away needs no proof. */
function namesCredential(identity: Principal, credential: Credential): boolean {
  return credential.kind === 'certificate' && isPrincipal(identity, { ...credential, chain: 'trusted' });
}
