/** A policy that is ready to be evaluated: its document, checked against the rules, with its assertions compiled. */
import { LogError } from '../../core/errors.ts';
import type { CompiledAssertion } from './cel/assertion.ts';
import { factsFor } from './cel/facts.ts';
import type { RuleOutcome } from './decision.ts';
import type { PolicyDocument } from './document/policy.ts';
import { readDocument } from './document/read-policy.ts';
import { closest } from './document/suggestion.ts';
import { assertionRule, type Context } from './rule.ts';
import { RULES } from './rules.ts';

export interface Policy {
  readonly document: PolicyDocument;
  /** The document as it was written. */
  readonly source: string;
  /** Hex SHA-256 of the document's bytes. */
  readonly sha256: string;
  /** Where the policy itself is logged, if it is. */
  readonly index: number | undefined;
  readonly assertions: readonly CompiledAssertion[];
}

/**
 * Reads a policy from YAML or JSON. The library for assertions is loaded only where there are some.
 * @throws LogError policy_invalid, `at` naming line or member
 */
export async function readPolicy(source: string, index?: number): Promise<Policy> {
  const { document, sha256 } = readDocument(source);
  checkExceptions(document);
  const assertions =
    document.assert.length === 0 ? [] : (await import('./cel/assertion.ts')).compileAssertions(document.assert);
  return { document, source, sha256, index, assertions };
}

/** An exception from a rule that does not exist would be thought to be in force. */
function checkExceptions({ exceptions, assert }: PolicyDocument): void {
  const ids = RULES.filter((rule) => !rule.absolute).map(({ id }) => id);
  const known = [...ids, ...assert.map(({ id }) => assertionRule(id))];
  exceptions.forEach(({ rule }, at) => {
    if (known.includes(rule)) return;
    const meant = closest(rule, known);
    const isAbsolute = RULES.some(({ id }) => id === rule);
    const why = isAbsolute ? 'nothing excepts from this rule' : 'there is no such rule';
    const hint = meant === undefined || isAbsolute ? '' : `; did you mean ${meant}?`;
    const where = `exceptions.${at}.rule`;
    throw new LogError('policy_invalid', `the policy is wrong at ${where}: ${why}${hint}`, { at: where });
  });
}

/** What the policy's own assertions make of the facts. */
export function judgeAssertions(policy: Policy, context: Context): RuleOutcome[] {
  if (policy.assertions.length === 0) return [];
  const facts = factsFor(context);
  return policy.assertions.map((assertion) => assertion.judge(context, facts));
}
