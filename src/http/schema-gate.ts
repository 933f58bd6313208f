/** The forms of gate questions and decisions, as zod schemas. */
import { z } from '@hono/zod-openapi';
import { PRESET_NAMES } from '../evidence/policy/document/policy.ts';
import { receipt, sha256Hex, sigstoreBundle, size } from './schema.ts';

const digests = z
  .strictObject({
    sha256: sha256Hex('32 bytes').optional(),
    sha384: z
      .string()
      .regex(/^[0-9a-f]{96}$/)
      .optional(),
    sha512: z
      .string()
      .regex(/^[0-9a-f]{128}$/)
      .optional(),
    gitCommit: z
      .string()
      .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/)
      .optional(),
  })
  .refine((given) => Object.values(given).some((digest) => digest !== undefined))
  .openapi({ description: 'Of one artifact, by algorithm; at least one.', minProperties: 1 });

export const gateQuestion = z
  .strictObject({
    artifact: z.strictObject({
      name: z.string().min(1).max(1_024).optional().openapi({ description: 'What `applies` of a policy is about.' }),
      digests,
    }),
    phase: z.enum(['source', 'build-input', 'release', 'deploy']).default('deploy'),
    policy: z
      .string()
      .min(1)
      .max(65_536)
      .optional()
      .openapi({ description: 'The policy, YAML or JSON as text. Either this or `preset`.' }),
    preset: z.enum(PRESET_NAMES).optional(),
    format: z.enum(['json', 'sarif']).default('json'),
    log: z.boolean().default(false).openapi({
      description: 'Log the decision, signed by the log; needs what a write needs. Only with the format json.',
    }),
  })
  .openapi('GateQuestion', { oneOf: [{ required: ['policy'] }, { required: ['preset'] }] });

const outcome = z
  .object({
    rule: z.string().openapi({ description: 'Stable.', example: 'provenance.refs' }),
    section: z.string(),
    outcome: z.enum(['pass', 'fail', 'excepted', 'unknown']),
    code: z.string().optional().openapi({ description: 'Stable; absent where it passes.', example: 'REF_NOT_ALLOWED' }),
    message: z.string(),
    expected: z.string(),
    actual: z.string(),
    evidence: z.array(z.object({ index: size('Entry that it rests on.', 7), leafHash: sha256Hex('Of that entry.') })),
    fix: z.string().optional(),
  })
  .openapi('RuleOutcome');

export const decision = z
  .object({
    decision: z.enum(['ALLOW', 'DENY', 'INDETERMINATE']),
    mode: z.enum(['audit', 'warn', 'enforce']),
    permitted: z.boolean().openapi({ description: 'What the mode makes of it: audit and warn let through.' }),
    phase: z.enum(['source', 'build-input', 'release', 'deploy']),
    artifact: z.object({ name: z.string().optional(), digests: z.record(z.string(), z.string()) }),
    policy: z.object({
      name: z.string(),
      sha256: sha256Hex('Of the document’s bytes.'),
      index: size('Where it is logged.').optional(),
    }),
    log: z.object({
      origin: z.string(),
      treeSize: size('Everything below it was looked at.'),
      rootHash: sha256Hex('Root of that tree.'),
      time: size('POSIX seconds of the newest stamp.', 1_790_000_000),
      feedSize: size('Control statements that were in effect.', 0),
      feedRoot: sha256Hex('Root of the feed of these.'),
    }),
    signature: z.enum(['pass', 'fail', 'not-required']),
    provenance: z.enum(['pass', 'fail', 'not-required']),
    results: z.array(outcome),
    affectedBy: z.array(size('Control statement that decided against something.')),
    logged: z
      .object({ receipt, bundle: sigstoreBundle })
      .optional()
      .openapi({ description: 'Where it was to be logged: the proof, and the signed decision as a bundle.' }),
  })
  .openapi('Decision', { description: 'A verdict, every rule’s outcome, and what proves it.' });
