/** CycloneDX documents (ECMA-424), for the components that they list, those within others included. */
import type { Dependency, SbomClaim } from './claim.ts';
import { normalDigest } from './dependency.ts';
import type { Fields } from './fields.ts';
import { digestName } from './spdx.ts';

/** @throws ClaimFault */
export function readCycloneDx(predicate: Fields): SbomClaim {
  if (predicate.text('bomFormat') !== 'CycloneDX') throw predicate.fault('is no CycloneDX document');
  return { kind: 'sbom', format: 'cyclonedx', components: predicate.objects('components').flatMap(componentsOf) };
}

/** As deep as the payload's limit on nesting lets it be. */
function componentsOf(fields: Fields): Dependency[] {
  const digests = new Map<string, string>();
  for (const hash of fields.objects('hashes')) {
    const algorithm = hash.text('alg');
    const value = hash.text('content');
    if (algorithm !== undefined && value !== undefined) digests.set(digestName(algorithm), normalDigest(value));
  }
  const own = { uri: fields.text('purl'), name: fields.text('name'), digests };
  return [own, ...fields.objects('components').flatMap(componentsOf)];
}
