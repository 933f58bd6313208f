/** The forms of the Rekor v1 API, as zod schemas. */
import { z } from '@hono/zod-openapi';

const int = (description: string, example = 7) =>
  z.int().min(0).max(Number.MAX_SAFE_INTEGER).openapi({ description, example, format: 'int64' });
const hex = (description: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .openapi({ description });
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{80}$/)
  .openapi({ description: 'Tree id (16 hexadecimal digits), then leaf hash.' });
const base64 = (description: string) => z.string().openapi({ description: `${description}, base64` });
const hashes = z.array(hex('32 bytes'));
const note = z.string().openapi({ description: 'Signed note of the origin `<host name> - <tree id in decimal>`.' });

export const rekorV1Error = z
  .object({ code: z.int().openapi({ description: 'The HTTP status.' }), message: z.string() })
  .openapi('RekorV1Error', { description: 'An error as clients of Rekor v1 read it. Never repeats what was sent.' });

export const proposedEntry = z
  .object({
    kind: z.enum(['hashedrekord', 'dsse', 'intoto']),
    apiVersion: z.enum(['0.0.1', '0.0.2']),
    spec: z.looseObject({}),
  })
  .openapi('RekorV1ProposedEntry', { description: 'hashedrekord 0.0.1, dsse 0.0.1 or intoto 0.0.2.' });

const anonymousEntry = z.object({
  body: base64('The leaf'),
  integratedTime: int('POSIX seconds of the first checkpoint that covered the entry.', 1_790_000_000),
  logID: hex('SHA-256 of the SubjectPublicKeyInfo of the key that signs.'),
  logIndex: int('Index of the entry.'),
  attestation: z
    .object({ data: base64('The payload') })
    .optional()
    .openapi({ description: 'Where the log has a payload of at most 100 KiB.' }),
  verification: z.object({
    inclusionProof: z.object({
      checkpoint: note,
      hashes,
      logIndex: int('Index of the entry.'),
      rootHash: hex('Root of the tree that the proof leads to.'),
      treeSize: int('Its size.', 8),
    }),
    signedEntryTimestamp: base64('ECDSA signature over the canonical JSON of body, integratedTime, logID and logIndex'),
  }),
});

export const logEntry = z
  .record(uuid, anonymousEntry)
  .openapi('RekorV1LogEntry', { description: 'One member: the entry, under its UUID.' });

const list = <T extends z.ZodType>(item: T) => z.array(item).nullish();

export const searchLogQuery = z
  .strictObject({
    entryUUIDs: list(z.string().regex(/^([0-9a-fA-F]{16})?[0-9a-fA-F]{64}$/)),
    logIndexes: list(int('Index of an entry.')),
    entries: list(proposedEntry),
  })
  .openapi('RekorV1SearchLogQuery', { description: 'Ten at most, all in all.' });

const text = z.string().max(1_024).nullish();

export const searchIndex = z
  .strictObject({
    hash: z
      .string()
      .regex(
        /^((sha256:)?[0-9a-fA-F]{64}|(sha384:)?[0-9a-fA-F]{96}|(sha512:)?[0-9a-fA-F]{128}|(sha1:)?[0-9a-fA-F]{40})?$/,
      )
      .nullish()
      .openapi({ description: 'Of an artifact, a subject, a payload, or an envelope’s text.' }),
    email: text.openapi({ description: 'Of a signing certificate.' }),
    subject: text.openapi({ description: 'Subject alternative name of a signing certificate.' }),
    publicKey: z.strictObject({ format: z.literal('x509'), content: base64('PEM of a key or certificate') }).nullish(),
    operator: z.enum(['and', 'or', '']).nullish().openapi({ description: '`or` without it.' }),
  })
  .openapi('RekorV1SearchIndex');

export const logInfo = z
  .object({
    rootHash: hex('Root of the published tree.'),
    treeSize: int('Its size.', 8),
    signedTreeHead: note,
    treeID: z.string().openapi({ description: 'In decimal.' }),
    inactiveShards: z.array(z.looseObject({})).max(0),
  })
  .openapi('RekorV1LogInfo');

export const consistencyProof = z
  .object({ rootHash: hex('Root of the tree of `lastSize`.'), hashes })
  .openapi('RekorV1ConsistencyProof');
