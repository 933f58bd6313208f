/** Parameters in paths and queries: read exactly, so that nothing but the canonical spelling of a number is one. */
import { z } from '@hono/zod-openapi';
import { LogError } from '../core/errors.ts';
import { readPackageUrl } from '../entry/predicate/package-url.ts';
import { normalRepository } from '../entry/predicate/repository.ts';
import { FULCIO_FACT_NAMES } from '../entry/x509/fulcio-facts.ts';
import type { AppContext } from './request-state.ts';

/** A size or index: canonical decimal, below 2^53. `z.coerce` would take '', ' 1', '0x10' and '1e3' as well. */
export function decimal(description: string, options: { minimum?: number; maximum?: number; example?: number } = {}) {
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER, example } = options;
  return z
    .string()
    .regex(/^(0|[1-9]\d{0,15})$/)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum)
    .openapi({ type: 'integer', format: 'int64', minimum, maximum, description, ...(example && { example }) });
}

export function text(pattern: RegExp, description: string, example?: string) {
  return z
    .string()
    .regex(pattern)
    .openapi({ description, ...(example !== undefined && { example }) });
}

const HASH_EXAMPLE = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const COMMIT_EXAMPLE = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
const sha256 = (description: string, example?: string) =>
  text(/^[0-9a-f]{64}$/, `${description}; lower-case hexadecimal`, example);

export const indexPath = z.object({ index: decimal('Index of the entry, from 0.', { example: 7 }) });
export const sizePath = z.object({ size: decimal('Size of the tree.', { minimum: 1, example: 8 }) });

const ONE_DIGEST =
  '(?:(?:sha256:)?[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}|gitCommit:(?:[0-9a-f]{40}|[0-9a-f]{64}))';
const ARTIFACT_DIGESTS = `^${ONE_DIGEST}(?:,${ONE_DIGEST}){0,3}$`;

export const artifactPath = z.object({
  digest: z
    .string()
    .regex(new RegExp(ARTIFACT_DIGESTS))
    .transform((value) => value.split(',').map(algorithmAndDigest))
    .refine((digests) => new Set(digests.map(([algorithm]) => algorithm)).size === digests.length)
    .transform((digests) => new Map(digests))
    .openapi({
      type: 'string',
      pattern: ARTIFACT_DIGESTS,
      description:
        '`sha256:<hex>`, `sha384:<hex>`, `sha512:<hex>`, `gitCommit:<hex>` or the SHA-256 alone, lower-case ' +
        'hexadecimal; several of the same artifact with commas between them, each algorithm once.',
      example: `sha256:${HASH_EXAMPLE}`,
    }),
});

