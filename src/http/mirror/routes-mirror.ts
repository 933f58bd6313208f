/** What mirrors need beside the tiles. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import type { Log } from '../../log/log.ts';
import { decimal, readQuery } from '../parameters.ts';
import { type AppEnv, stateOf } from '../request-state.ts';
import { CACHE, respondJson } from '../respond.ts';
import { content, describeRoute, mount, notYetPublished } from '../route.ts';
import { MIRROR_PAGE_ENTRIES, mirrorPage } from './mirror-page.ts';

const index = (description: string) => z.int().min(0).openapi({ description, example: 0, format: 'int64' });
const base64 = z.string().openapi({ description: 'Base64.' });

const page = z
  .object({
    from: index('Index of the first entry.'),
    next: index('Where the next page begins.'),
    entries: z
      .array(
        z.object({
          index: index('Index of the entry.'),
          payload: z
            .object({ type: z.string(), bytes: base64, countsFrom: index('Index from which its facts count.') })
            .optional(),
          erased: z.object({ by: index('Index of the tombstone.'), sha256: z.string() }).optional(),
          companions: z.array(base64).optional(),
        }),
      )
      .openapi({ description: 'Those that have anything beside their leaf, ascending.' }),
    checkpoints: z
      .array(z.string())
      .openapi({ description: 'Signed notes as they were first signed, for sizes above `from` and up to `next`.' }),
  })
  .openapi('MirrorPage', { description: 'What the log keeps beside its leaves.' });

const query = z.strictObject({
  from: decimal('Index of the first entry; 0 is the beginning.', { example: 0 }).optional(),
});

const mirror = describeRoute({
  method: 'get',
  path: '/v1/mirror',
  operationId: 'getMirrorPage',
  tag: 'tiles',
  summary: 'Get what a copy of the log needs beside the tiles',
  description:
    'Payloads, tombstones, what came along with submissions, and checkpoints, as they are now: a payload may come later, ' +
    `or be erased, and a statement of the log says so. A page reaches to the next multiple of ${MIRROR_PAGE_ENTRIES}, or ` +
    'ends earlier where it would be too large.',
  request: { query },
  responses: { 200: content('A page; empty at the end of the log.', 'application/json', page) },
  problems: [404],
});

export const mirrorRoutes = [mirror];

export function mountMirrorRoutes(app: Hono<AppEnv>, log: Log): void {
  mount(app, mirror, function getMirrorPage(c) {
    const { from = 0 } = readQuery(c, query);
    const { size } = log.head();
    if (from > size) throw notYetPublished('from', size);
    return respondJson(stateOf(c), mirrorPage(log, from, size), CACHE.revalidate);
  });
}
