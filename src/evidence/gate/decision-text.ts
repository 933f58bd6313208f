/** A decision as a person reads it on a terminal. */
import type { Decision, RuleOutcome } from '../policy/decision.ts';

const MARK: Readonly<Record<RuleOutcome['outcome'], string>> = {
  pass: 'pass    ',
  fail: 'FAIL    ',
  excepted: 'excepted',
  unknown: 'unknown ',
};

/** Verdict first, then every rule, failing ones with what was expected, found, and what to do. */
export function decisionText(decision: Decision): string {
  const { artifact, log, policy, mode } = decision;
  const [algorithm, digest] = Object.entries(artifact.digests)[0] ?? ['', ''];
  const effect = mode === 'enforce' ? '' : ` (mode ${mode}: nothing is stopped)`;
  const lines = [
    `${decision.decision}  ${artifact.name === undefined ? '' : `${artifact.name} `}${algorithm}:${digest}${effect}`,
    `  policy      ${policy.name} (sha256 ${policy.sha256.slice(0, 16)}…)`,
    `  log         ${log.origin}, size ${log.treeSize}, root ${log.rootHash.slice(0, 16)}…, ${log.feedSize} revocation events`,
    `  signature   ${decision.signature}`,
    `  provenance  ${decision.provenance}`,
    '',
    ...decision.results.flatMap(ruleLines),
  ];
  if (decision.affectedBy.length > 0) lines.push('', `decided against by entries ${decision.affectedBy.join(', ')}`);
  return lines.join('\n');
}

function ruleLines({ outcome, rule, code, message, expected, actual, evidence, fix }: RuleOutcome): string[] {
  const proof = evidence.length === 0 ? '' : `  [${evidence.map(({ index }) => index).join(', ')}]`;
  const head = `  ${MARK[outcome]}  ${rule}${code === undefined ? '' : `  ${code}`}${proof}`;
  if (outcome === 'pass') return [head];
  const lines = [
    head,
    `            ${message}`,
    `            expected: ${expected}`,
    `            found:    ${actual}`,
  ];
  return fix === undefined ? lines : [...lines, `            fix:      ${fix}`];
}
