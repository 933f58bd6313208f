/** The part of a policy that says what must hold. Every member adds a requirement; none takes one away. */
import { z } from 'zod';
import { readDuration } from './duration.ts';
import { closed, count, duration, pattern, someOf, text } from './members.ts';

const repository = z.union(
  [
    pattern.transform((uri) => ({ uri, id: undefined })),
    closed({ uri: pattern, id: text.optional() }).transform(({ uri, id }) => ({ uri, id })),
  ],
  { error: 'must be a URI, or uri with id (the immutable id, in quotes)' },
);

const provenance = closed({
  /** SLSA Build level. */
  level: z.int().min(1).max(3).optional(),
  repo: repository.optional(),
  refs: someOf(pattern).optional(),
  /** Paths of workflows or build configurations. */
  workflows: someOf(pattern).optional(),
  triggers: someOf(text).optional(),
  /** `hosted`: by the provider, whatever the provider. */
  runner: z.union([z.literal('hosted'), someOf(text)]).optional(),
  environment: z.union([pattern.transform((one) => [one]), someOf(pattern)]).optional(),
  /** `closed`: none beyond what the build type has by itself; or those named, with a pattern for the value. */
  parameters: z.union([z.literal('closed'), z.record(text, pattern)]).optional(),
  buildTypes: someOf(pattern).optional(),
  separation: someOf(z.enum(['signer!=buildConfig', 'signer!=sourceVerifier', 'signer!=approver'])).optional(),
  keys: closed({
    /** Longest lifetime of a certificate, seconds; keys without certificate are refused. */
    ephemeral: duration.optional(),
    /** Repositories that may be signed for with one key. */
    maxRepositories: count.optional(),
  }).optional(),
  /** Independent builders that must have built the same artifact. */
  reproduced: z.int().min(2).max(4).optional(),
});

const source = closed({
  /** SLSA Source level. */
  level: z.int().min(1).max(4).optional(),
  properties: someOf(text).optional(),
  /** How the revision may have come about: `pr_merge`. */
  activities: someOf(text).optional(),
  /** A tag that was ever seen elsewhere is refused. */
  tagImmutable: z.literal(true).optional(),
  /** The commit must bear a tag that was observed. */
  tagged: z.literal(true).optional(),
  /** The commit must have passed the gate for build inputs before it was built. */
  gated: z.literal(true).optional(),
});

const share = z.string().transform((value, context) => {
  const [, percent, level] = /^>=\s*(100|[1-9]?[0-9])% L([1-3])$/.exec(value) ?? [];
  if (percent !== undefined) return { percent: Number(percent), level: Number(level) };
  context.addIssue({ code: 'custom', message: 'must be such as ">=90% L1"' });
  return z.NEVER;
});

const dependencies = closed({
  /** `inputs`: what the provenance lists has digests; `digest`: so does all that a required pin set lists. */
  pinned: z.enum(['inputs', 'digest']).optional(),
  /** What the platform supplies, without digest. */
  platform: someOf(pattern).optional(),
  registries: someOf(pattern).optional(),
  attested: share.optional(),
  /** SLSA Source level of every git revision that the build took in: actions, submodules. */
  sourceLevel: z.int().min(1).max(4).optional(),
  tainted: z.literal(0, 'must be 0: a tainted dependency is granted by an exception, not by a number').optional(),
});

/** The types of attestation that have a short name; anything else is a predicate type. */
const ATTESTATION_TYPES = ['spdx', 'cyclonedx', 'test-result', 'vulns', 'release', 'pin-set'] as const;

const attestation = closed({
  /** `spdx|cyclonedx`: one of them. */
  type: text.refine(
    (value) =>
      value.split('|').every((one) => one.includes(':') || (ATTESTATION_TYPES as readonly string[]).includes(one)),
    `must be one or more of ${ATTESTATION_TYPES.join(', ')}, or a predicate type, with | between them`,
  ),
  maxAge: duration.optional(),
  /** Of the scanner's database. */
  maxDbAge: duration.optional(),
  equals: closed({ result: text }).optional(),
  /** Configuration of the test: its URI or name. */
  config: pattern.optional(),
  /** Findings that are accepted; any other is refused. */
  accepted: z.array(text).max(1_000).optional(),
});

const approvals = closed({
  count,
  from: z.string().regex(/^group:[a-z0-9-]{1,64}$/, 'must be group:NAME, the group being in trust.groups'),
  distinctFrom: someOf(z.enum(['builder', 'author'])).optional(),
  /** No approval is needed where a trusted source provenance says that a human made the change. */
  unless: z.literal('human-authored').optional(),
});

export const rate = z.string().transform((value, context) => {
  const [, number, window] = /^([1-9][0-9]{0,5})\/([0-9]+[smhd])$/.exec(value) ?? [];
  const seconds = readDuration(window ?? '');
  if (number !== undefined && seconds !== undefined) return { number: Number(number), seconds };
  context.addIssue({ code: 'custom', message: 'must be such as 20/10m' });
  return z.NEVER;
});

export const requirements = closed({
  /** `any`: any signed statement about the artifact; `release`: a signature or release statement beside provenance. */
  signature: z.enum(['any', 'release']).default('any'),
  provenance: provenance.optional(),
  source: source.optional(),
  dependencies: dependencies.optional(),
  attest: someOf(attestation).optional(),
  approvals: approvals.optional(),
  logged: closed({ minAge: duration.optional(), complete: z.literal(true).optional() }).optional(),
  continuity: z.literal('no-downgrade').optional(),
  rate: closed({ perIdentity: rate }).optional(),
  /** Whoever signs must have somebody who answers for it. */
  owners: z.literal(true).optional(),
});

export type Requirements = z.output<typeof requirements>;
export type AttestationRequirement = NonNullable<Requirements['attest']>[number];
