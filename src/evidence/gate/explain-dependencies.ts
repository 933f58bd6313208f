/** What went into an artifact, as builds, inventories and pin sets list it. */
import type { Dependency } from '../../entry/predicate/claim.ts';
import { dependenciesOf } from '../../entry/predicate/claim-terms.ts';
import type { Evidence } from '../facts/evidence.ts';
import { statementBy } from './build-answer.ts';
import type { Answer, Support } from './findings.ts';

export interface DependencyAnswers {
  /** Known where something says what went in beyond the source itself: an inventory, a pin set, a build's account. */
  readonly status: Answer['status'];
  /** Different ones, and how many of them are named by a digest. */
  readonly total: number;
  readonly pinned: number;
  /** The first of them, in the order in which they were logged. */
  readonly items: readonly ListedDependency[];
}

export interface ListedDependency extends Dependency {
  readonly support: readonly Support[];
}

/** Most that an explanation lists. */
const MAX_LISTED = 500;

/**
 * @param evidence about the artifact and its commits
 * @param commits what was built, which is no dependency of itself
 */
export function dependenciesIn(evidence: readonly Evidence[], commits: ReadonlySet<string>): DependencyAnswers {
  const found = new Map<string, Dependency & { support: Support[] }>();
  let inventories = 0;
  for (const one of evidence) {
    const { claim } = one;
    if (claim === undefined) continue;
    if (claim.kind === 'sbom' || claim.kind === 'pin-set') inventories++;
    for (const dependency of dependenciesOf(claim)) {
      const commit = dependency.digests.get('gitCommit');
      if (claim.kind === 'provenance' && commit !== undefined && commits.has(commit)) continue;
      put(found, dependency, statementBy(one));
    }
  }
  const all = [...found.values()];
  return {
    status: inventories > 0 || all.length > 0 ? 'known' : 'unknown',
    total: all.length,
    pinned: all.filter(({ digests }) => digests.size > 0).length,
    items: all.slice(0, MAX_LISTED),
  };
}

function put(
  found: Map<string, Dependency & { support: Support[] }>,
  { uri, name, digests }: Dependency,
  support: Support,
): void {
  const key = JSON.stringify([uri, name, ...digests]);
  const known = found.get(key);
  if (known === undefined) found.set(key, { uri, name, digests, support: [support] });
  else if (!known.support.some(({ index }) => index === support.index)) known.support.push(support);
}
