/** The fold of control events: a pure function of the records in their order. */
import type { ControlEvent } from '../../entry/control/control-statement.ts';
import type { KeyRevoke } from '../../entry/control/key-events.ts';
import type { ControlRecord } from './control-record.ts';
import { InForce, type RevocationRoots } from './in-force.ts';
import type { Authorization, InEffect, Mandate, RevokedKey } from './ruled.ts';
import { keysOfTarget } from './target.ts';
import { judge, validBelowOf } from './who-may.ts';
import { keysOfWithdrawal } from './withdrawn.ts';

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
  readonly #payloads: Set<string>;

  private constructor(inForce: InForce, payloads: ReadonlySet<string>) {
    this.inForce = inForce;
    this.#payloads = new Set(payloads);
  }

  static from(roots: RevocationRoots): RevocationState {
    return new RevocationState(InForce.from(roots), new Set());
  }

  /** What is applied to the copy changes nothing here. */
  copy(): RevocationState {
    return new RevocationState(this.inForce.copy(), this.#payloads);
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
      case 'identity-suspend':
        inForce.suspensions.push(effect(event));
        inForce.reversible.set(record.index, effect(event));
        break;
      case 'artifact-quarantine':
      case 'artifact-revoke':
        for (const key of keysOfTarget(event.target)) inForce.holds.add(key, effect(event));
        inForce.reversible.set(record.index, effect(event));
        break;
      case 'identity-reinstate':
      case 'artifact-clear':
        for (const index of event.reverses) inForce.reversals.add(index, effect(event));
        break;
      case 'builder-revoke':
        inForce.builders.add(builderOf(event.builder), effect(event));
        break;
      case 'withdraw':
        for (const key of keysOfWithdrawal(effect(event))) inForce.withdrawals.add(key, effect(event));
        break;
      case 'dependency-taint':
        for (const key of keysOfTarget(event.target)) inForce.taints.add(key, effect(event));
        inForce.reversible.set(record.index, effect(event));
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
    const { namespace } = authorization.event;
    if (!this.inForce.firstAuthorization.has(namespace)) this.inForce.firstAuthorization.set(namespace, authorization);
  }
}

/** What a builder's id is without the version that follows `@`. */
export function builderOf(id: string): string {
  const at = id.indexOf('@');
  return at > 0 ? id.slice(0, at) : id;
}

function revokedKey(event: KeyRevoke, record: ControlRecord, mandate: Mandate | undefined): RevokedKey {
  return { record, namespace: mandate?.namespace, reason: event.reason, validBelow: validBelowOf(event, record) };
}
