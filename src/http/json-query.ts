/** Reads that come as POST, since what they ask for is a document. */
import type { z } from '@hono/zod-openapi';
import { LogError } from '../core/errors.ts';
import { parseStrictJson } from '../entry/encoding/strict-json.ts';
import { declaredLength, readBody, requireMediaType } from './body.ts';
import { chargeReads, type Limits } from './limits.ts';
import { type AppContext, stateOf } from './request-state.ts';

/** Longest query, bytes: it is parsed on the thread that answers. */
const MAX_QUERY = 256 * 1024;
/** Bytes of a query that count as one read: parsing the longest takes as long as some hundred reads of entries. */
const BYTES_OF_A_READ = 1024;

/**
 * Reads a query, and charges it by its length.
 * @throws LogError rate_limited, unsupported_media_type, body_too_large, pool_full, malformed_json, malformed_request
 */
export async function readJsonQuery<T extends z.ZodType>(
  c: AppContext,
  schema: T,
  limits: Limits,
): Promise<z.output<T>> {
  const { client, header } = stateOf(c);
  chargeReads(limits, client, 1);
  // These clients may leave it out.
  requireMediaType(header, ['application/json', '']);
  const declared = declaredLength(header, MAX_QUERY);
  const reserved = declared ?? MAX_QUERY;
  if (!limits.bodies.reserve(reserved)) {
    throw new LogError('pool_full', 'the server holds as many requests as it has memory for', { retryAfter: 1 });
  }
  try {
    const body = await readBody(c.req.raw, c.env.incoming, declared, MAX_QUERY);
    const reads = Math.ceil(body.length / BYTES_OF_A_READ);
    if (reads > 1) chargeReads(limits, client, reads - 1);
    const parsed = schema.safeParse(parseStrictJson(body));
    if (parsed.success) return parsed.data;
    const [name] = parsed.error.issues[0]?.path ?? [];
    const at = name === undefined ? 'the top level' : String(name);
    throw new LogError('malformed_request', 'the query is not what the API description says', { at });
  } finally {
    limits.bodies.release(reserved);
  }
}
