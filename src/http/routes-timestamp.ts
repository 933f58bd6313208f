/** The timestamp authority (RFC 3161 §3.4), at the path and in both forms that Sigstore clients know. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { fromAnyBase64 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { parseStrictJson } from '../entry/encoding/strict-json.ts';
import { HASH_ID } from '../entry/keys/digest-algorithm.ts';
import type { HashAlgorithm } from '../entry/keys/signature-scheme.ts';
import { readTimestampRequest, type TimestampRequest } from '../entry/timestamp/timestamp-request.ts';
import type { Log } from '../log/log.ts';
import { declaredLength, readBody, requireMediaType } from './body.ts';
import { chargeReads, type Limits } from './limits.ts';
import { type AppEnv, stateOf } from './request-state.ts';
import { CACHE, respond } from './respond.ts';
import { content, describeRoute, mount } from './route.ts';

export const TIMESTAMP_PATH = '/api/v1/timestamp';

const QUERY = 'application/timestamp-query';
const REPLY = 'application/timestamp-reply';
const JSON_TYPE = 'application/json';
/** Longest request, bytes; a usual one has 70. */
const MAX_BODY = 4_096;

/** The form that Sigstore's JavaScript client sends. */
const jsonQuery = z
  .strictObject({
    artifactHash: z.string().openapi({ description: 'Hash of what is to be stamped, base64.' }),
    hashAlgorithm: z.enum(['sha256', 'sha384', 'sha512']),
    certificates: z.boolean().optional().openapi({ description: 'Send the authority’s certificates along.' }),
    nonce: z.int().min(0).optional(),
    tsaPolicyOID: z.string().optional(),
  })
  .openapi('TimestampRequest');

const der = (description: string) => z.string().openapi({ format: 'binary', description });

const timestamp = describeRoute({
  method: 'post',
  path: TIMESTAMP_PATH,
  operationId: 'createTimestamp',
  tag: 'timestamps',
  summary: 'Get an RFC 3161 timestamp, where the log runs an authority',
  description:
    'SHA-256, SHA-384 or SHA-512 imprints. What RFC 3161 lets an authority refuse is answered by a TimeStampResp with ' +
    'the status `rejection`. The certificates are in `/v1/log`.',
  request: {
    body: {
      required: true,
      content: { [QUERY]: { schema: der('TimeStampReq (RFC 3161 §2.4.1), DER.') }, [JSON_TYPE]: { schema: jsonQuery } },
    },
  },
  responses: { 200: content('TimeStampResp (RFC 3161 §2.4.2), DER.', REPLY, der('Granted, or rejected.')) },
  problems: [404, 413, 415, 503],
});

export const timestampRoutes = [timestamp];

export function mountTimestampRoute(app: Hono<AppEnv>, { timestampAuthority }: Log, limits: Limits): void {
  mount(app, timestamp, async function createTimestamp(c) {
    const state = stateOf(c);
    if (timestampAuthority === undefined) {
      throw new LogError('not_found', 'this log runs no timestamp authority; its operator can switch one on');
    }
    // It writes nothing, so it counts as a read.
    chargeReads(limits, state.client, 1);
    const { header } = state;
    const type = requireMediaType(header, [QUERY, JSON_TYPE]);
    const body = await readBody(c.req.raw, c.env.incoming, declaredLength(header, MAX_BODY), MAX_BODY);
    const request = type === QUERY ? readTimestampRequest(body) : readJsonQuery(body);
    return respond(state, await timestampAuthority.answer(request), { type: REPLY, cache: CACHE.never });
  });
}

/** @throws LogError malformed_json, malformed_request */
function readJsonQuery(body: Uint8Array): TimestampRequest {
  const parsed = jsonQuery.safeParse(parseStrictJson(body));
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') || 'the top level';
    throw new LogError('malformed_request', 'the timestamp request is not of the documented form', { at });
  }
  const { artifactHash, hashAlgorithm, certificates = false, nonce, tsaPolicyOID } = parsed.data;
  return {
    version: 1,
    hashAlgorithm: HASH_ID[hashAlgorithm.replace('sha', 'SHA2_') as HashAlgorithm],
    hashParameters: 'absent',
    digest: fromAnyBase64(artifactHash, 'artifactHash'),
    policy: tsaPolicyOID,
    nonce: nonce === undefined ? undefined : integerContent(nonce),
    certificates,
    hasExtensions: false,
  };
}

/** Content of the INTEGER in its shortest form (X.690 §8.3.2). */
function integerContent(value: number): Uint8Array {
  let hex = value.toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
