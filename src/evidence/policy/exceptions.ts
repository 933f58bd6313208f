/** Exceptions: one rule, one artifact, until a moment, with people who approved it. They end by themselves. */

import { digestTerms } from './dependencies.ts';
import type { Context } from './rule.ts';

/** Who grants an exception from the rule, for the message; undefined where nobody does. Time is log time. */
export function exceptionFor(rule: string, { policy, input }: Pick<Context, 'policy' | 'input'>): string | undefined {
  const terms = new Set(digestTerms(input.artifact.digests));
  const { time } = input.log;
  const needed = policy.exceptionApprovers;
  for (const { rule: id, subject, until, approvedBy, reason } of policy.exceptions) {
    if (id !== rule || !terms.has(subject) || time >= until || approvedBy.length < needed) continue;
    return `excepted by the policy until ${day(until)}, approved by ${approvedBy.join(', ')}: ${reason}`;
  }
  for (const { index, rule: id, subject, until, approvers, reason } of input.exceptions) {
    if (id !== rule || !terms.has(subject) || time >= until || approvers < needed) continue;
    return `excepted by entry ${index} until ${day(until)}, approved by ${approvers}: ${reason}`;
  }
  return undefined;
}

function day(time: number): string {
  return `${new Date(time * 1_000).toISOString().slice(0, 19)}Z`;
}
