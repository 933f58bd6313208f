/** Every code that a rule can fail with. Scripts branch on them; none is ever renamed. */
import type { Ruling } from '../revocation/standing.ts';

export type FailureCode =
  // Signature and signer.
  | 'NO_SIGNATURE'
  | 'SIGNER_NOT_ALLOWED'
  | 'OWNER_MISSING'
  // Provenance.
  | 'NO_PROVENANCE'
  | 'BUILDER_NOT_ALLOWED'
  | 'LEVEL_TOO_LOW'
  | 'REPO_NOT_ALLOWED'
  | 'REF_NOT_ALLOWED'
  | 'WORKFLOW_NOT_ALLOWED'
  | 'TRIGGER_NOT_ALLOWED'
  | 'RUNNER_NOT_ALLOWED'
  | 'ENVIRONMENT_MISSING'
  | 'PARAMETER_NOT_ALLOWED'
  | 'BUILD_TYPE_NOT_ALLOWED'
  | 'SEPARATION'
  | 'SHARED_TRUST_BOUNDARY'
  | 'LONG_LIVED_KEY'
  | 'KEY_REUSE'
  | 'NOT_REPRODUCED'
  // Certificate against predicate.
  | 'REPOSITORY_MISMATCH'
  | 'REPOSITORY_ID_MISMATCH'
  | 'COMMIT_MISMATCH'
  | 'REF_MISMATCH'
  | 'TRIGGER_MISMATCH'
  | 'RUNNER_MISMATCH'
  | 'INVOCATION_MISMATCH'
  | 'ENVIRONMENT_MISMATCH'
  // Source.
  | 'SOURCE_UNATTESTED'
  | 'SOURCE_LEVEL'
  | 'SOURCE_PROPERTY'
  | 'ACTIVITY_NOT_ALLOWED'
  | 'TAG_MOVED'
  | 'NO_SOURCE_TAG'
  | 'INPUT_NOT_GATED'
  // Dependencies.
  | 'MUTABLE_INPUT'
  | 'UNPINNED_DEPENDENCY'
  | 'REGISTRY_NOT_ALLOWED'
  | 'DEPENDENCY_UNATTESTED'
  | 'TAINTED_DEPENDENCY'
  // Attestations.
  | 'ATTESTATION_MISSING'
  | 'ATTESTATION_STALE'
  | 'TEST_FAILED'
  | 'VULNERABILITY_FOUND'
  | 'APPROVAL_MISSING'
  // The log.
  | 'MIN_AGE'
  | 'INCOMPLETE'
  | 'RATE_EXCEEDED'
  | 'PROVENANCE_DOWNGRADE'
  | 'WRONG_LOG'
  | 'STALE_LOG'
  | 'WITNESSES_MISSING'
  // The policy itself.
  | 'POLICY_EXPIRED'
  | 'POLICY_NOT_APPLICABLE'
  | 'POLICY_ERROR'
  | 'ASSERTION_FAILED'
  // Revocation.
  | Exclude<Ruling['code'], 'SUPERSEDED'>;
