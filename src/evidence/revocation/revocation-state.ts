/** The fold of control events: a pure function of the records in their order. */
import type { ControlEvent } from '../../entry/control/control-statement.ts';
import type { KeyRevoke } from '../../entry/control/key-events.ts';
import type { Withdraw } from '../../entry/control/withdraw.ts';
import type { ControlRecord } from './control-record.ts';
import { InForce, type RevocationRoots } from './in-force.ts';
import type { Authorization, Hold, InEffect, Mandate, RevokedKey, Suspension } from './ruled.ts';
import { keysOfTarget } from './target.ts';
import { judge, reversedBy } from './who-may.ts';

/** What became of a control statement. */
export interface Outcome {
  readonly record: ControlRecord;
  /** Why it has no effect; undefined where it has. */
  readonly ignored: string | undefined;
}

export class RevocationState {
  /** Only `apply` writes to it. */
  readonly inForce: InForce;
  /** Digests of payloads that took effect: logged again in another form, one does not do so again. */
  readonly #payloads = new Set<string>();

  constructor(roots: RevocationRoots) {
    this.inForce = new InForce(roots);
  }

  /** Records must come in the order of their indexes. */
  apply(record: ControlRecord): Outcome {
    const { event, payloadSha256 } = record;
    if (event === undefined) return { record, ignored: 'it is of a kind that this program does not know' };
    if (this.#payloads.has(payloadSha256)) return { record, ignored: 'the same statement took effect before' };
    const verdict = judge(event, record, this.inForce);
    if (verdict.ignored !== undefined) return { record, ignored: verdict.ignored };
    this.#payloads.add(payloadSha256);
    this.#take(event, record, verdict.mandate, verdict.threshold);
    return { record, ignored: undefined };
  }

  #take(event: ControlEvent, record: ControlRecord, mandate: Mandate | undefined, threshold: number): void {
    const { inForce } = this;
    const effect = <E extends ControlEvent>(of: E): InEffect<E> => ({ event: of, record, mandate, threshold });
    switch (event.event) {
      case 'authority-set': {
        const { event: _, issued: __, ...authority } = event;
        inForce.mandates.add(event.namespace, { ...authority, record, previous: mandate });
        break;
      }
      case 'key-authorize':
        this.#authorize(effect(event));
        break;
      case 'key-rotate':
        this.#authorize(effect(event));
        inForce.revokedKeys.add(event.previous, {
          ...{ record, namespace: event.namespace, reason: 'superseded' },
          validBelow: record.batchStart,
        });
        break;
      case 'key-revoke':
        inForce.revokedKeys.add(event.key, revokedKey(event, record, mandate));
        break;
      case 'identity-suspend': {
        const suspension: Suspension = { ...effect(event), reversals: [] };
        inForce.suspensions.push(suspension);
        inForce.suspensionAt.set(record.index, suspension);
        break;
      }
      case 'artifact-quarantine':
      case 'artifact-revoke': {
        const hold: Hold = { ...effect(event), reversals: [] };
        for (const key of keysOfTarget(event.target)) inForce.holds.add(key, hold);
        inForce.holdAt.set(record.index, hold);
        break;
      }
      case 'identity-reinstate':
        for (const one of reversedBy(event, inForce) as Suspension[]) one.reversals.push(effect(event));
        break;
      case 'artifact-clear':
        for (const one of reversedBy(event, inForce) as Hold[]) one.reversals.push(effect(event));
        break;
      case 'builder-revoke':
        inForce.builders.add(builderOf(event.builder), effect(event));
        break;
      case 'withdraw':
        this.#withdraw(effect(event));
        break;
      case 'dependency-taint':
        for (const key of keysOfTarget(event.target)) inForce.taints.add(key, effect(event));
        break;
      case 'supersede':
        for (const key of keysOfTarget(event.target)) inForce.superseded.add(key, effect(event));
        break;
      case 'exception-grant':
        inForce.exceptions.add(event.namespace, effect(event));
        break;
      case 'policy-set':
        inForce.policies.add(event.namespace, effect(event));
    }
  }

  #authorize(authorization: Authorization): void {
    this.inForce.authorizations.add(authorization.event.key, authorization);
    this.inForce.authorizedKeys.add(authorization.event.namespace, authorization);
  }

  #withdraw(withdrawal: InEffect<Withdraw>): void {
    const { selector } = withdrawal.event;
    const { withdrawals, withdrawnIdentities } = this.inForce;
    if (selector.by === 'identity') withdrawnIdentities.push(withdrawal);
    else if (selector.by === 'invocation') withdrawals.add(selector.invocation, withdrawal);
    else if (selector.by === 'commit') withdrawals.add(selector.commit, withdrawal);
    else for (const { events } of selector.leaves) for (const id of events) withdrawals.add(id, withdrawal);
  }
}

/** What a builder's id is without the version that follows `@`. */
export function builderOf(id: string): string {
  const at = id.indexOf('@');
  return at > 0 ? id.slice(0, at) : id;
}

/**
 * Superseded and retired: what was logged before stands, though not in the same batch. Compromise, and what is not
 * explained: what was logged up to the last valid index stands, nothing if none is named, whatever a certificate or
 * timestamp claims.
 */
function revokedKey(event: KeyRevoke, record: ControlRecord, mandate: Mandate | undefined): RevokedKey {
  const { reason, lastValidIndex } = event;
  const isOrderly = reason === 'superseded' || reason === 'retired';
  const validBelow = isOrderly ? record.batchStart : lastValidIndex === undefined ? 0 : lastValidIndex + 1;
  return { record, namespace: mandate?.namespace, reason, validBelow };
}
