/** The log as static-looking files: checkpoint, tiles, entry bundles (C2SP tlog-tiles). */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { hashesAtLevel, parseTilePath, TILE_WIDTH, type TilePath } from '../core/tile.ts';
import type { Log } from '../log/log.ts';
import { type AppContext, type AppEnv, stateOf } from './request-state.ts';
import { bodyBytes, CACHE, matchesETag, respond } from './respond.ts';
import { content, describeRoute, headers, mount } from './route.ts';

const checkpoint = describeRoute({
  method: 'get',
  path: '/checkpoint',
  operationId: 'getNewestCheckpoint',
  tag: 'tiles',
  summary: 'Get the newest checkpoint (C2SP tlog-tiles)',
  responses: { 200: content('Signed note.', 'text/plain', z.string()) },
});

const bytes = z.string().openapi({ format: 'binary' });
const TILE_DESCRIPTION =
  'The path of a tile after its level, in groups of three digits with slashes between: `x001/x234/067`, and `.p/112` ' +
  'after it for a partial tile. Every partial width that a published size implies is served.';
/** For readers of the document: `parseTilePath` decides. The example has no slash, which forms would encode. */
const TILE_PATTERN = String.raw`^(?!x000)(x\d{3}/){0,5}\d{3}(\.p/([1-9]\d?|1\d\d|2[0-4]\d|25[0-5]))?$`;
const tileParameter = z.string().openapi({ description: TILE_DESCRIPTION, pattern: TILE_PATTERN, example: '000' });

const entryBundle = describeRoute({
  method: 'get',
  path: '/tile/entries/{tile}',
  operationId: 'getEntryBundle',
  tag: 'tiles',
  summary: 'Get an entry bundle (C2SP tlog-tiles)',
  request: { params: z.object({ tile: tileParameter }) },
  responses: {
    200: content('Entries, each after its length in two bytes.', 'application/octet-stream', bytes, 'ETag'),
    304: { description: 'Not changed; a tile never is.', headers: headers('ETag') },
  },
  problems: [404],
});

const tile = describeRoute({
  method: 'get',
  path: '/tile/{level}/{tile}',
  operationId: 'getTile',
  tag: 'tiles',
  summary: 'Get a tile of hashes (C2SP tlog-tiles)',
  request: {
    params: z.object({
      level: z
        .string()
        .regex(/^(0|[1-9]|[1-5]\d|6[0-3])$/)
        .openapi({ example: '0' }),
      tile: tileParameter,
    }),
  },
  responses: {
    200: content('Hashes of 32 bytes.', 'application/octet-stream', bytes, 'ETag'),
    304: { description: 'Not changed; a tile never is.', headers: headers('ETag') },
  },
  problems: [404],
});

export const tileRoutes = [checkpoint, entryBundle, tile];

export function mountTileRoutes(app: Hono<AppEnv>, log: Log): void {
  // A path names one tile of one log for ever, so that path and log id identify the bytes.
  const logTag = toHex(log.identity.logId.subarray(0, 8));

  mount(app, checkpoint, function getNewestCheckpoint(c) {
    return respond(stateOf(c), log.head().note, { type: 'text/plain; charset=utf-8', cache: CACHE.newest });
  });

  function getTile(c: AppContext): Response {
    const path = pathAsSent(c);
    const named = parseTilePath(path);
    if (!isPublished(named, log.head().size)) {
      throw new LogError('not_found', 'no published size has this tile', { details: { treeSize: log.head().size } });
    }
    const etag = `"${logTag}/${path}"`;
    const answer = { type: 'application/octet-stream', cache: CACHE.forever, headers: { ETag: etag } };
    if (matchesETag(c.req.header('if-none-match'), etag)) return respond(stateOf(c), null, { ...answer, status: 304 });
    return respond(stateOf(c), bodyBytes(read(log, named)), answer);
  }
  mount(app, entryBundle, getTile, '/tile/entries/*');
  mount(app, tile, getTile, '/tile/*');
}

/** Without decoding, so that a tile has one path only. */
function pathAsSent(c: AppContext): string {
  const { url } = c.req;
  const start = url.indexOf('/', url.indexOf('//') + 2) + 1;
  const query = url.indexOf('?', start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}

/** A partial tile stays implied by the size it was cut from, also when the tile has grown since. */
function isPublished(named: TilePath, size: number): boolean {
  const { level, index, width } = named.kind === 'tile' ? named.tile : { level: 0, ...named };
  return index * TILE_WIDTH + width <= hashesAtLevel(level, size);
}

function read(log: Log, named: TilePath): Uint8Array {
  if (named.kind === 'entries') return log.reader.entryBundle(named.index, named.width);
  return log.reader.tile(named.tile.level, named.tile.index, named.tile.width);
}
