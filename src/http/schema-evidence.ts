/** The forms of evidence and explanations, as zod schemas. */
import { z } from '@hono/zod-openapi';
import { identity, sha256Hex, size } from './schema.ts';

const chain = identity.shape.chain;

const support = z
  .object({
    index: size('Entry that proves that it was said.', 7),
    from: z.enum(['certificate', 'statement']).openapi({
      description: 'certificate: a trusted one says it of the build. statement: its signer does.',
    }),
    chain: chain.openapi({ description: 'Whether a CA that the log trusts issued the signer’s certificate.' }),
  })
  .openapi('Support');

const answer = z
  .object({
    status: z.enum(['known', 'conflicting', 'unknown']).openapi({
      description: 'conflicting: what is best supported does not agree. unknown: nothing says anything.',
    }),
    findings: z
      .array(z.object({ value: z.string(), support: z.array(support) }))
      .openapi({ description: 'The best supported first: certificates, then trusted signers, then others.' }),
  })
  .openapi('Answer');

const status = answer.shape.status;
const digest = z.record(z.string(), z.string()).openapi({ description: 'By algorithm.' });

const explanation = z
  .object({
    origin: z
      .object({
        status,
        repository: answer,
        repositoryId: answer,
        commit: answer,
        ref: answer,
        workflow: answer,
        trigger: answer,
        invocation: answer,
      })
      .openapi({ description: 'Where it came from.' }),
    change: z
      .object({
        status,
        actor: answer,
        actorKind: answer,
        activity: answer,
        approvers: answer,
        levels: answer,
        controls: answer,
      })
      .openapi({ description: 'Who changed the source.' }),
    dependencies: z
      .object({
        status,
        total: z.int().openapi({ description: 'Different ones.' }),
        pinned: z.int().openapi({ description: 'Those that are named by a digest.' }),
        items: z.array(
          z.object({ uri: z.string().optional(), name: z.string().optional(), digest, support: z.array(support) }),
        ),
      })
      .openapi({ description: 'What went in; the first 500 are listed.' }),
    runner: z
      .object({
        status,
        builder: answer,
        environment: answer,
        deployment: answer,
        levels: answer,
        signers: z.array(
          z.object({
            index: size('Entry.', 7),
            key: sha256Hex('SHA-256 of the signer’s SubjectPublicKeyInfo.'),
            chain,
            names: z.array(z.string()),
            issuer: z.string().optional(),
            lifetime: z.int().optional().openapi({ description: 'Of the certificate, seconds.' }),
            credential: z.enum(['ephemeral', 'long-lived', 'unknown']),
          }),
        ),
      })
      .openapi({ description: 'What built it, and who signed for the build.' }),
    mismatches: z.array(
      z.object({
        index: size('Entry.', 7),
        fact: z.string(),
        certificate: z.string(),
        predicate: z.string(),
        outranks: z.boolean().openapi({ description: 'The certificate is trusted: its word is taken.' }),
      }),
    ),
  })
  .openapi('Explanation');

const evidence = z
  .object({
    index: size('Index of the entry.', 7),
    leafHash: sha256Hex('SHA-256(0x00 ‖ leaf).'),
    countsFrom: size('Index from which it counts.', 7),
    loggedAt: z.int().openapi({ description: 'Log time from which it counts, POSIX seconds.' }),
    credentials: z.array(
      z.object({
        key: sha256Hex('SHA-256 of the signer’s SubjectPublicKeyInfo.'),
        eventId: z
          .string()
          .openapi({ description: 'Of the signing event; empty where an erased payload took it along.' }),
        kind: z.enum(['certificate', 'key']),
        chain,
        names: z.array(z.string()),
        issuer: z.string().optional(),
        facts: z.record(z.string(), z.string()),
        lifetime: z.int().optional(),
      }),
    ),
    payload: z.enum(['stored', 'attached', 'absent', 'erased']),
    payloadSha256: sha256Hex('SHA-256 of the payload.').optional(),
    predicateType: z.string().optional(),
    subjects: z.array(z.object({ name: z.string().optional(), digest })).openapi({ description: 'The first 100.' }),
    claim: z.looseObject({ kind: z.string() }).optional().openapi({
      description: 'What the statement claims, in one form for all versions of a predicate; lists as counts.',
    }),
    mismatches: z.array(z.object({ fact: z.string(), certificate: z.string(), predicate: z.string() })),
  })
  .openapi('Evidence');

export const artifactAnswer = z
  .object({
    origin: z.string().openapi({ example: 'log.example.com' }),
    treeSize: size('The answer covers every entry below this size.'),
    rootHash: sha256Hex('Root of the tree of that size.'),
    time: z.int().openapi({ description: 'Log time, POSIX seconds.' }),
    digest,
    complete: z.boolean().openapi({ description: 'False where there is more evidence than is looked at.' }),
    explanation,
    evidence: z.array(evidence).openapi({ description: 'About the artifact, oldest first.' }),
    sourceEvidence: z.record(z.string(), z.array(evidence)).openapi({ description: 'About the commits, by commit.' }),
  })
  .openapi('ArtifactAnswer');
