/** What an entry can be found by on account of what it claims. */
import type { Claim, Dependency } from './claim.ts';
import { readPackageUrl } from './package-url.ts';
import { readRepository } from './repository.ts';
import type { StatementContent } from './statement-content.ts';

/**
 * - `invocation`: the run of a build, as provenance names it; of GitHub's, the run's page, whatever it was stated as
 * - `repository`: what was built, or whose revision or tag a claim is about, in its normal form (`repository.ts`)
 * - `builder`: builder id of provenance
 * - `dependency`: `<algorithm>:<digest>`, the URI as stated, or the package URL without version, of what a build took in,
 *   an SBOM lists or a pin set pins
 * - `package`: package URL without version, of a release, a summary's resource, or a subject's name or URI
 */
export type ClaimTermKind = 'invocation' | 'repository' | 'builder' | 'dependency' | 'package';

export interface ClaimTerm {
  readonly kind: ClaimTermKind;
  readonly value: string;
}

/** With doubles; the dependencies last, since there may be many. */
export function claimTerms(claim: Claim, { subjects }: Pick<StatementContent, 'subjects'>): ClaimTerm[] {
  const terms: ClaimTerm[] = [];
  const add = (kind: ClaimTermKind, value: string | undefined): void => {
    if (value !== undefined) terms.push({ kind, value });
  };
  const addResource = (uri: string | undefined): void => {
    if (uri === undefined) return;
    add('package', readPackageUrl(uri)?.package);
    const revision = readRepository(uri);
    if (revision?.isGit) add('repository', revision.repository);
  };
  for (const { name, uri } of subjects) {
    if (name?.startsWith('pkg:')) add('package', readPackageUrl(name)?.package);
    if (uri?.startsWith('pkg:')) add('package', readPackageUrl(uri)?.package);
  }
  switch (claim.kind) {
    case 'provenance':
      add('invocation', claim.invocation);
      add('repository', claim.repository);
      add('builder', claim.builder);
      break;
    case 'source':
    case 'tag':
      add('repository', claim.repository);
      break;
    case 'summary':
      addResource(claim.resource);
      break;
    case 'release':
      add('package', claim.package);
      break;
  }
  for (const { uri, name, digests } of dependenciesOf(claim)) {
    for (const [algorithm, digest] of digests) add('dependency', `${algorithm}:${digest}`);
    add('dependency', uri);
    for (const url of [uri, name]) if (url?.startsWith('pkg:')) add('dependency', readPackageUrl(url)?.package);
  }
  return terms;
}

/** What a claim says went in; none for claims that say nothing of it. */
export function dependenciesOf(claim: Claim): readonly Dependency[] {
  switch (claim.kind) {
    case 'provenance':
      return claim.dependencies;
    case 'sbom':
      return claim.components;
    case 'pin-set':
      return claim.pins;
    default:
      return [];
  }
}
