/** All rules, in the order in which a decision shows them: provenance first, the signature as the last check of all. */
import type { Rule } from './rule.ts';
import { APPROVAL_RULES } from './rules/approvals.ts';
import { ATTESTATION_RULES } from './rules/attestations.ts';
import { BOUNDARY_RULES } from './rules/boundary.ts';
import { DEPENDENCY_RULES } from './rules/dependencies.ts';
import { HISTORY_RULES } from './rules/history.ts';
import { LOG_RULES } from './rules/log.ts';
import { MISMATCH_RULES } from './rules/mismatch.ts';
import { ORIGIN_RULES } from './rules/origin.ts';
import { POLICY_RULES } from './rules/policy.ts';
import { PROVENANCE_RULES } from './rules/provenance.ts';
import { REVOCATION_RULES } from './rules/revocation.ts';
import { SIGNATURE_RULES } from './rules/signature.ts';
import { SOURCE_RULES } from './rules/source.ts';
import { TAG_RULES } from './rules/tag.ts';

export const RULES: readonly Rule[] = [
  ...POLICY_RULES,
  ...LOG_RULES,
  ...REVOCATION_RULES,
  ...PROVENANCE_RULES,
  ...MISMATCH_RULES,
  ...ORIGIN_RULES,
  ...BOUNDARY_RULES,
  ...SOURCE_RULES,
  ...TAG_RULES,
  ...DEPENDENCY_RULES,
  ...ATTESTATION_RULES,
  ...APPROVAL_RULES,
  ...HISTORY_RULES,
  ...SIGNATURE_RULES,
];
