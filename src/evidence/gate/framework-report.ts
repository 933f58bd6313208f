/**
 * What a log shows for the controls of a framework: decisions of one policy on some artifacts, sorted by control, each
 * with the entries that it rests on and with what is missing.
 */
import { toHex, utf8 } from '../../core/bytes.ts';
import { sha256 } from '../../core/hash.ts';
import { canonicalJson, type Json } from '../../entry/encoding/canonical-json.ts';
import type { Decision, RuleOutcome } from '../policy/decision.ts';
import { effectiveRules } from '../policy/effective.ts';
import type { Control, Framework } from '../policy/frameworks.ts';
import type { Policy } from '../policy/policy.ts';

/** What is missing: a rule that the policy does not require, or that does not hold of some artifacts. */
export interface Gap {
  readonly rule: string;
  /** Undefined where the policy does not require the rule. */
  readonly code: string | undefined;
  readonly reason: string;
  /** `<algorithm>:<digest>`; empty where the policy does not require the rule. */
  readonly artifacts: readonly string[];
}

export interface ReportedControl extends Pick<Control, 'id' | 'title'> {
  /** `evidenced`: the policy requires all of its rules, and all hold. `open`: it requires none. `gaps`: between these. */
  readonly status: 'evidenced' | 'gaps' | 'open';
  /** Rules that the policy requires and that hold of every artifact, or are excepted. */
  readonly holds: readonly string[];
  /** Entries that this rests on, ascending. */
  readonly evidence: readonly number[];
  readonly gaps: readonly Gap[];
}

export interface FrameworkReport {
  readonly framework: { readonly id: string; readonly title: string };
  readonly policy: Decision['policy'];
  readonly log: Decision['log'];
  /** Looked at, in the order in which they were given. */
  readonly artifacts: readonly { readonly artifact: string; readonly decision: Decision['decision'] }[];
  /** False where there are more artifacts than were looked at. */
  readonly complete: boolean;
  readonly controls: readonly ReportedControl[];
  /**
   * Hex SHA-256 of the RFC 8785 form of everything else. Whoever asks about the same artifacts by the same policy at
   * the same tree size gets the same.
   */
  readonly sha256: string;
}

/** @param decisions by `policy`, at one tree size; at least one */
export function frameworkReport(
  { id, title, controls }: Framework,
  policy: Policy,
  decisions: readonly Decision[],
  complete: boolean,
): FrameworkReport {
  const required = new Set(effectiveRules(policy).map(({ rule }) => rule));
  const [{ policy: judgedBy, log }] = decisions as readonly [Decision];
  const content = {
    framework: { id, title },
    policy: judgedBy,
    log,
    artifacts: decisions.map((one) => ({ artifact: nameOf(one), decision: one.decision })),
    complete,
    controls: controls.map((control) => reported(control, required, decisions)),
  };
  return { ...content, sha256: toHex(sha256(utf8(canonicalJson(content as unknown as Json)))) };
}

function reported(
  { id, title, rules }: Control,
  required: ReadonlySet<string>,
  decisions: readonly Decision[],
): ReportedControl {
  const gaps = rules.flatMap((rule): Gap[] => {
    if (required.has(rule)) return failuresOf(rule, decisions);
    return [{ rule, code: undefined, reason: 'the policy does not require it', artifacts: [] }];
  });
  const open = new Set(gaps.map(({ rule }) => rule));
  const holds = rules.filter((rule) => !open.has(rule));
  const proofs = decisions.flatMap((decision) =>
    outcomesOf(rules, decision).flatMap((one) => (hasPassed(one) ? one.evidence.map(({ index }) => index) : [])),
  );
  const isRequired = rules.some((rule) => required.has(rule));
  return {
    ...{ id, title, holds, gaps },
    status: !isRequired ? 'open' : gaps.length === 0 ? 'evidenced' : 'gaps',
    evidence: [...new Set(proofs)].sort((a, b) => a - b),
  };
}

/** One gap for each code, with the artifacts that fall short and what was found of the first. */
function failuresOf(rule: string, decisions: readonly Decision[]): Gap[] {
  const gaps = new Map<string, { reason: string; artifacts: string[] }>();
  for (const decision of decisions) {
    for (const outcome of outcomesOf([rule], decision)) {
      if (hasPassed(outcome)) continue;
      const { code = outcome.outcome, message, actual } = outcome;
      // What could not be judged says why in its message already.
      const reason = wellFormed(outcome.outcome === 'unknown' ? message : `${message}: ${actual}`);
      const gap = gaps.get(code) ?? { reason, artifacts: [] };
      gaps.set(code, gap);
      const name = nameOf(decision);
      if (!gap.artifacts.includes(name)) gap.artifacts.push(name);
    }
  }
  return [...gaps].map(([code, gap]) => ({ rule, code, ...gap }));
}

function outcomesOf(rules: readonly string[], { results }: Decision): RuleOutcome[] {
  return results.filter(({ rule }) => rules.includes(rule));
}

function hasPassed({ outcome }: RuleOutcome): boolean {
  return outcome === 'pass' || outcome === 'excepted';
}

function nameOf({ artifact: { digests } }: Decision): string {
  return wellFormed(Object.entries(digests)[0]!.join(':'));
}

/** Texts of others may be cut within a character, which has no canonical form. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
}
