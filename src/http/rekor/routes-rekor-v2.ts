/** The door for clients of Rekor v2: they log entries here, and read the tree, as if it were a log of their own. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { toBase64 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { type AppEnv, stateOf } from '../request-state.ts';
import { CACHE, respond } from '../respond.ts';
import { content, describeRoute, mount } from '../route.ts';
import { describeTiles, mountTiles } from '../routes-tiles.ts';
import { type SubmissionOptions, submitOne } from '../submit.ts';
import { transparencyLogEntry } from './rekor-v2-answer.ts';
import { createEntryRequest, transparencyLogEntry as entrySchema } from './schema-rekor-v2.ts';

const createEntry = describeRoute({
  method: 'post',
  path: '/api/v2/log/entries',
  operationId: 'createRekorV2Entry',
  tag: 'rekor-v2',
  summary: 'Log an entry as clients of Rekor v2 do',
  description:
    'The same request again is answered like the first, with the same entry and the same proof: a client whose first ' +
    'answer was lost need not know.',
  secured: true,
  errors: 'RekorV2Error',
  request: { body: { required: true, content: { 'application/json': { schema: createEntryRequest } } } },
  responses: {
    201: content('It is in the log.', 'application/json', entrySchema),
    405: content('The log is frozen.', 'text/plain', z.string(), 'Allow'),
  },
  problems: [401, 403, 413, 415, 503],
});

const tiles = describeTiles('/api/v2', { tag: 'rekor-v2', operation: 'RekorV2', errors: 'RekorV2Error' });

export const rekorV2Routes = [createEntry, ...tiles.routes];

export function mountRekorV2Routes(app: Hono<AppEnv>, options: SubmissionOptions): void {
  const { log } = options;
  const logId = toBase64(log.identity.logId);

  mount(app, createEntry, async function createRekorV2Entry(c) {
    const receipt = await submitOne(c, options, 'rekor-v2');
    if (receipt.leaf === undefined) throw new LogError('internal', 'the log returned no leaf');
    // Being ASCII, it is copied as it is, where a text would be measured and encoded.
    const entry = Buffer.from(transparencyLogEntry(receipt, receipt.leaf, logId), 'latin1');
    return respond(stateOf(c), entry, { status: 201, type: 'application/json', cache: CACHE.never });
  });

  mountTiles(app, log, tiles);
}
