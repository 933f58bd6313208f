/** The forms of requests and answers, as zod schemas: the OpenAPI document is generated from them. */
import { z } from '@hono/zod-openapi';
import { FULCIO_FACT_NAMES } from '../entry/x509/fulcio-facts.ts';

export const size = (description: string, example = 8) =>
  z.int().min(0).max(Number.MAX_SAFE_INTEGER).openapi({ description, example, format: 'int64' });
const hash = (description: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .openapi({ description, example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' });

export { hash as sha256Hex };

const hashes = z.array(hash('32 bytes, lower-case hexadecimal'));

export const problem = z
  .looseObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.string().openapi({ description: 'Stable; what programs branch on.', example: 'not_yet_published' }),
    detail: z.string().openapi({ description: 'For people.' }),
    at: z.string().optional().openapi({ description: 'Where in the input the fault lies.' }),
    requestId: z.string(),
  })
  .openapi('Problem', { description: 'RFC 9457 problem document. Never repeats what was sent.' });

const noteText = z.string().openapi({
  description: 'Signed note (C2SP signed-note, tlog-checkpoint): log signature and cosignature/v1 of the time key.',
});

const inclusionProof = z
  .object({
    index: size('Index of the entry.', 7),
    treeSize: size('Size of the tree that the proof leads to.'),
    rootHash: hash('Root of that tree.'),
    hashes: hashes.openapi({ description: 'From the leaf’s sibling to the root’s child (RFC 9162 §2.1.3).' }),
  })
  .openapi('InclusionProof');

export const receipt = z
  .object({
    index: size('Index of the entry.', 7),
    leafHash: hash('SHA-256(0x00 ‖ leaf).'),
    duplicate: z.boolean().openapi({ description: 'True where the entry was in the log before.' }),
    inclusionProof,
    checkpoint: noteText,
    payload: z.enum(['stored', 'attached', 'absent', 'erased']),
    attachedAt: z
      .object({
        index: size('Index of the statement that logged the payload.', 9),
        inclusionProof,
        checkpoint: noteText,
      })
      .optional()
      .openapi({ description: 'With `attached`: the statement that logged the payload’s arrival.' }),
    witnessed: z
      .object({ inclusionProof, checkpoint: noteText })
      .nullable()
      .optional()
      .openapi({
        description:
          'Where the request asked for it: the same entry in a checkpoint whose cosignatures satisfy the witness ' +
          'policy; null where there was none in time. The entry is logged either way.',
      }),
  })
  .openapi('Receipt', { description: 'What a submitter keeps: the acknowledgement is the proof.' });

export const batchResult = z
  .union([receipt, z.object({ error: problem })])
  .openapi('BatchResult', { description: 'The result of the item at the same position.' });

const pem = (description: string) => z.string().openapi({ description });
const verifier = z.object({
  publicKey: pem('SubjectPublicKeyInfo, PEM.').optional(),
  certificate: pem('Certificates, PEM, the signing one first.').optional(),
});
const envelope = z
  .object({
    payload: z.string().openapi({ description: 'base64' }),
    payloadType: z.string().openapi({ example: 'application/vnd.in-toto+json' }),
    signatures: z
      .array(z.object({ sig: z.string().openapi({ description: 'base64' }), keyid: z.string().optional() }))
      .min(1)
      .max(10),
  })
  .openapi('Envelope', { description: 'DSSE envelope.' });
export const sigstoreBundle = z
  .looseObject({ mediaType: z.string().openapi({ example: 'application/vnd.dev.sigstore.bundle.v0.3+json' }) })
  .openapi('SigstoreBundle', { description: 'Sigstore bundle v0.1 to v0.3 as it is.' });

export const submission = z
  .union([
    verifier.extend({
      envelope,
      verifiers: z.array(verifier).optional().openapi({
        description: 'Several signatures: one for each, in order, instead of `publicKey` or `certificate`.',
      }),
      leaf: z.literal('dsse').optional().openapi({ description: 'Log the envelope as a `dsse` leaf.' }),
    }),
    verifier.extend({
      artifact: z.object({
        sha256: z.string().optional(),
        sha384: z.string().optional(),
        sha512: z.string().optional(),
      }),
      signature: z.string().openapi({ description: 'base64' }),
    }),
    sigstoreBundle,
    z.object({ bundle: sigstoreBundle, publicKey: pem('The key that the bundle only hints at.') }),
  ])
  .openapi('Submission', { description: 'An envelope, a signature over an artifact’s digest, or a Sigstore bundle.' });

export const identity = z
  .object({
    names: z.array(z.string()).openapi({ description: 'Subject alternative names.' }),
    issuer: z.string().optional().openapi({ description: 'OIDC issuer.' }),
    facts: z
      .partialRecord(z.enum(FULCIO_FACT_NAMES), z.string())
      .optional()
      .openapi({
        description: 'What Fulcio says in the certificate (extensions 1.3.6.1.4.1.57264.1.1 to .24), by name.',
        example: { issuerV2: 'https://token.actions.githubusercontent.com', runnerEnvironment: 'github-hosted' },
      }),
    chain: z.enum(['trusted', 'unverified']).openapi({
      description:
        'trusted: a CA that the log trusts issued the certificate. unverified: nobody knows who did, and anyone can ' +
        'put any name and any fact into a certificate.',
    }),
  })
  .openapi('Identity');

export const entry = z
  .object({
    index: size('Index of the entry.', 7),
    leafHash: hash('SHA-256(0x00 ‖ leaf).'),
    canonicalizedBody: z.string().openapi({ description: 'The leaf, base64.' }),
    kind: z.string().openapi({ example: 'hashedrekord' }),
    subjects: z
      .array(z.object({ name: z.string().optional(), digest: z.record(z.string(), z.string()) }))
      .optional()
      .openapi({ description: 'Of the statement; only where the payload is there.' }),
    predicateType: z.string().optional(),
    signers: z.array(
      z.object({
        spkiSha256: hash('SHA-256 of the signer’s SubjectPublicKeyInfo.'),
        identity: identity.optional(),
      }),
    ),
    payload: z.object({
      status: z.enum(['stored', 'attached', 'absent', 'erased']),
      type: z.string().optional(),
      sha256: hash('SHA-256 of the payload.').optional(),
      countsFrom: size('Index from which the payload’s facts count.', 7).optional(),
      erasedAt: size('Of an erased payload: index of the log’s statement that says so.', 12).optional(),
      reason: z.string().optional().openapi({ description: 'Why it was erased, in the operator’s words.' }),
      time: z.int().optional().openapi({ description: 'When it was erased: POSIX seconds.' }),
    }),
  })
  .openapi('Entry');

export const entryPage = z
  .object({
    treeSize: size('The answer covers every entry below this size.'),
    rootHash: hash('Root of the tree of that size.'),
    entries: z.array(entry),
    next: z.string().optional().openapi({ description: '`cursor` of the next page; absent on the last.' }),
  })
  .openapi('EntryPage');

export const inclusionAnswer = z
  .object({
    inclusionProof,
    leafHash: hash('Leaf hash of the entry.'),
    checkpoint: noteText.optional().openapi({ description: 'Where a checkpoint of that size exists.' }),
  })
  .openapi('InclusionAnswer');

export const consistencyAnswer = z
  .object({
    consistencyProof: z.object({ first: size('The older size.', 3), second: size('The newer size.'), hashes }),
  })
  .openapi('ConsistencyAnswer');

export const storedCheckpoint = z
  .object({
    size: size('Size of the tree.'),
    rootHash: hash('Its root.'),
    time: z.int().openapi({ description: 'When the log first signed this size: POSIX seconds, by the log’s clock.' }),
    checkpoint: noteText,
  })
  .openapi('Checkpoint');

export const checkpointPage = z
  .object({
    checkpoints: z.array(storedCheckpoint),
    next: size('`after` of the next page; absent on the last.').optional(),
  })
  .openapi('CheckpointPage');

const keyNamedAt = size('Index of the log’s own statement that names the key: 0 where it was made with the log.', 0);

export const logDescription = z
  .object({
    origin: z.string().openapi({ example: 'log.example.com' }),
    verifierKey: z.string().openapi({ description: 'C2SP verifier key of the checkpoint key.' }),
    timeVerifierKey: z.string().openapi({ description: 'C2SP verifier key of the time key (cosignature/v1).' }),
    statementKey: pem('SubjectPublicKeyInfo of the key that signs the log’s own statements, PEM.'),
    logId: z.string().openapi({ description: 'Sigstore’s log id, base64.' }),
    webhookKey: pem('SubjectPublicKeyInfo of the key that signs webhooks, PEM.').optional(),
    witnesses: z
      .array(
        z.object({
          name: z.string().openapi({ description: 'In the witness policy.' }),
          state: z
            .enum(['asking', 'waiting', 'resting'])
            .openapi({ description: 'resting: after failures, for a while.' }),
          size: size('Largest size that it has cosigned since the server started.', 8),
          failures: size('Requests that failed since it last cosigned.', 0),
          trouble: z.string().optional().openapi({ description: 'Why the last one failed.' }),
        }),
      )
      .optional(),
    witnessedSize: size('Size of the newest checkpoint that satisfies the witness policy; 0 for none.', 8).optional(),
    rekorV1: z
      .object({
        publicKey: pem('SubjectPublicKeyInfo of the key that signs for clients of Rekor v1, PEM.'),
        logId: hash('SHA-256 of it: the log id of Rekor v1.'),
        treeId: z
          .string()
          .regex(/^[0-9a-f]{16}$/)
          .openapi({ description: 'First half of an entry’s UUID.' }),
        namedAt: keyNamedAt,
      })
      .optional()
      .openapi({ description: 'Where the log has a door for clients of Rekor v1.' }),
    nodeHashing: z.enum(['wasm-simd', 'noble']).openapi({
      description: 'How tree nodes are hashed: by the SIMD kernel, or by portable code where there is no SIMD.',
    }),
    timestampAuthority: z
      .object({
        path: z.string().openapi({ example: '/api/v1/timestamp' }),
        chain: pem('Certificates, PEM, the authority’s own first.'),
        namedAt: keyNamedAt,
      })
      .optional()
      .openapi({ description: 'The log’s RFC 3161 timestamp authority, where it runs one.' }),
    frozen: z.boolean().openapi({ description: 'The log has ended: it serves what it holds and takes no more.' }),
    treeSize: size('Published size.'),
    rootHash: hash('Root of the published tree.'),
    limits: z.object({ entryBytes: z.int(), batchBytes: z.int(), batchItems: z.int() }),
  })
  .openapi('LogDescription');

export const readiness = z
  .object({
    status: z.literal('ready'),
    frozen: z.boolean().openapi({ description: 'Every write is refused, for good.' }),
    treeSize: size('Published size.'),
    stampAge: z.number().openapi({ description: 'Age of the newest checkpoint’s timestamp, seconds.' }),
  })
  .openapi('Readiness');
