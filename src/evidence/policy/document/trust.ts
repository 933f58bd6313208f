/** The part of a policy that says whose word counts. Who vouches for certificates is the log's configuration. */
import { z } from 'zod';
import { closed, count, duration, keyHash, pattern, someOf, text } from './members.ts';

/** A signer: the holder of a certificate under a trusted chain, or of a key. */
export const signer = closed({
  /** OIDC issuer, exact. */
  issuer: text.optional(),
  /** Subject alternative name. */
  san: pattern.optional(),
  /** Immutable id of the repository, from the certificate. */
  repositoryId: text.optional(),
  key: keyHash.optional(),
  /** Who answers for this signer. */
  owner: text.optional(),
  /** For approvers: those whom this signer names count as approvers. */
  vouches: z.literal(true).optional(),
}).refine(
  ({ issuer, san, repositoryId, key }) =>
    key === undefined ? issuer !== undefined && san !== undefined : (issuer ?? san ?? repositoryId) === undefined,
  'must have issuer and san, or key alone',
);

const level = z.int().min(0).max(4);

export const trust = closed({
  log: closed({
    origin: text.optional(),
    /** Seconds by which the newest stamp may be behind. */
    maxStaleness: duration.optional(),
    witnesses: closed({ count, of: someOf(text) })
      .refine(({ count, of }) => count <= new Set(of).size, 'count must not be above the number of witnesses')
      .optional(),
  }).optional(),
  /** Who may build: a builder counts only with a signer that belongs to it. */
  builders: someOf(closed({ id: pattern, signer, level: level.max(3) })).optional(),
  /** Who may sign artifacts and releases. */
  signers: z.union([z.literal('any'), someOf(signer)], { error: 'must be "any" or a list of signers' }).optional(),
  /** Whose verification summaries and source provenance count. */
  verifiers: someOf(closed({ id: pattern, signer, level: level.default(4) })).optional(),
  /** Whose SBOMs, test results, scans and pin sets count. Unset: builders and signers. */
  attestors: someOf(signer).optional(),
  /** Groups of approvers by name. */
  groups: z.record(z.string().regex(/^[a-z0-9-]{1,64}$/), someOf(signer)).optional(),
  /** Keys that may sign although they are long-lived. */
  keys: someOf(keyHash).optional(),
});

export type Trust = z.output<typeof trust>;
export type Signer = z.output<typeof signer>;
export type Verifier = NonNullable<Trust['verifiers']>[number];
