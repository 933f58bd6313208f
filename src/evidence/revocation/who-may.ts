/** Whether those who signed a control statement may say what it says (docs/revocation.md, "Who may do what"). */
import type { ArtifactClear } from '../../entry/control/artifact-events.ts';
import type { AuthoritySet } from '../../entry/control/authority-set.ts';
import type { ControlEvent } from '../../entry/control/control-statement.ts';
import type { IdentityReinstate } from '../../entry/control/identity-events.ts';
import type { KeyRevoke } from '../../entry/control/key-events.ts';
import type { ControlRecord } from './control-record.ts';
import type { InForce } from './in-force.ts';
import { isPrincipal, quorum } from './quorum.ts';
import type { Mandate, Reversible } from './ruled.ts';
import { sameTarget } from './target.ts';

/** Under whose authority it takes effect, and how many principals that took; or why it does not. */
export type Verdict =
  | { readonly mandate: Mandate | undefined; readonly threshold: number; readonly ignored?: never }
  | { readonly ignored: string };

/** A key about itself, a signer about what is his own. */
const FOR_ITSELF: Verdict = { mandate: undefined, threshold: 1 };

export function judge(event: ControlEvent, record: ControlRecord, inForce: InForce): Verdict {
  if (event.event === 'authority-set') return judgeAuthority(event, record, inForce);
  if (event.event === 'key-revoke' && record.credentials.some(({ key }) => key === event.key)) {
    return judgeItself(event, record, inForce);
  }
  // That what is withdrawn is the signer's own is judged for each entry.
  if (event.event === 'withdraw' && event.namespace === undefined) return FOR_ITSELF;
  if (event.namespace === undefined) return { ignored: 'without a namespace only the key itself may revoke it' };
  const mandate = inForce.authority(event.namespace);
  if (mandate === undefined) return { ignored: 'the namespace has no authority' };
  const { owners, revokers, operators, thresholds, namespace } = mandate;
  switch (event.event) {
    case 'identity-reinstate':
    case 'artifact-clear':
      return judgeReversal(event, record, mandate, inForce);
    case 'key-authorize':
    case 'key-rotate':
    case 'supersede':
    case 'exception-grant':
    case 'policy-set':
      return enough(quorum(owners, inForce.soundCredentials(record, namespace)), thresholds.grant, mandate, 'owners');
    case 'builder-revoke':
    case 'artifact-quarantine': {
      const isOperator = inForce
        .soundCredentials(record, namespace, record.batchStart)
        .some((one) => inForce.isOperator(one) || operators.some((operator) => isPrincipal(operator, one)));
      if (isOperator) return { mandate, threshold: 1 };
    }
  }
  // Within one batch revocation wins, also over another one: each is judged by what was revoked before the batch.
  const sound = inForce.soundCredentials(record, namespace, record.batchStart);
  return enough(quorum([...owners, ...revokers], sound), thresholds.revoke, mandate, 'owners or revokers');
}

/** Whoever has a key may revoke it, a thief too. Saying so again and again is of no use, and must not cost anything. */
function judgeItself(event: KeyRevoke, record: ControlRecord, inForce: InForce): Verdict {
  const before = inForce.revokedKeys.get(event.key).filter(({ namespace }) => namespace === undefined);
  const validBelow = validBelowOf(event, record);
  if (before.some((revoked) => revoked.validBelow <= validBelow)) {
    return { ignored: 'the key has revoked itself before, as far or farther' };
  }
  return FOR_ITSELF;
}

/**
 * Entries of a revoked key below this stand. Superseded and retired: what was logged before, though not in the same
 * batch. Compromise, and what is not explained: what was logged up to the last valid index, nothing if none is named,
 * whatever a certificate or timestamp claims.
 */
export function validBelowOf({ reason, lastValidIndex }: KeyRevoke, { batchStart }: ControlRecord): number {
  if (reason === 'superseded' || reason === 'retired') return batchStart;
  return lastValidIndex === undefined ? 0 : lastValidIndex + 1;
}

/**
 * The first authority comes from the operator, never from whoever writes first; every other from as many as it takes of
 * the old owners and of the new ones (as TUF's root, specification §5.3).
 */
function judgeAuthority(event: AuthoritySet, record: ControlRecord, inForce: InForce): Verdict {
  const sound = inForce.soundCredentials(record, event.namespace);
  const old = inForce.authority(event.namespace);
  if (old === undefined) {
    if (sound.some((credential) => inForce.isOperator(credential))) return { mandate: undefined, threshold: 1 };
    return { ignored: 'the first authority of a namespace comes from the operator' };
  }
  const byOld = enough(quorum(old.owners, sound), old.thresholds.authority, old, 'owners so far');
  if (byOld.ignored !== undefined) return byOld;
  return enough(quorum(event.owners, sound), event.thresholds.authority, old, 'new owners');
}

/** As many owners as it takes, and no fewer than it took to revoke. The operator can never reverse, as an owner neither. */
function judgeReversal(
  event: ArtifactClear | IdentityReinstate,
  record: ControlRecord,
  mandate: Mandate,
  inForce: InForce,
): Verdict {
  const reversed = reversedBy(event, inForce);
  if (reversed.length < event.reverses.length) return { ignored: 'it reverses what is not in effect on its subject' };
  const threshold = Math.max(mandate.thresholds.reinstate, ...reversed.map((one) => one.threshold));
  const sound = inForce.soundCredentials(record, mandate.namespace).filter((one) => !inForce.isOperator(one));
  return enough(quorum(mandate.owners, sound), threshold, mandate, 'owners');
}

/** What a reversal names, as far as it is of the same namespace and on the same subject. */
function reversedBy(event: ArtifactClear | IdentityReinstate, inForce: InForce): Reversible[] {
  return event.reverses.flatMap((index) => {
    const reversed = inForce.reversible.get(index);
    return reversed !== undefined && isReversedBy(reversed, event) ? [reversed] : [];
  });
}

function isReversedBy({ event }: Reversible, by: ArtifactClear | IdentityReinstate): boolean {
  if (event.namespace !== by.namespace) return false;
  if (event.event === 'dependency-taint') return by.event === 'identity-reinstate';
  if (event.event !== 'identity-suspend') return by.event === 'artifact-clear' && sameTarget(event.target, by.target);
  return (
    by.event === 'identity-reinstate' &&
    event.identity.issuer === by.identity.issuer &&
    event.identity.san === by.identity.san &&
    event.identity.sanPattern === by.identity.sanPattern &&
    event.repositoryId === by.repositoryId
  );
}

function enough(signed: number, threshold: number, mandate: Mandate, who: string): Verdict {
  if (signed >= threshold) return { mandate, threshold };
  return { ignored: `it takes ${threshold} of the ${who}, and ${signed} signed` };
}
