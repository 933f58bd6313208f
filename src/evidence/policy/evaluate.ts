/** Judges evidence by a policy: a pure function of both. */
import type { Evidence } from '../facts/evidence.ts';
import { type Build, buildOf } from './build.ts';
import type { Decision, RuleOutcome, Verdict } from './decision.ts';
import { isAbout, isAboutCommit, standing } from './evidence-in-force.ts';
import { exceptionFor } from './exceptions.ts';
import { judgeAssertions, type Policy } from './policy.ts';
import type { PolicyInput } from './policy-input.ts';
import { AFTER_BUILD, type Context, type Finding, type Rule, unknown } from './rule.ts';
import { isBuildRequired } from './rules/provenance.ts';
import { RULES } from './rules.ts';

/** Builds that the policy does not trust are looked at for the report only. */
const UNTRUSTED_SHOWN = 8;

/**
 * The verdict, with every rule that the policy requires. All rules are judged on one build: of several, the one that
 * falls short of the least, so that neither a second statement of a stranger nor a build that failed does any harm.
 * More evidence never turns ALLOW into DENY, but for revocations and for conflicts: moved tags, bursts, reused keys,
 * provenance that disappeared.
 */
export function evaluate(policy: Policy, input: PolicyInput): Decision {
  const { document } = policy;
  const about = standing(input.about, input.log.treeSize).filter((one) => isAbout(one, input.artifact.digests));
  let best: { outcomes: Judgement[]; failed: number; open: number } | undefined;
  for (const build of builds(policy, input, about)) {
    const outcomes = judge(policy, contextOf(policy, input, about, build));
    const failed = outcomes.filter(({ result }) => result.outcome === 'fail').length;
    const open = outcomes.filter(({ result }) => result.outcome === 'unknown').length;
    const isBetter = best === undefined || failed < best.failed || (failed === best.failed && open < best.open);
    if (isBetter) best = { outcomes, failed, open };
    if (failed + open === 0) break;
  }
  const { outcomes, failed, open } = best!;
  const results = outcomes.map(({ result }) => result);
  const isEnforced = document.mode === 'enforce';
  const decision: Verdict = failed > 0 || (open > 0 && isEnforced) ? 'DENY' : open > 0 ? 'INDETERMINATE' : 'ALLOW';
  const { origin, treeSize, rootHash, time, feedSize, feedRoot } = input.log;
  return {
    decision,
    mode: document.mode,
    permitted: !isEnforced || decision === 'ALLOW',
    phase: input.phase,
    artifact: { name: input.artifact.name, digests: Object.fromEntries(input.artifact.digests) },
    policy: { name: document.policy, sha256: policy.sha256, index: policy.index },
    log: { origin, treeSize, rootHash, time, feedSize, feedRoot },
    signature: sectionOf(results, 'signature'),
    provenance: sectionOf(results, 'provenance'),
    results,
    affectedBy: [...new Set(outcomes.flatMap(({ by }) => by))].sort((a, b) => a - b),
  };
}

/** Builds worth judging, newest first; one that is none where there are none, or cannot be any yet. */
function builds(policy: Policy, input: PolicyInput, about: readonly Evidence[]): readonly (Build | undefined)[] {
  if (!AFTER_BUILD.includes(input.phase)) return [undefined];
  const all = about.map((evidence) => buildOf(evidence, policy.document)).filter((build) => build !== undefined);
  const trusted = all.filter((build) => build.trusted !== undefined);
  // Where no build is asked for, the artifact may pass without any: one that falls short must not stand in its way.
  if (!isBuildRequired(policy.document.require)) return [...trusted.toReversed(), undefined];
  const worth = trusted.length > 0 ? trusted : all.slice(-UNTRUSTED_SHOWN);
  return worth.length === 0 ? [undefined] : worth.toReversed();
}

function contextOf(policy: Policy, input: PolicyInput, about: readonly Evidence[], build: Build | undefined): Context {
  const isBuilt = AFTER_BUILD.includes(input.phase);
  const { digests } = input.artifact;
  const commit = isBuilt ? build?.facts.commit : (digests.get('gitCommit') ?? digests.get('sha1'));
  const known = commit === undefined ? [] : [...(input.source.get(commit) ?? []), ...(isBuilt ? [] : input.about)];
  const aboutCommit = standing(known, input.log.treeSize).filter((one) => isAboutCommit(one, commit!));
  return { policy: policy.document, input, build, about, commit, aboutCommit };
}

interface Judgement {
  readonly result: RuleOutcome;
  readonly by: readonly number[];
}

function judge(policy: Policy, context: Context): Judgement[] {
  const rules = RULES.flatMap((rule) => {
    const expected = rule.expected(context.policy);
    if (expected === undefined || !(rule.phases ?? AFTER_BUILD).includes(context.input.phase)) return [];
    const isUnbuilt = rule.onBuild === true && context.build === undefined;
    const found = isUnbuilt ? NOT_BUILT : rule.judge(context);
    const findings = Array.isArray(found) ? found : [found];
    return findings.map((finding) => ({ rule, ...judgementOf(rule, expected, finding, context) }));
  });
  const all = [...rules, ...judgeAssertions(policy, context).map((result) => ({ rule: undefined, result, by: [] }))];
  const isShort = all.some(({ rule, result }) => rule?.explains !== true && isOpen(result));
  // Evidence that was taken back and that nothing rests on must not decide: leaving it out would turn DENY into ALLOW.
  return isShort ? all : all.filter(({ rule, result }) => rule?.explains !== true || !isOpen(result));
}

function isOpen({ outcome }: RuleOutcome): boolean {
  return outcome === 'fail' || outcome === 'unknown';
}

const NOT_BUILT = unknown('there is no provenance', [], 'NO_PROVENANCE');

function judgementOf(rule: Rule, expected: string, finding: Finding, context: Context): Judgement {
  const { outcome, actual, evidence = [], code = rule.codes[0], by = [] } = finding;
  const base = {
    rule: rule.id,
    section: rule.section,
    expected: finding.expected ?? expected,
    actual,
    evidence: evidence.map(({ index, leafHash }) => ({ index, leafHash })),
  };
  if (outcome === 'pass')
    return { result: { ...base, outcome, code: undefined, message: 'holds', fix: undefined }, by };
  const isUnbuilt = outcome === 'unknown' && code === 'NO_PROVENANCE';
  const exception = rule.absolute
    ? undefined
    : (exceptionFor(rule.id, context) ?? (isUnbuilt ? exceptionFor('provenance.present', context) : undefined));
  if (exception !== undefined) {
    return { result: { ...base, outcome: 'excepted', code, message: exception, fix: undefined }, by };
  }
  const message = outcome === 'unknown' ? `could not be judged: ${actual}` : (finding.failure ?? rule.failure);
  return { result: { ...base, outcome, code, message, fix: rule.fix }, by };
}

function sectionOf(
  results: readonly RuleOutcome[],
  section: 'signature' | 'provenance',
): 'pass' | 'fail' | 'not-required' {
  const own = results.filter((result) => result.section === section);
  if (own.length === 0) return 'not-required';
  return own.every(({ outcome }) => outcome === 'pass' || outcome === 'excepted') ? 'pass' : 'fail';
}
