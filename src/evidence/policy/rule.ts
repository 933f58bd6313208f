/** What a rule is: a fixed id, what it protects from, how it fails and is mended, when it is required, and its judgement. */
import type { Evidence } from '../facts/evidence.ts';
import type { Build } from './build.ts';
import type { Phase, RuleOutcome } from './decision.ts';
import type { PolicyDocument } from './document/policy.ts';
import type { FailureCode } from './failure-code.ts';
import type { PolicyInput } from './policy-input.ts';

export type Section = RuleOutcome['section'];

export interface Rule {
  /** Stable. */
  readonly id: string;
  readonly section: Section;
  /** What it fails with; the first one unless a finding says another. */
  readonly codes: readonly [FailureCode, ...FailureCode[]];
  /** What is wrong when it fails. */
  readonly failure: string;
  /** What to do then. */
  readonly fix: string;
  /** For the documentation: what the rule protects from, and a case that fails. */
  readonly protects: string;
  readonly example: string;
  /** Phases in which it is judged; release and deploy unless it says otherwise. */
  readonly phases?: readonly Phase[];
  /** Judged on a build only: without provenance it is unknown. */
  readonly onBuild?: true;
  /** Says why something is missing: fails only beside another rule that does. */
  readonly explains?: true;
  /** Never excepted. */
  readonly absolute?: true;
  /** What a policy expects of it; undefined where the policy does not require it. */
  expected(policy: PolicyDocument): string | undefined;
  judge(context: Context): Finding | readonly Finding[];
}

export interface Finding {
  readonly outcome: 'pass' | 'fail' | 'unknown';
  readonly actual: string;
  readonly evidence?: readonly Evidence[] | undefined;
  readonly code?: FailureCode | undefined;
  readonly expected?: string | undefined;
  readonly failure?: string | undefined;
  /** Control statements that decided it. */
  readonly by?: readonly number[] | undefined;
}

/** What rules look at: the input, and the one build that they are all judged on. */
export interface Context {
  readonly policy: PolicyDocument;
  readonly input: PolicyInput;
  /** Undefined where there is no provenance, and in the phases before a build. */
  readonly build: Build | undefined;
  /** What stands of what is said about the artifact. */
  readonly about: readonly Evidence[];
  /** The commit that is judged: that of the build, or the artifact itself before there is one. */
  readonly commit: string | undefined;
  /** What stands of what is said about it. */
  readonly aboutCommit: readonly Evidence[];
}

export type Phases = Pick<Rule, 'phases'>;

export const ALL_PHASES: readonly Phase[] = ['source', 'build-input', 'release', 'deploy'];
/** Where an artifact has been built. */
export const AFTER_BUILD: readonly Phase[] = ['release', 'deploy'];

export function pass(actual: string, evidence: readonly Evidence[] = []): Finding {
  return { outcome: 'pass', actual, evidence };
}

export function fail(actual: string, evidence: readonly Evidence[] = [], code?: FailureCode): Finding {
  return { outcome: 'fail', actual, evidence, code };
}

export function unknown(actual: string, evidence: readonly Evidence[] = [], code?: FailureCode): Finding {
  return { outcome: 'unknown', actual, evidence, code };
}

/** A finding by a condition. */
export function whether(holds: boolean, actual: string | undefined, evidence: readonly Evidence[] = []): Finding {
  return (holds ? pass : fail)(actual ?? 'unknown', evidence);
}

/** Texts for people: `"a", "b" or 3 more`. */
export function listed(items: readonly string[], most = 4): string {
  const shown = items.slice(0, most).map((item) => item.slice(0, 200));
  return items.length > most ? `${shown.join(', ')} and ${items.length - most} more` : shown.join(', ') || 'none';
}

/** Assertions have ids of their own, which never are those of rules. */
export function assertionRule(id: string): string {
  return `assert.${id}`;
}
