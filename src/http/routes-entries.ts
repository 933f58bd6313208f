/** Entries: looked up, shown, and handed back in the forms that verifiers read. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { formatTlogProof } from '../core/tlog-proof.ts';
import { payloadErased } from '../log/erasure.ts';
import type { EntryQuery, Log, StoredEntry } from '../log/log.ts';
import { bundleOf } from './bundle-answer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type EntryJson, entryJson } from './entry-answer.ts';
import { entriesQuery, indexPath, readPath, readQuery } from './parameters.ts';
import { type AppContext, type AppEnv, stateOf } from './request-state.ts';
import { bodyBytes, CACHE, matchesETag, respond, respondJson } from './respond.ts';
import { content, describeRoute, headers, mount, notYetPublished } from './route.ts';
import { entry, entryPage, sigstoreBundle } from './schema.ts';

const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

const search = describeRoute({
  method: 'get',
  path: '/v1/entries',
  operationId: 'findEntries',
  tag: 'entries',
  summary: 'Find entries, newest first',
  description:
    'At least one term; all of them must match. Each page names the size and root it covers: every entry below that ' +
    'size that matches is on some page.',
  request: { query: entriesQuery },
  responses: { 200: content('A page.', 'application/json', entryPage) },
  problems: [404, 503],
});

const byIndex = describeRoute({
  method: 'get',
  path: '/v1/entries/{index}',
  operationId: 'getEntry',
  tag: 'entries',
  summary: 'Get an entry',
  request: { params: indexPath },
  responses: { 200: content('The entry.', 'application/json', entry) },
  problems: [404],
});

const bundle = describeRoute({
  method: 'get',
  path: '/v1/entries/{index}/bundle',
  operationId: 'getBundle',
  tag: 'entries',
  summary: 'Get a Sigstore bundle v0.3 that carries this log’s inclusion proof',
  request: { params: indexPath },
  responses: { 200: content('The bundle.', BUNDLE_TYPE, sigstoreBundle) },
  problems: [404, 410],
});

const tlogProof = describeRoute({
  method: 'get',
  path: '/v1/entries/{index}/tlog-proof',
  operationId: 'getTlogProof',
  tag: 'entries',
  summary: 'Get a .tlog-proof file (C2SP tlog-proof)',
  request: { params: indexPath },
  responses: { 200: content('Index, proof and checkpoint.', 'text/plain', z.string()) },
  problems: [404],
});

const payload = describeRoute({
  method: 'get',
  path: '/v1/entries/{index}/payload',
  operationId: 'getPayload',
  tag: 'entries',
  summary: 'Get an entry’s payload, byte for byte as it was signed',
  request: { params: indexPath },
  responses: {
    200: {
      ...content(
        'The payload. JSON types are kept, others come as bytes.',
        'application/octet-stream',
        z.string(),
        'ETag',
      ),
      // Anything at all: OpenAPI 3.1 says so by an empty schema.
      content: { '*/*': { schema: {} } },
    },
    304: { description: 'Not changed.', headers: headers('ETag') },
  },
  problems: [404, 410],
});

export const entryRoutes = [search, byIndex, bundle, tlogProof, payload];

const ENTRIES_PER_PAGE = 20;

export function mountEntryRoutes(app: Hono<AppEnv>, log: Log): void {
  const { logId } = log.identity;

  function indexOf(c: AppContext): number {
    const { index } = readPath(c, indexPath);
    const published = log.head().size;
    if (index >= published) throw notYetPublished('the index', published);
    return index;
  }

  async function shown(entries: StoredEntry[]): Promise<EntryJson[]> {
    const marks = await log.certificates?.marks(entries);
    return entries.map((entry, i) => entryJson(entry, marks?.[i]));
  }

  mount(app, search, async function findEntries(c) {
    const { limit = ENTRIES_PER_PAGE, cursor, before, ...terms } = readQuery(c, entriesQuery);
    const query = terms as EntryQuery;
    if (Object.keys(query).length === 0) throw new LogError('malformed_request', 'give at least one term to look for');
    const position = cursor === undefined ? undefined : decodeCursor(cursor, query, logId);
    const published = log.head().size;
    if (position !== undefined && position.treeSize > published) throw notYetPublished('the cursor', published);
    const page = log.reader.find(query, { limit, ...(before !== undefined && { before }), ...position });
    const answer = {
      treeSize: page.treeSize,
      rootHash: toHex(page.rootHash),
      entries: await shown(page.entries),
      ...(page.next !== undefined && { next: encodeCursor(page.next, query, logId) }),
    };
    return respondJson(stateOf(c), answer, CACHE.revalidate);
  });

  mount(app, byIndex, async function getEntry(c) {
    const [entry] = await shown([log.reader.entry(indexOf(c))]);
    return respondJson(stateOf(c), entry, CACHE.revalidate);
  });

  mount(app, bundle, function getBundle(c) {
    const text = bundleOf(log, indexOf(c));
    return respond(stateOf(c), text, { type: BUNDLE_TYPE, cache: CACHE.revalidate });
  });

  mount(app, tlogProof, function getTlogProof(c) {
    const index = indexOf(c);
    const { size, note } = log.reader.checkpointCovering(index);
    const { hashes } = log.reader.inclusionProof(index, size).proof;
    const text = formatTlogProof({ index, hashes, checkpoint: note });
    return respond(stateOf(c), text, { type: 'text/plain; charset=utf-8', cache: CACHE.forever });
  });

  mount(app, payload, function getPayload(c) {
    const stored = log.reader.entry(indexOf(c)).payload;
    if (stored.status === 'absent') throw new LogError('payload_absent', 'nobody has brought this entry’s payload');
    if (stored.status === 'erased') {
      throw payloadErased('the payload has been erased, as the statement says; leaf and proofs remain', stored);
    }
    const etag = `"${toHex(stored.sha256)}"`;
    // It can be erased, so that a cache must ask again.
    const answer = {
      type: isJsonType(stored.type) ? stored.type : 'application/octet-stream',
      cache: CACHE.revalidate,
      headers: {
        ETag: etag,
        'Content-Security-Policy': "default-src 'none'; sandbox",
        'Content-Disposition': 'attachment',
      },
    };
    if (matchesETag(c.req.header('if-none-match'), etag)) return respond(stateOf(c), null, { ...answer, status: 304 });
    return respond(stateOf(c), bodyBytes(stored.bytes), answer);
  });
}

/** The payload is anyone's text: only types that no browser executes are passed on. */
function isJsonType(type: string): boolean {
  return /^application\/([a-z0-9.-]+\+)?json$/.test(type);
}
