/** What a log keeps of a decision: its verdict with all that it takes to reach it anew. */
import type { DecisionInput, LoggedDecision } from '../../entry/submission/decision-statement.ts';
import type { Decision } from '../policy/decision.ts';
import type { Policy } from '../policy/policy.ts';
import type { Judged, PolicyInput } from '../policy/policy-input.ts';

/** Seconds for which a decision says something, unless its policy ends before. */
const LIFETIME = 86_400;

/** @param supersedes index of the earlier decision that it takes the place of */
export function recordOf(decision: Decision, policy: Policy, input: PolicyInput, supersedes?: number): LoggedDecision {
  const { mode, permitted, phase, artifact, log, results, affectedBy } = decision;
  const { name, sha256 } = decision.policy;
  return {
    ...{ decision: decision.decision, mode, permitted, phase, artifact, log },
    policy: { name, sha256, source: policy.source },
    // In whole seconds, whatever the policy says.
    expires: Math.floor(Math.min(log.time + LIFETIME, policy.document.expires ?? Number.POSITIVE_INFINITY)),
    inputs: input.complete ? inputsOf(input) : undefined,
    levels: levelsOf(decision, policy),
    outcomes: results.map(({ rule, outcome, code }) => ({ rule, outcome, code })),
    ...{ affectedBy, supersedes },
  };
}

/** All evidence that was there to be judged, each entry once. */
function inputsOf({ about, source, dependencies, history, tags }: PolicyInput): DecisionInput[] {
  const all: Judged[] = [about, ...source.values(), ...dependencies.values(), history, tags].flat();
  const inputs = new Map(
    all.map(({ evidence: { index, leafHash, payloadSha256 } }) => [index, { index, leafHash, payloadSha256 }]),
  );
  return [...inputs.values()].sort((a, b) => a.index - b.index);
}

/** Levels that the policy asked for and that hold. An exception is no proof, and more was not looked for. */
function levelsOf({ results, phase }: Decision, { document: { require } }: Policy): string[] {
  const holds = (rule: string) => results.some((one) => one.rule === rule && one.outcome === 'pass');
  const [track, level] =
    phase === 'source'
      ? (['SOURCE', holds('source.level') ? require.source?.level : undefined] as const)
      : (['BUILD', holds('provenance.level') ? require.provenance?.level : undefined] as const);
  return [`SLSA_${track}_LEVEL_${level ?? 'UNEVALUATED'}`];
}
