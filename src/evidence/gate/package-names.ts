/** Which packages evidence is about: what a release says, and subjects that are named by package URLs (purl-spec). */
import type { Evidence } from '../facts/evidence.ts';

/** Package URLs without version, qualifiers and subpath, without doubles. */
export function packagesOf(evidence: readonly Evidence[]): string[] {
  const packages = new Set<string>();
  for (const { claim, subjects } of evidence) {
    if (claim?.kind === 'release' && claim.package !== undefined) packages.add(claim.package);
    for (const { name } of subjects) {
      // A bare @ begins the version: `pkg:npm/%40acme/api@1.2.3?arch=x#lib` is of `pkg:npm/%40acme/api`.
      const [bare] = /^pkg:[^@?#]+/.exec(name ?? '') ?? [];
      if (bare !== undefined) packages.add(bare);
    }
  }
  return [...packages];
}
