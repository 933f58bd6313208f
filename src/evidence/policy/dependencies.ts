/** Dependencies that a build names: which are the platform's, which its own source, which are pinned. */
import type { Dependency, Digests } from '../../entry/predicate/claim.ts';
import type { Evidence } from '../facts/evidence.ts';
import { type Build, buildOf, normalUri } from './build.ts';
import { matchesAny } from './document/pattern.ts';
import type { PolicyDocument } from './document/policy.ts';
import { isAttested } from './evidence-in-force.ts';

const PINNING = new Set([
  'sha256',
  'sha384',
  'sha512',
  'sha3_256',
  'sha3_384',
  'sha3_512',
  'gitCommit',
  'gitTree',
  'dirHash',
]);

/** True where a digest fixes the content. `sha1` does for a git revision, and for nothing else. */
export function isPinned({ digests, uri }: Dependency): boolean {
  for (const algorithm of digests.keys()) {
    if (PINNING.has(algorithm) || (algorithm === 'sha1' && uri?.startsWith('git') === true)) return true;
  }
  return false;
}

/** What the platform supplies is not the build's to pin. */
export function isPlatform({ uri }: Dependency, { require }: PolicyDocument): boolean {
  return uri !== undefined && matchesAny(require.dependencies?.platform ?? [], uri);
}

/** The revision that was built is listed among the dependencies; it has rules of its own. */
export function isOwnSource({ uri, digests }: Dependency, { facts }: Build): boolean {
  if (facts.commit !== undefined && (digests.get('gitCommit') ?? digests.get('sha1')) === facts.commit) return true;
  const at = uri?.lastIndexOf('@') ?? -1;
  const bare = normalUri(at > 0 ? uri?.slice(0, at) : uri);
  return bare !== undefined && facts.repository !== undefined && bare === normalUri(facts.repository);
}

/** For people. */
export function dependencyText({ uri, name }: Dependency): string {
  return uri ?? name ?? 'unnamed';
}

/** `<algorithm>:<digest>` of each digest. */
export function digestTerms(digests: Digests): string[] {
  return [...digests].map(([algorithm, digest]) => `${algorithm}:${digest}`);
}

/**
 * Dependencies named by evidence that the policy believes: the builds that it trusts, and what its attestors state
 * (SBOMs, pin sets). Only these are worth a look-up, and only for these a taint counts: else whoever may write to the
 * log could have an artifact refused by stating a tainted dependency of it.
 */
export function dependenciesOf(policy: PolicyDocument, about: readonly Evidence[]): readonly Dependency[] {
  const builds = about.map((evidence) => buildOf(evidence, policy)).filter((build) => build?.trusted !== undefined);
  return about.flatMap(({ claim }, at) => {
    const evidence = about[at]!;
    if (claim?.kind === 'provenance')
      return builds.some((build) => build?.evidence === evidence) ? claim.dependencies : [];
    const listed = claim?.kind === 'sbom' ? claim.components : claim?.kind === 'pin-set' ? claim.pins : [];
    const counts = [undefined, ...builds].some((build) => isAttested({ policy, build }, evidence));
    return counts ? listed : [];
  });
}
