/** Searches of Rekor v1 clients: several entries at once, and the index. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import type { SignatureChecks } from '../../entry/keys/signature-checks.ts';
import { prepareRekorV1Request } from '../../entry/rekor/rekor-v1-request.ts';
import type { Log } from '../../log/log.ts';
import { readJsonQuery } from '../json-query.ts';
import { chargeReads, type Limits } from '../limits.ts';
import { type AppEnv, stateOf } from '../request-state.ts';
import { CACHE, respond, respondJson } from '../respond.ts';
import { content, describeRoute, mount } from '../route.ts';
import type { RekorV1Door } from './rekor-v1-door.ts';
import { rekorV1Error } from './rekor-v1-errors.ts';
import { findForIndex } from './rekor-v1-search.ts';
import { logEntry, searchIndex, searchLogQuery, uuid } from './schema-rekor-v1.ts';

/** Entries of one request, as at Rekor. */
const MAX_ENTRIES = 10;

/**
 * An entry that is found was verified when it was logged, and this is the thread that answers everyone. Which key of
 * several made a signature is not known so.
 */
const UNCHECKED: SignatureChecks = { verifyMessage: () => true, verifyDigest: () => true };

const retrieve = describeRoute({
  method: 'post',
  path: '/api/v1/log/entries/retrieve',
  operationId: 'searchRekorV1Log',
  tag: 'rekor-v1',
  errors: 'RekorV1Error',
  summary: 'Get up to ten entries by UUID, index or proposed entry',
  description: 'What the log does not hold is left out. A proposed dsse entry is looked for by one verifier.',
  request: { body: { required: true, content: { 'application/json': { schema: searchLogQuery } } } },
  responses: { 200: content('Those that are there.', 'application/json', z.array(logEntry)) },
  problems: [413, 415, 422, 501, 503],
});

const index = describeRoute({
  method: 'post',
  path: '/api/v1/index/retrieve',
  operationId: 'searchRekorV1Index',
  tag: 'rekor-v1',
  errors: 'RekorV1Error',
  summary: 'Find entries of any kind, newest first, at most 1,000',
  request: { body: { required: true, content: { 'application/json': { schema: searchIndex } } } },
  responses: { 200: content('UUIDs of the entries.', 'application/json', z.array(uuid)) },
  problems: [413, 415, 501, 503],
});

export const rekorV1SearchRoutes = [retrieve, index];

export function mountRekorV1SearchRoutes(app: Hono<AppEnv>, door: RekorV1Door, log: Log, limits: Limits): void {
  mount(app, retrieve, async function searchRekorV1Log(c) {
    void door.signer;
    const query = await readJsonQuery(c, searchLogQuery, limits);
    const [uuids, proposed, indexes] = [query.entryUUIDs ?? [], query.entries ?? [], query.logIndexes ?? []];
    const asked = uuids.length + proposed.length + indexes.length;
    if (asked > MAX_ENTRIES) {
      const message = `ask for at most ${MAX_ENTRIES} entries at once`;
      return rekorV1Error({ code: 'limit_exceeded', message }, stateOf(c).id, 422);
    }
    if (asked > 1) chargeReads(limits, stateOf(c).client, asked - 1);
    const { size } = log.head();
    const found = [
      ...uuids.map((one) => door.indexOf(one)),
      ...proposed.map((one) => log.reader.indexOfLeaf(prepareRekorV1Request(one, UNCHECKED).leafHash)),
      ...indexes,
    ].filter((one) => one !== undefined && one < size);
    const entries: string[] = [];
    // One after the other, so that other answers get their turn between two.
    for (const one of found) entries.push((await door.entry(one!)).text);
    const text = `[${entries.join(',')}]`;
    return respond(stateOf(c), text, { type: 'application/json', cache: CACHE.never });
  });

  mount(app, index, async function searchRekorV1Index(c) {
    void door.signer;
    const found = await findForIndex(log.reader, await readJsonQuery(c, searchIndex, limits));
    return respondJson(
      stateOf(c),
      found.map(({ leafHash }) => door.uuidOf(leafHash)),
      CACHE.never,
    );
  });
}
