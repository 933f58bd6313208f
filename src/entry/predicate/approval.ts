/** Approvals of a change: gittuf's, of GitHub reviews and of references, and this project's own. */
import type { ApprovalClaim } from './claim.ts';
import type { Fields } from './fields.ts';

/** `{approvers: [who, …], ref}`; the subject is the commit. */
export const APPROVAL_PREDICATE = 'urn:countersign:predicate:approval:v1';

/** @throws ClaimFault */
export function readApproval(predicate: Fields): ApprovalClaim {
  const approvers = predicate.texts('approvers');
  if (approvers.length === 0) throw predicate.fault('names no approver');
  return { kind: 'approval', approvers, ref: predicate.text('ref') };
}

/** gittuf.dev/github-pull-request-approval/v0.1: who approved, without whose approval was dismissed. @throws ClaimFault */
export function readPullRequestApproval(predicate: Fields): ApprovalClaim {
  const dismissed = new Set(predicate.texts('dismissedApprovers'));
  const approvers = predicate.texts('approvers').filter((one) => !dismissed.has(one));
  return { kind: 'approval', approvers, ref: predicate.firstText('targetRef', 'ref') };
}

/** gittuf.dev/reference-authorization: whoever signs it approves, so it names nobody. @throws ClaimFault */
export function readReferenceAuthorization(predicate: Fields): ApprovalClaim {
  return { kind: 'approval', approvers: [], ref: predicate.text('targetRef') };
}
