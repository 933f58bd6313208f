/** Where a certificate and the provenance that it signed contradict each other. */
import type { Claim } from '../../entry/predicate/claim.ts';
import { BUILD_FACTS, buildFactsOf } from './certificate-facts.ts';
import type { Credential, Mismatch } from './evidence.ts';

/** Facts that both state, and state differently. What only one of them states contradicts nothing. */
export function mismatchesOf(credentials: readonly Pick<Credential, 'facts'>[], claim: Claim | undefined): Mismatch[] {
  if (claim?.kind !== 'provenance') return [];
  return credentials.flatMap(({ facts }) => {
    const certified = buildFactsOf(facts);
    return BUILD_FACTS.flatMap((fact) => {
      const certificate = certified[fact];
      const predicate = claim[fact];
      return certificate === undefined || predicate === undefined || certificate === predicate
        ? []
        : [{ fact, certificate, predicate }];
    });
  });
}
