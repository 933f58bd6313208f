/** What a policy comes down to: the rules that it requires, and what looks like an oversight. */
import type { Phase } from './decision.ts';
import { matches } from './document/pattern.ts';
import type { PolicyDocument } from './document/policy.ts';
import type { Policy } from './policy.ts';
import { AFTER_BUILD, ALL_PHASES, assertionRule, type Section } from './rule.ts';
import { isBuildRequired } from './rules/provenance.ts';
import { RULES } from './rules.ts';

export interface EffectiveRule {
  readonly rule: string;
  readonly section: Section;
  readonly codes: readonly string[];
  readonly phases: readonly Phase[];
  readonly expected: string;
}

/** The rules that are required, in the order in which decisions show them. */
export function effectiveRules({ document }: Pick<Policy, 'document'>): readonly EffectiveRule[] {
  const rules = RULES.flatMap(({ id, section, codes, phases = AFTER_BUILD, expected }): EffectiveRule[] => {
    const expectation = expected(document);
    return expectation === undefined ? [] : [{ rule: id, section, codes, phases, expected: expectation }];
  });
  const asserted = document.assert.map(({ id, cel }): EffectiveRule => {
    const codes = ['ASSERTION_FAILED', 'POLICY_ERROR'];
    return { rule: assertionRule(id), section: 'policy', codes, phases: ALL_PHASES, expected: cel };
  });
  return [...rules, ...asserted];
}

/** Oversights, in words: what can never pass, and what lets pass more than was probably meant. */
export function oversights({ document }: Pick<Policy, 'document'>): readonly string[] {
  return CHECKS.flatMap(([applies, words]) => (applies(document) ? [words] : []));
}

const CHECKS: readonly [(document: PolicyDocument) => boolean, string][] = [
  [
    ({ require, trust }) => isBuildRequired(require) && trust.builders === undefined,
    'nothing can pass: provenance is required, and trust.builders names nobody who may build',
  ],
  [
    ({ require, trust }) => require.signature === 'release' && trust.signers === undefined,
    'nothing can pass: a release signature is required, and trust.signers names nobody who may sign',
  ],
  [
    ({ require: { source }, trust }) => source !== undefined && needsVerifier(source) && trust.verifiers === undefined,
    'nothing can pass: source evidence is required, and trust.verifiers names nobody whose word counts',
  ],
  [
    ({ require, trust }) => require.signature === 'any' && trust.signers === undefined && !isBuildRequired(require),
    'nothing can pass: trust.signers names nobody who may sign',
  ],
  [
    ({ require, trust }) => isBuildRequired(require) && require.provenance?.repo === undefined && hasWideBuilder(trust),
    'builds of any repository pass: a builder takes signers of all repositories; name yours in require.provenance.repo',
  ],
  [
    ({ trust, extends: preset }) => trust.signers === 'any' && preset !== 'signed',
    'anybody\'s signature counts: trust.signers is "any"',
  ],
  [
    ({ require: { approvals }, trust }) =>
      approvals !== undefined && groupSize(approvals.from, trust) < approvals.count,
    'nothing can pass: more approvals are required than the group has members',
  ],
  [({ expires }) => expires === undefined, 'it never expires: give it a day on which somebody looks at it again'],
];

function needsVerifier({
  level,
  properties,
  activities,
  gated,
}: NonNullable<PolicyDocument['require']['source']>): boolean {
  return (level ?? properties ?? activities ?? gated) !== undefined;
}

/** A signer in two unrelated places is one of any. */
function hasWideBuilder({ builders = [] }: PolicyDocument['trust']): boolean {
  const probe = 'https://github.com/0/0/.github/workflows/0.yml@refs/heads/0';
  return builders.some(({ signer }) => signer.san !== undefined && matches(signer.san, probe));
}

/** A member who vouches stands for any number of people. */
function groupSize(from: string, { groups }: PolicyDocument['trust']): number {
  const members = groups?.[from.slice('group:'.length)] ?? [];
  return members.some(({ vouches }) => vouches) ? Number.POSITIVE_INFINITY : members.length;
}
