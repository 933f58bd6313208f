/** What a tainted dependency reached: which builds took it in, what they made, and what of that was promoted. */
import type { Evidence } from '../../src/evidence/facts/evidence.ts';
import type { Identity, ScenarioLog } from './scenario-log.ts';

export interface Affected {
  /** Provenance that names the dependency, and that the taint reaches. */
  readonly builds: readonly Evidence[];
  /** SHA-256 of what they made. */
  readonly artifacts: ReadonlySet<string>;
  /** Summaries by which the gate let some of it into production. */
  readonly promotions: readonly Evidence[];
  /** Whoever ran those builds: to be held back until the owners have looked at it. */
  readonly identities: ReadonlySet<string>;
}

/**
 * By look-ups alone. Promotions are the summaries that a team's own gate logged.
 * @param dependency `<algorithm>:<digest>`
 * @param gate who signs promotions
 */
export async function affectedBy(log: ScenarioLog, dependency: string, gate: Identity): Promise<Affected> {
  const builds: Evidence[] = [];
  for (const evidence of await log.find({ kind: 'dependency', value: dependency })) {
    if (evidence.claim?.kind !== 'provenance') continue;
    if ((await log.against(evidence)).includes('DEPENDENCY_TAINTED')) builds.push(evidence);
  }
  const artifacts = new Set(
    builds.flatMap(({ subjects }) => subjects.flatMap(({ digests }) => digests.get('sha256') ?? [])),
  );
  const promotions: Evidence[] = [];
  for (const digest of artifacts) {
    for (const evidence of await log.find({ kind: 'subject', value: `sha256:${digest}` })) {
      if (evidence.claim?.kind === 'summary' && evidence.claim.passed && isSignedBy(gate, evidence))
        promotions.push(evidence);
    }
  }
  return { builds, artifacts, promotions, identities: new Set(builds.flatMap(signersOf)) };
}

function signersOf({ credentials }: Evidence): string[] {
  return credentials.flatMap(({ chain, names }) => (chain === 'trusted' ? names : []));
}

function isSignedBy({ san }: Identity, evidence: Evidence): boolean {
  return signersOf(evidence).includes(san);
}