function algorithmAndDigest(text: string): [string, string] {
  const colon = text.indexOf(':');
  return colon === -1 ? ['sha256', text] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Longest wait for cosignatures, seconds. */
const MAX_WITNESSED_WAIT = 30;

export const submissionQuery = z.strictObject({
  witnessed: decimal('Seconds to wait at most for a checkpoint that satisfies the log’s witness policy.', {
    minimum: 1,
    maximum: MAX_WITNESSED_WAIT,
  }).optional(),
});

export const inclusionQuery = z.strictObject({
  index: decimal('Index of the entry. Either this or `leafHash`.', { example: 7 }).optional(),
  leafHash: sha256('Leaf hash of the entry, SHA-256(0x00 ‖ leaf)').optional(),
  size: decimal('Size of the tree that the proof is for; the published size without it.', { minimum: 1 }).optional(),
});

export const consistencyQuery = z.strictObject({
  first: decimal('The older size, 1 or more.', { minimum: 1, example: 3 }),
  second: decimal('The newer size.', { minimum: 1, example: 8 }),
});

export const checkpointsQuery = z.strictObject({
  after: decimal('Only checkpoints of larger sizes.').optional(),
  limit: decimal('At most so many.', { minimum: 1, maximum: 1_000 }).optional(),
});

const UNPRINTABLE = /\p{Cc}/u;
const exact = (description: string, example: string) =>
  z
    .string()
    .min(1)
    .max(1_024)
    .refine((value) => !UNPRINTABLE.test(value))
    .openapi({ description, example });

export const entriesQuery = z.strictObject({
  subject: exact(
    'Digest of a subject or artifact, `<algorithm>:<digest>`; hexadecimal in lower case.',
    `sha256:${HASH_EXAMPLE}`,
  )
    .refine((value) => /^[^:]+:./.test(value))
    .optional(),
  leafHash: sha256('Leaf hash', HASH_EXAMPLE).optional(),
  identity: exact('Subject alternative name of a signing certificate, exact.', 'release@example.com').optional(),
  issuer: exact('OIDC issuer named in a signing certificate, exact.', 'https://issuer.example').optional(),
  fact: exact(
    'What Fulcio says in a signing certificate, `<name>=<value>`, exact; the names are those of `identity.facts`.',
    'sourceRepositoryURI=https://github.com/example/app',
  )
    .refine((value) => FULCIO_FACT_NAMES.some((name) => value.startsWith(`${name}=`)))
    .optional(),
  signer: sha256('SHA-256 of a signer’s SubjectPublicKeyInfo', HASH_EXAMPLE).optional(),
  predicateType: exact('Predicate type of the statement, exact.', 'https://slsa.dev/provenance/v1').optional(),
  payload: sha256('SHA-256 of the payload', HASH_EXAMPLE).optional(),
  invocation: exact(
    'Run of a build, as provenance names it; of a GitHub workflow the page of the run and attempt, exact.',
    'https://github.com/example/app/actions/runs/77/attempts/1',
  ).optional(),
  repository: exact(
    'Repository that was built, or that source provenance, a tag or a summary is about; any way of writing its URI.',
    'https://github.com/example/app',
  )
    .transform(normalRepository)
    .optional(),
  builder: exact('Builder id of provenance, exact.', 'https://github.com/actions/runner/github-hosted').optional(),
  dependency: exact(
    'What a build took in, an SBOM lists or a pin set pins: `<algorithm>:<digest>`, or its URI, exact.',
    `gitCommit:${COMMIT_EXAMPLE}`,
  ).optional(),
  package: exact('Package URL; a version in it is passed over.', 'pkg:npm/%40example/app')
    .refine((value) => readPackageUrl(value) !== undefined)
    .transform((value) => readPackageUrl(value)!.package)
    .optional(),
  before: decimal('Only entries below this index.').optional(),
  limit: decimal('At most so many entries.', { minimum: 1, maximum: 100 }).optional(),
  cursor: text(/^[A-Za-z0-9_-]{43}$/, '`next` of the page before, with the same terms.').optional(),
});

/**
 * Reads the query string.
 * @throws LogError malformed_request, `at` naming the parameter
 */
export function readQuery<T extends z.ZodType>(c: AppContext, schema: T): z.output<T> {
  const url = c.req.url;
  const start = url.indexOf('?');
  // Without a prototype, so that a parameter called __proto__ is an unknown one like any other.
  const input: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(start === -1 ? '' : url.slice(start + 1))) {
    if (name in input) throw new LogError('malformed_request', 'a query parameter is given twice');
    input[name] = value;
  }
  return check(schema, input, 'query');
}

/** Reads the parameters of the path. @throws LogError malformed_request */
export function readPath<T extends z.ZodType>(c: AppContext, schema: T): z.output<T> {
  return check(schema, c.req.param(), 'path');
}

function check<T extends z.ZodType>(schema: T, input: Record<string, string>, where: string): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  // Only names that the schema declares: an unknown parameter's name is the client's text.
  const name = parsed.error.issues[0]?.path[0];
  if (name === undefined)
    throw new LogError('malformed_request', `the ${where} has a parameter that does not exist here`);
  const at = String(name);
  throw new LogError('malformed_request', `${at} is missing, or not what the API description says`, { at });
}
