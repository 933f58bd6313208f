/** Entries for clients of Rekor v1: logged, and shown by UUID or index. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { LogError } from '../../core/errors.ts';
import { decimal, readPath, readQuery } from '../parameters.ts';
import { type AppEnv, type RequestState, stateOf } from '../request-state.ts';
import { CACHE, respond } from '../respond.ts';
import { content, describeRoute, mount } from '../route.ts';
import { type SubmissionOptions, submitOne } from '../submit.ts';
import type { RekorV1Door } from './rekor-v1-door.ts';
import { logEntry, proposedEntry } from './schema-rekor-v1.ts';

const PATH = '/api/v1/log/entries';

const create = describeRoute({
  method: 'post',
  path: PATH,
  operationId: 'createRekorV1Entry',
  tag: 'rekor-v1',
  errors: 'RekorV1Error',
  summary: 'Log an entry as clients of Rekor v1 do',
  description: 'The same again is no conflict: the answer is 201 with the entry that is there, under the same proof.',
  secured: true,
  request: { body: { required: true, content: { 'application/json': { schema: proposedEntry } } } },
  responses: {
    201: content('It is in the log.', 'application/json', logEntry, 'Location', 'ETag'),
    405: content('The log is frozen.', 'text/plain', z.string(), 'Allow'),
  },
  problems: [401, 403, 413, 415, 501, 503],
});

const uuidPath = z.object({
  entryUUID: z
    .string()
    .regex(/^([0-9a-fA-F]{16})?[0-9a-fA-F]{64}$/)
    .openapi({ description: 'UUID of the entry, or its leaf hash alone.' }),
});

const byUuid = describeRoute({
  method: 'get',
  path: `${PATH}/{entryUUID}`,
  operationId: 'getRekorV1EntryByUuid',
  tag: 'rekor-v1',
  errors: 'RekorV1Error',
  summary: 'Get an entry of any kind by its UUID',
  request: { params: uuidPath },
  responses: { 200: content('The entry.', 'application/json', logEntry) },
  problems: [404, 501, 503],
});

const indexQuery = z.strictObject({ logIndex: decimal('Index of the entry, from 0.', { example: 7 }) });

const byIndex = describeRoute({
  method: 'get',
  path: PATH,
  operationId: 'getRekorV1EntryByIndex',
  tag: 'rekor-v1',
  errors: 'RekorV1Error',
  summary: 'Get an entry of any kind by its index',
  request: { query: indexQuery },
  responses: { 200: content('The entry.', 'application/json', logEntry) },
  problems: [404, 501],
});

export const rekorV1EntryRoutes = [create, byUuid, byIndex];

export function mountRekorV1EntryRoutes(app: Hono<AppEnv>, door: RekorV1Door, options: SubmissionOptions): void {
  const { log } = options;

  mount(app, create, async function createRekorV1Entry(c) {
    // Before anything is logged that could not be answered.
    void door.signer;
    const { uuid, text } = await door.answer(await submitOne(c, options, 'rekor-v1'));
    return respond(stateOf(c), text, {
      status: 201,
      type: 'application/json',
      cache: CACHE.never,
      // Without the quotes of RFC 9110 §8.8.3: clients in Go look the entry up by what they find here.
      headers: { Location: `${PATH}/${uuid}`, ETag: uuid },
    });
  });

  async function show(state: RequestState, index: number | undefined): Promise<Response> {
    if (index === undefined || index >= log.head().size) throw new LogError('not_found', 'the log holds no such entry');
    const { text } = await door.entry(index);
    return respond(state, text, { type: 'application/json', cache: CACHE.revalidate });
  }

  mount(app, byUuid, function getRekorV1EntryByUuid(c) {
    // A path of its own, which takes POST; the router would have it a UUID.
    if (c.req.path === `${PATH}/retrieve`) return c.notFound();
    return show(stateOf(c), door.indexOf(readPath(c, uuidPath).entryUUID));
  });

  mount(app, byIndex, function getRekorV1EntryByIndex(c) {
    return show(stateOf(c), readQuery(c, indexQuery).logIndex);
  });
}
