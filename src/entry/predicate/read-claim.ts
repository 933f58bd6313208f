/** Reads what a statement claims, whatever predicate it has. */
import { APPROVAL_PREDICATE, readApproval, readPullRequestApproval, readReferenceAuthorization } from './approval.ts';
import type { Claim } from './claim.ts';
import { readCycloneDx } from './cyclonedx.ts';
import { ClaimFault, Fields } from './fields.ts';
import { PIN_SET_PREDICATE, readPinSet } from './pin-set.ts';
import { readProvenanceV01, readProvenanceV02 } from './provenance-v0.ts';
import { readProvenanceV1 } from './provenance-v1.ts';
import { readNpmPublish, readPypiPublish, readRelease } from './release.ts';
import { readSourceProvenance, readTagProvenance } from './source-provenance.ts';
import { readSpdx } from './spdx.ts';
import type { ClaimedSubject, StatementContent } from './statement-content.ts';
import { readTestResult } from './test-result.ts';
import { readSummary, SUMMARY_PREDICATE } from './verification-summary.ts';
import { readCosignVulnerabilities, readVulnerabilities } from './vulnerabilities.ts';

type Reader = (predicate: Fields, subjects: readonly ClaimedSubject[]) => Claim;

const SOURCE_POC = 'https://github.com/slsa-framework/slsa-source-poc';

/** Predicate types whose statements say where a tag points. */
export const TAG_PREDICATES = [`${SOURCE_POC}/tag-provenance/v1-draft`, `${SOURCE_POC}/tag-provenance/v1`] as const;

/** By predicate type, exact: a type that is not here is another predicate, whatever it looks like. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['https://slsa.dev/provenance/v1', readProvenanceV1],
  ['https://slsa.dev/provenance/v1.0?draft', readProvenanceV1],
  ['https://slsa.dev/provenance/v0.2', readProvenanceV02],
  ['https://slsa.dev/provenance/v0.1', readProvenanceV01],
  ['https://in-toto.io/Provenance/v0.1', readProvenanceV01],
  [SUMMARY_PREDICATE, readSummary],
  ['https://slsa.dev/verification_summary/v0.2', readSummary],
  [`${SOURCE_POC}/source-provenance/v1-draft`, readSourceProvenance],
  [`${SOURCE_POC}/source-provenance/v1`, readSourceProvenance],
  ...TAG_PREDICATES.map((type): [string, Reader] => [type, readTagProvenance]),
  ['https://github.com/npm/attestation/tree/main/specs/publish/v0.1', readNpmPublish],
  ['https://docs.pypi.org/attestations/publish/v1', readPypiPublish],
  ['https://in-toto.io/attestation/release/v0.1', readRelease],
  ['https://in-toto.io/attestation/release/v0.2', readRelease],
  ['https://in-toto.io/attestation/test-result/v0.1', readTestResult],
  ['https://in-toto.io/attestation/vulns/v0.1', readVulnerabilities],
  ['https://in-toto.io/attestation/vulns/v0.2', readVulnerabilities],
  ['https://cosign.sigstore.dev/attestation/vuln/v1', readCosignVulnerabilities],
  ['https://gittuf.dev/github-pull-request-approval/v0.1', readPullRequestApproval],
  ['https://gittuf.dev/reference-authorization/v0.1', readReferenceAuthorization],
  ['https://gittuf.dev/reference-authorization/v0.2', readReferenceAuthorization],
  [APPROVAL_PREDICATE, readApproval],
  [PIN_SET_PREDICATE, readPinSet],
]);

/** Types that carry the version of the document: `https://spdx.dev/Document/v2.3`, `https://cyclonedx.org/bom/v1.5`. */
const VERSIONED: readonly (readonly [RegExp, Reader])[] = [
  [/^https:\/\/spdx\.dev\/Document(\/v[0-9.]+)?$/, readSpdx],
  [/^https:\/\/cyclonedx\.org\/bom(\/v[0-9.]+)?$/, readCycloneDx],
];

const OF_RELEASES = new Set<Reader>([
  ...[readProvenanceV1, readProvenanceV02, readProvenanceV01],
  ...[readNpmPublish, readPypiPublish, readRelease],
]);

/** Types of statements that something was built or released. */
export const RELEASE_PREDICATES: readonly string[] = [...READERS].flatMap(([type, read]) =>
  OF_RELEASES.has(read) ? [type] : [],
);

/** Never throws: what is not as its format says is no claim but `other`, with the fault. */
export function readClaim({ predicateType, predicate, subjects }: StatementContent): Claim {
  const read = READERS.get(predicateType) ?? VERSIONED.find(([pattern]) => pattern.test(predicateType))?.[1];
  if (read === undefined) return { kind: 'other', fault: undefined };
  try {
    return read(new Fields(predicate, 'predicate'), subjects);
  } catch (error) {
    if (error instanceof ClaimFault) return { kind: 'other', fault: error.message };
    throw error;
  }
}
