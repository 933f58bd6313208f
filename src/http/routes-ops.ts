/** What describes the log and tells whether it works. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { toBase64, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { nodeHasher } from '../core/node-hasher.ts';
import { fromItemError } from '../log/item-error.ts';
import type { Log } from '../log/log.ts';
import type { RekorV1Identity } from '../log/rekor-v1-signer.ts';
import type { Clock } from './clock.ts';
import type { HttpConfig } from './config.ts';
import { DOCS_POLICY, docsFile } from './docs-page.ts';
import { problemResponse } from './problem.ts';
import { type AppContext, type AppEnv, stateOf } from './request-state.ts';
import { CACHE, respond, respondJson } from './respond.ts';
import { content, describeRoute, mount } from './route.ts';
import { BATCH_ITEMS } from './routes-submissions.ts';
import { TIMESTAMP_PATH } from './routes-timestamp.ts';
import { logDescription, readiness } from './schema.ts';
import type { WitnessedHead } from './witness/witnessed-head.ts';

const describeLog = describeRoute({
  method: 'get',
  path: '/v1/log',
  operationId: 'getLog',
  tag: 'log',
  summary: 'Get the log’s origin, keys and limits',
  responses: { 200: content('The log.', 'application/json', logDescription) },
});

const livez = describeRoute({
  method: 'get',
  path: '/livez',
  operationId: 'getLiveness',
  tag: 'operations',
  summary: 'Tell whether the process answers',
  responses: { 200: content('It does.', 'text/plain', z.string()) },
});

const readyz = describeRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'getReadiness',
  tag: 'operations',
  summary:
    'Tell whether storage can be read, writes are accepted or refused for good, and the newest timestamp is young',
  responses: { 200: content('Ready.', 'application/json', readiness) },
  problems: [503],
});

const openapi = describeRoute({
  method: 'get',
  path: '/openapi.yaml',
  operationId: 'getOpenapi',
  tag: 'operations',
  summary: 'Get this description',
  responses: { 200: content('OpenAPI 3.1.', 'application/yaml', z.looseObject({ openapi: z.string() })) },
});

const docs = describeRoute({
  method: 'get',
  path: '/docs',
  operationId: 'getDocs',
  tag: 'operations',
  summary: 'Browse this description',
  responses: { 200: content('A page.', 'text/html', z.string()) },
});

const docsFiles = describeRoute({
  method: 'get',
  path: '/docs/{file}',
  operationId: 'getDocsFile',
  tag: 'operations',
  summary: 'Get a file of the page',
  request: { params: z.object({ file: z.enum(['start.js', 'swagger-ui.css', 'swagger-ui-bundle.js']) }) },
  responses: {
    200: {
      ...content('The file.', 'text/javascript', z.string()),
      content: { 'text/javascript': { schema: z.string() }, 'text/css': { schema: z.string() } },
    },
  },
  problems: [404],
});

export const opsRoutes = [describeLog, livez, readyz, openapi, docs, docsFiles];

/** An idle log re-stamps its head every minute; one that has missed three does not work. */
const OLDEST_STAMP_SECONDS = 180;

export interface OpsOptions {
  log: Log;
  clock: Clock;
  limits: HttpConfig['limits'];
  /** The text of `/openapi.yaml`. */
  openapiYaml: () => string;
  webhookKey: string | undefined;
  witnessed: WitnessedHead | undefined;
}

export function mountOpsRoutes(app: Hono<AppEnv>, options: OpsOptions): void {
  const { log, clock, limits, openapiYaml, webhookKey, witnessed } = options;
  const { origin, verifierKey, timeVerifierKey, statementKey, logId } = log.identity;
  const description = {
    ...{ origin, verifierKey, timeVerifierKey, statementKey, logId: toBase64(logId) },
    // Every thread makes the same choice, on the same engine.
    nodeHashing: nodeHasher().implementation,
    ...(log.timestampAuthority && {
      timestampAuthority: {
        path: TIMESTAMP_PATH,
        chain: log.timestampAuthority.chain,
        namedAt: log.namedKeys.timestamp?.index,
      },
    }),
    ...(log.rekorV1 && {
      rekorV1: { ...rekorV1Json(log.rekorV1.identity), namedAt: log.namedKeys['rekor-v1']?.index },
    }),
    ...(webhookKey !== undefined && { webhookKey }),
    limits: { entryBytes: limits.entryBytes, batchBytes: limits.batchBytes, batchItems: BATCH_ITEMS },
  };

  mount(app, describeLog, function getLog(c) {
    const head = log.head();
    return respondJson(
      stateOf(c),
      {
        ...description,
        ...(witnessed && { witnesses: witnessed.statuses(), witnessedSize: witnessed.newest()?.size ?? 0 }),
        frozen: log.frozen,
        treeSize: head.size,
        rootHash: toHex(head.root),
      },
      CACHE.revalidate,
    );
  });

  mount(app, livez, function getLiveness(c) {
    return respond(stateOf(c), 'ok\n', { type: 'text/plain; charset=utf-8', cache: CACHE.never });
  });

  mount(app, readyz, function getReadiness(c) {
    const state = stateOf(c);
    const stampAge = Math.max(0, clock.now() / 1000 - log.head().time);
    const fault = whyNotReady(log, stampAge);
    if (fault !== undefined) return problemResponse(fault, state.id, 503);
    return respondJson(
      state,
      { status: 'ready', frozen: log.frozen, treeSize: log.head().size, stampAge: Math.round(stampAge) },
      CACHE.never,
    );
  });

  mount(app, openapi, function getOpenapi(c) {
    return respond(stateOf(c), openapiYaml(), { type: 'application/yaml', cache: CACHE.revalidate });
  });
  mount(app, docs, (c) => serveDocs(c, ''));
  mount(app, docsFiles, (c) => serveDocs(c, c.req.param('file') ?? ''));
}

function rekorV1Json({ publicKey, logId, treeId }: RekorV1Identity) {
  return { publicKey, logId: toHex(logId), treeId };
}

function whyNotReady(log: Log, stampAge: number): LogError | undefined {
  try {
    log.reader.checkpoint(log.head().size);
  } catch (cause) {
    return new LogError('internal', 'storage cannot be read', { cause, retryAfter: 5 });
  }
  const writes = log.writeState();
  // A full pool is load, which taking the server out of service would not help.
  if (!writes.accepting && writes.code !== 'pool_full' && writes.code !== 'log_frozen') return fromItemError(writes);
  if (stampAge < OLDEST_STAMP_SECONDS) return undefined;
  return new LogError('halted', 'the newest checkpoint has not been stamped for three minutes', { retryAfter: 60 });
}

function serveDocs(c: AppContext, name: string): Response {
  const file = docsFile(name);
  if (file === undefined || (name === '' && c.req.path !== '/docs')) {
    throw new LogError('not_found', 'the documentation has no such file');
  }
  const headers = {
    'Content-Security-Policy': DOCS_POLICY,
    'Referrer-Policy': 'no-referrer',
    'X-Frame-Options': 'DENY',
  };
  return respond(stateOf(c), file.body, { type: file.type, cache: CACHE.revalidate, headers });
}
