/** May this artifact be promoted, and why: the one function that every door of the gate calls. */

import type { LoggedDecision } from '../../entry/submission/decision-statement.ts';
import type { EvidenceSource } from '../facts/evidence-source.ts';
import type { Decision } from '../policy/decision.ts';
import { evaluate } from '../policy/evaluate.ts';
import type { Policy } from '../policy/policy.ts';
import type { Standing } from '../revocation/standing.ts';
import { collectInput, type Question } from './collect.ts';
import { recordOf } from './decision-record.ts';

/**
 * @param standing at the source's tree size, or at a later one: what was revoked since counts; it must follow
 *   `namespacesOf` the policy
 * @throws LogError index_rebuilding
 */
export async function decide(
  source: EvidenceSource,
  standing: Standing,
  policy: Policy,
  question: Question,
): Promise<Decision> {
  return evaluate(policy, await collectInput(source, standing, policy.document, question));
}

/** The decision, and what a log keeps of it. @param supersedes index of the logged one that it takes the place of */
export async function decideForRecord(
  source: EvidenceSource,
  standing: Standing,
  policy: Policy,
  question: Question,
  supersedes?: number,
): Promise<{ decision: Decision; record: LoggedDecision }> {
  const input = await collectInput(source, standing, policy.document, question);
  const decision = evaluate(policy, input);
  return { decision, record: recordOf(decision, policy, input, supersedes) };
}
