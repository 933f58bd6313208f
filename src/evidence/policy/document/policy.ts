/** A policy document: one closed schema. */
import { z } from 'zod';
import { closed, moment, pattern, someOf, text } from './members.ts';
import { requirements } from './require.ts';
import { trust } from './trust.ts';

export const PRESET_NAMES = ['signed', 'slsa-build-2', 'slsa-build-3', 'production', 'regulated'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** Identifiers of assertions and names of policies. */
const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/@-]{0,127}$/, 'must be letters, digits and . _ / @ -');

const assertion = closed({ id: identifier, cel: z.string().min(1).max(4_096), message: text });

const exception = closed({
  /** Id of the rule that need not hold. */
  rule: text,
  /** Digest of the one artifact. */
  subject: z.string().regex(/^[a-z0-9_]+:[0-9a-f]{32,128}$/, 'must be <algorithm>:<digest> of one artifact'),
  /** Ends by itself. */
  until: moment,
  reason: text,
  approvedBy: z
    .array(text)
    .min(1)
    .max(32)
    .refine((names) => new Set(names).size === names.length, 'must name everyone once'),
});

export const policyDocument = closed({
  /** `owner namespace@stage`, for people and decisions. */
  policy: identifier,
  version: z.int().min(1),
  expires: moment.optional(),
  /** Names that the artifact must have one of. */
  applies: someOf(pattern).optional(),
  /** `audit` and `warn` let through what they report. */
  mode: z.enum(['audit', 'warn', 'enforce']).default('enforce'),
  extends: z.enum(PRESET_NAMES).optional(),
  /** Who answers for what this policy lets through. */
  owner: text.optional(),
  trust: trust.prefault({}),
  require: requirements.prefault({}),
  assert: z
    .array(assertion)
    .max(64)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'ids must differ')
    .default([]),
  exceptions: z.array(exception).max(1_000).default([]),
  /** People that must have approved an exception. */
  exceptionApprovers: z.int().min(1).max(16).default(1),
}).refine(
  ({ require, trust }) =>
    require.approvals === undefined || trust.groups?.[require.approvals.from.slice(6)] !== undefined,
  { path: ['require', 'approvals', 'from'], message: 'the group is not in trust.groups' },
);

/** A policy that was checked, its preset's members filled in. */
export type PolicyDocument = z.output<typeof policyDocument>;
