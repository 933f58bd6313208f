/** SLSA verification summaries (slsa.dev/verification_summary/v1, and v0.2). */
import { isObject } from '../encoding/members.ts';
import type { SummaryClaim } from './claim.ts';
import type { Fields } from './fields.ts';
import type { ClaimedSubject } from './statement-content.ts';

export const SUMMARY_PREDICATE = 'https://slsa.dev/verification_summary/v1';

/** Where a log says more of what its own gate decided (`entry/submission/decision-statement.ts`). */
export const DECISION_MEMBER = 'urn:countersign:decision:v1';

/** How the annotation was spelt, from SLSA 1.2 back to the tools that came before it. */
const REF_ANNOTATIONS = ['sourceRefs', 'source_refs', 'source_branches'];

/** @throws ClaimFault */
export function readSummary(predicate: Fields, subjects: readonly ClaimedSubject[]): SummaryClaim {
  const result = predicate.firstText('verificationResult', 'verification_result');
  if (result === undefined) throw predicate.fault('states no verification result');
  const level = predicate.text('policy_level');
  return {
    kind: 'summary',
    verifier: predicate.in('verifier').text('id'),
    resource: predicate.firstText('resourceUri', 'resource_uri'),
    passed: result === 'PASSED',
    levels: level === undefined ? predicate.texts('verifiedLevels') : [level],
    sourceRefs: [...new Set(subjects.flatMap(refsOf))],
    verifiedOn: predicate.time('timeVerified', 'time_verified'),
    policy: predicate.in('policy').text('uri'),
    gateOf: predicate.in(DECISION_MEMBER).text('logOrigin'),
  };
}

function refsOf({ annotations }: ClaimedSubject): string[] {
  if (!isObject(annotations)) return [];
  return REF_ANNOTATIONS.flatMap((name) => annotations[name]).filter((ref) => typeof ref === 'string');
}
