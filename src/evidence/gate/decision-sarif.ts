/** A decision as SARIF 2.1.0 (OASIS), so that code scanning shows what was refused, and why. */
import type { Decision, RuleOutcome } from '../policy/decision.ts';

const LEVEL = { enforce: 'error', warn: 'warning', audit: 'note' } as const;
const KIND: Readonly<Record<RuleOutcome['outcome'], string>> = {
  pass: 'pass',
  fail: 'fail',
  excepted: 'informational',
  unknown: 'open',
};

export function decisionSarif(decision: Decision): object {
  const { artifact, results, mode } = decision;
  const [algorithm, digest] = Object.entries(artifact.digests)[0] ?? ['', ''];
  const rules = [...new Map(results.map((result) => [result.rule, result])).values()];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'countersign',
            rules: rules.map(({ rule, fix }) => ({
              id: rule,
              ...(fix !== undefined && { help: { text: fix } }),
            })),
          },
        },
        results: results.map((result) => ({
          ruleId: result.rule,
          kind: KIND[result.outcome],
          // SARIF §3.27.10: a level other than none only where something failed.
          level: result.outcome === 'fail' ? LEVEL[mode] : 'none',
          message: { text: messageOf(result) },
          locations: [
            {
              logicalLocations: [
                { fullyQualifiedName: `${algorithm}:${digest}`, ...(artifact.name && { name: artifact.name }) },
              ],
            },
          ],
          properties: { code: result.code, section: result.section, evidence: result.evidence },
        })),
        properties: {
          decision: decision.decision,
          permitted: decision.permitted,
          log: decision.log,
          policy: decision.policy,
        },
      },
    ],
  };
}

function messageOf({ message, expected, actual, outcome }: RuleOutcome): string {
  return outcome === 'pass' ? message : `${message} Expected: ${expected}. Found: ${actual}.`;
}
