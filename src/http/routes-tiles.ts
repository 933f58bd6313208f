/** The log as static-looking files: checkpoint, tiles, entry bundles (C2SP tlog-tiles). */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { hashesAtLevel, parseTilePath, TILE_WIDTH, type TilePath } from '../core/tile.ts';
import type { Log } from '../log/log.ts';
import { type AppContext, type AppEnv, stateOf } from './request-state.ts';
import { bodyBytes, CACHE, matchesETag, respond } from './respond.ts';
import { content, describeRoute, type ErrorSchema, headers, mount, type Route } from './route.ts';

const bytes = z.string().openapi({ format: 'binary' });
const TILE_DESCRIPTION =
  'The path of a tile after its level, in groups of three digits with slashes between: `x001/x234/067`, and `.p/112` ' +
  'after it for a partial tile. Every partial width that a published size implies is served.';
/** For readers of the document: `parseTilePath` decides. The example has no slash, which forms would encode. */
const TILE_PATTERN = String.raw`^(?!x000)(x\d{3}/){0,5}\d{3}(\.p/([1-9]\d?|1\d\d|2[0-4]\d|25[0-5]))?$`;
const levelParameter = z
  .string()
  .regex(/^(0|[1-9]|[1-5]\d|6[0-3])$/)
  .openapi({ example: '0' });
const tileParameter = z.string().openapi({ description: TILE_DESCRIPTION, pattern: TILE_PATTERN, example: '000' });

/** Tiles below one prefix. */
interface TileRoutes {
  prefix: string;
  checkpoint: Route;
  entryBundle: Route;
  tile: Route;
  routes: Route[];
}

/**
 * Describes the log's files below a prefix: their paths are the same below each.
 * @param operation stands in the operations' names, which are unique
 */
export function describeTiles(
  prefix: string,
  { tag, operation, errors }: { tag: string; operation: string; errors: ErrorSchema },
): TileRoutes {
  const checkpoint = describeRoute({
    method: 'get',
    path: `${prefix}/checkpoint`,
    operationId: `getNewest${operation}Checkpoint`,
    summary: 'Get the newest checkpoint (C2SP tlog-tiles)',
    responses: { 200: content('Signed note.', 'text/plain', z.string()) },
    ...{ tag, errors },
  });
  const entryBundle = describeRoute({
    method: 'get',
    path: `${prefix}/tile/entries/{tile}`,
    operationId: `get${operation}EntryBundle`,
    summary: 'Get an entry bundle (C2SP tlog-tiles)',
    request: { params: z.object({ tile: tileParameter }) },
    responses: {
      200: content('Entries, each after its length in two bytes.', 'application/octet-stream', bytes, 'ETag'),
      304: { description: 'Not changed; a tile never is.', headers: headers('ETag') },
    },
    problems: [404],
    ...{ tag, errors },
  });
  const tile = describeRoute({
    method: 'get',
    path: `${prefix}/tile/{level}/{tile}`,
    operationId: `get${operation}Tile`,
    summary: 'Get a tile of hashes (C2SP tlog-tiles)',
    request: { params: z.object({ level: levelParameter, tile: tileParameter }) },
    responses: {
      200: content('Hashes of 32 bytes.', 'application/octet-stream', bytes, 'ETag'),
      304: { description: 'Not changed; a tile never is.', headers: headers('ETag') },
    },
    problems: [404],
    ...{ tag, errors },
  });
  return { prefix, checkpoint, entryBundle, tile, routes: [checkpoint, entryBundle, tile] };
}

const atRoot = describeTiles('', { tag: 'tiles', operation: '', errors: 'Problem' });

export const tileRoutes = atRoot.routes;

/** The tiles at the root. */
export function mountTileRoutes(app: Hono<AppEnv>, log: Log): void {
  mountTiles(app, log, atRoot);
}

export function mountTiles(app: Hono<AppEnv>, log: Log, { prefix, checkpoint, entryBundle, tile }: TileRoutes): void {
  // A path names one tile of one log for ever, so that path and log id identify the bytes.
  const logTag = toHex(log.identity.logId.subarray(0, 8));

  mount(app, checkpoint, function getNewestCheckpoint(c) {
    return respond(stateOf(c), log.head().note, { type: 'text/plain; charset=utf-8', cache: CACHE.newest });
  });

  function getTile(c: AppContext): Response {
    const path = pathAsSent(c, prefix);
    const named = parseTilePath(path);
    if (!isPublished(named, log.head().size)) {
      throw new LogError('not_found', 'no published size has this tile', { details: { treeSize: log.head().size } });
    }
    const etag = `"${logTag}/${path}"`;
    const answer = { type: 'application/octet-stream', cache: CACHE.forever, headers: { ETag: etag } };
    if (matchesETag(c.req.header('if-none-match'), etag)) return respond(stateOf(c), null, { ...answer, status: 304 });
    return respond(stateOf(c), bodyBytes(read(log, named)), answer);
  }
  mount(app, entryBundle, getTile, `${prefix}/tile/entries/*`);
  mount(app, tile, getTile, `${prefix}/tile/*`);
}

/** Below the prefix, without decoding, so that a tile has one path only. */
function pathAsSent(c: AppContext, prefix: string): string {
  const { url } = c.req;
  const start = url.indexOf('/', url.indexOf('//') + 2) + prefix.length + 1;
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
