/** Serves a copy, read-only, as the log itself serves what is copied: checkpoint, tiles, entry bundles, what lies beside. */
import { type Context, Hono } from 'hono';
import { decodeUtf8, parseDecimal, toHex } from '../core/bytes.ts';
import { parseCheckpoint } from '../core/checkpoint.ts';
import { LogError } from '../core/errors.ts';
import { HASH_LENGTH, sha256 } from '../core/hash.ts';
import { encodeEntryBundle, hashesAtLevel, parseEntryBundle, parseTilePath, TILE_WIDTH } from '../core/tile.ts';
import { MIRROR_PAGE_BYTES, MIRROR_PAGE_ENTRIES, type MirrorPage } from '../http/mirror/mirror-page.ts';
import { problemResponse, toLogError } from '../http/problem.ts';
import type { AppEnv } from '../http/request-state.ts';
import { CACHE, matchesETag } from '../http/respond.ts';
import { besideLines, isNote } from './beside-file.ts';
import { bundleNames, type MirrorFiles, tileNames } from './mirror-files.ts';
import { readRecord } from './mirror-record.ts';

export function mirrorApp(files: MirrorFiles): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get('/checkpoint', async () => {
    const note = await files.find('checkpoint');
    if (note === undefined) throw new LogError('not_found', 'nothing is copied yet');
    return answer(note, 'text/plain; charset=utf-8', CACHE.newest);
  });
  app.get('/tile/*', (c) => getTile(c, files));
  app.get('/v1/mirror', async (c) => {
    const record = await readRecord(files);
    if (record?.beside !== true) throw new LogError('route_unknown', 'this copy has tiles only');
    const from = parseDecimal(c.req.query('from') ?? '0');
    if (from === undefined) throw new LogError('malformed_request', 'from is no index', { at: 'from' });
    return answer(JSON.stringify(await pageOf(files, from, await sizeOf(files))), 'application/json', CACHE.revalidate);
  });
  app.onError((thrown) => problemResponse(toLogError(thrown), 'mirror'));
  app.notFound(() => problemResponse(new LogError('route_unknown', 'there is nothing at this path'), 'mirror'));
  return app;
}

async function sizeOf(files: MirrorFiles): Promise<number> {
  const note = await files.find('checkpoint');
  if (note === undefined) return 0;
  const text = decodeUtf8(note) ?? '';
  return parseCheckpoint(`${text.split('\n\n', 1)[0]}\n`).size;
}

async function getTile(c: Context<AppEnv>, files: MirrorFiles): Promise<Response> {
  const path = new URL(c.req.url).pathname.slice(1);
  const named = parseTilePath(path);
  const { level, index, width } = named.kind === 'tile' ? named.tile : { level: 0, ...named };
  const isCopied = index * TILE_WIDTH + width <= hashesAtLevel(level, await sizeOf(files));
  const names = named.kind === 'tile' ? tileNames({ level, index }) : bundleNames(index);
  const held = isCopied ? await files.widest(names, width) : undefined;
  if (held === undefined) throw new LogError('not_found', 'the copied size has no such tile');
  // Every width that the size implies is served: the beginning of the widest that is here.
  const bytes =
    named.kind === 'tile'
      ? held.subarray(0, width * HASH_LENGTH)
      : encodeEntryBundle(parseEntryBundle(held).slice(0, width));
  const etag = `"${toHex(sha256(bytes).subarray(0, 16))}"`;
  if (matchesETag(c.req.header('if-none-match'), etag)) return answer(null, TILE_TYPE, CACHE.forever, etag, 304);
  return answer(bytes, TILE_TYPE, CACHE.forever, etag);
}

const TILE_TYPE = 'application/octet-stream';

/** As the log has them: a page reaches to the next multiple, or ends earlier where it would be too large. */
async function pageOf(files: MirrorFiles, from: number, size: number): Promise<MirrorPage> {
  if (from > size) throw new LogError('not_yet_published', `the copy has ${size} entries`);
  const end = Math.min(size, from + MIRROR_PAGE_ENTRIES - (from % MIRROR_PAGE_ENTRIES));
  const page: MirrorPage = { from, next: end, entries: [], checkpoints: [] };
  if (from === end) return page;
  const notes: { size: number; note: string }[] = [];
  let bytes = 0;
  for await (const line of besideLines(files, Math.floor(from / TILE_WIDTH))) {
    if (isNote(line)) notes.push(line);
    else if (line.index >= from && line.index < page.next) {
      page.entries.push(line);
      bytes += (line.payload?.bytes.length ?? 0) + (line.companions ?? []).join('').length;
      if (bytes >= MIRROR_PAGE_BYTES) page.next = line.index + 1;
    }
  }
  page.checkpoints = notes.filter((one) => one.size > from && one.size <= page.next).map(({ note }) => note);
  return page;
}

function answer(body: string | Uint8Array | null, type: string, cache: string, etag?: string, status = 200): Response {
  return new Response(body as BodyInit | null, {
    status,
    headers: {
      'Content-Type': type,
      'Cache-Control': cache,
      'X-Content-Type-Options': 'nosniff',
      'Access-Control-Allow-Origin': '*',
      ...(etag !== undefined && { ETag: etag }),
    },
  });
}
