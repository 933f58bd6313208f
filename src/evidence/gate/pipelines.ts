/** Which of an artifact's builds are by an identity that ran a tainted dependency, for policies that tolerate none. */
import type { Evidence } from '../facts/evidence.ts';
import type { EvidenceSource } from '../facts/evidence-source.ts';
import type { PolicyInput } from '../policy/policy-input.ts';
import type { Ruling, Standing } from '../revocation/standing.ts';
import { findOrNewest } from './look-up.ts';

/** Taints that are followed, and statements that list what one of them taints. */
const LIMITS = { terms: 64, statements: 1000 };

/** @throws LogError index_rebuilding */
export async function pipelinesOf(
  source: EvidenceSource,
  standing: Standing,
  evidence: readonly Evidence[],
): Promise<PolicyInput['pipelines']> {
  const builds = evidence.filter(({ claim }) => claim?.kind === 'provenance');
  const terms = builds.length === 0 ? [] : standing.taints().terms;
  const ran = new Map<number, Evidence>();
  let complete = terms.length <= LIMITS.terms;
  for (const value of terms.slice(0, LIMITS.terms)) {
    const found = await findOrNewest(source, { kind: 'dependency', value }, LIMITS.statements);
    complete &&= found.all;
    for (const one of found.evidence) ran.set(one.index, one);
  }
  const rulings = new Map<number, readonly Ruling[]>();
  for (const one of builds) rulings.set(one.index, standing.ofPipeline(one, [...ran.values()]));
  return { rulings, complete };
}
