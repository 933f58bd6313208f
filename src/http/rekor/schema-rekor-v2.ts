/** The forms of requests and answers at the door of Rekor v2, as zod schemas. */
import { z } from '@hono/zod-openapi';

const base64 = (description: string) => z.string().openapi({ description: `${description}, base64.` });
const integer = (description: string, example: string) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]*)$/)
    .openapi({ description, example });

export const rekorV2Error = z
  .object({
    code: z.int().min(1).max(16).openapi({ description: 'Of gRPC.', example: 3 }),
    message: z.string().openapi({ description: 'For people. Never repeats what was sent.' }),
    details: z.array(z.unknown()).max(0).openapi({ description: 'Always empty.' }),
  })
  .openapi('RekorV2Error', { description: 'google.rpc.Status.' });

const raw = (description: string) => z.object({ rawBytes: base64(description) });
const verifier = z
  .object({
    publicKey: raw('SubjectPublicKeyInfo, DER').optional(),
    x509Certificate: raw('Certificate, DER').optional(),
    keyDetails: z
      .union([z.string(), z.int()])
      .openapi({ description: 'PublicKeyDetails, by name or number.', example: 'PKIX_ECDSA_P256_SHA_256' }),
  })
  .openapi('RekorV2Verifier', { description: 'With one of `publicKey` and `x509Certificate`.' });

const hashedRekord = z.object({
  digest: base64('Digest of the key’s own hash'),
  signature: z.object({ content: base64('Signature over the digest'), verifier }),
});
const dsse = z.object({
  envelope: z.object({
    payload: base64('What was signed'),
    payloadType: z.string().openapi({ example: 'application/vnd.in-toto+json' }),
    signatures: z
      .array(z.object({ sig: base64('Signature over the PAE'), keyid: z.string().optional() }))
      .min(1)
      .max(10),
  }),
  verifiers: z.array(verifier).min(1).max(10).openapi({ description: 'In any order; one for every signature.' }),
});

export const createEntryRequest = z
  .union([z.object({ hashedRekordRequestV002: hashedRekord }), z.object({ dsseRequestV002: dsse })])
  .openapi('RekorV2CreateEntryRequest', {
    description: 'In ProtoJSON: names in snake_case, URL-safe and unpadded base64, and null are read as well.',
  });

export const transparencyLogEntry = z
  .object({
    logIndex: integer('Index of the entry.', '7'),
    logId: z.object({ keyId: base64('SHA-256 that names the log, 32 bytes') }),
    kindVersion: z.object({
      kind: z.string().openapi({ example: 'hashedrekord' }),
      version: z.string().openapi({ example: '0.0.2' }),
    }),
    integratedTime: z.literal('0'),
    inclusionPromise: z.null(),
    inclusionProof: z.object({
      logIndex: integer('Index of the entry.', '7'),
      rootHash: base64('Root of that tree'),
      treeSize: integer('Size of the tree that the proof leads to.', '8'),
      hashes: z.array(base64('A hash')).openapi({ description: 'From the leaf’s sibling to the root’s child.' }),
      checkpoint: z.object({ envelope: z.string().openapi({ description: 'Signed note.' }) }),
    }),
    canonicalizedBody: base64('The leaf'),
  })
  .openapi('TransparencyLogEntry', { description: 'As Sigstore bundles carry it.' });
