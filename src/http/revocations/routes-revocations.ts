/** The feed of control statements: in pages, and as a stream. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import type { Log } from '../../log/log.ts';
import { readQuery } from '../parameters.ts';
import { type AppEnv, stateOf } from '../request-state.ts';
import { CACHE, respond, respondJson } from '../respond.ts';
import { content, describeRoute, mount } from '../route.ts';
import { positionQuery, streamEvent, streamRequest, streamStart } from '../stream-position.ts';
import { isFull, PAGE_EVENTS, revocationPage } from './revocation-page.ts';
import { beyondFeed, type RevocationStreams } from './revocation-streams.ts';

const position = (description: string) => z.int().min(0).openapi({ description, example: 0, format: 'int64' });
const hash = (description: string) => z.string().openapi({ description, example: 'e3b0c442…' });
const base64 = (description: string) => z.string().openapi({ description: `${description}, base64.` });

const page = z
  .object({
    from: position('Position of the first event.'),
    next: position('Position after the last; where the next page begins.'),
    events: z.array(
      z.object({
        position: position('In the feed, from 0.'),
        index: position('Index of the control statement in the log.'),
        leafHash: hash('Its leaf hash.'),
        payloadSha256: hash('SHA-256 of its payload.'),
        statement: position('Index of the log’s statement that names it.'),
        leaf: base64('Its leaf'),
        payloadType: z.string(),
        payload: base64('The signed statement'),
      }),
    ),
    statements: z
      .array(
        z.object({
          index: position('Index in the log.'),
          leaf: base64('Its leaf, signed by the log’s statement key'),
          payload: base64('What it says: the control statements of its batch, and the feed’s size and root'),
        }),
      )
      .openapi({ description: 'The log’s own statements that put the events into effect.' }),
  })
  .openapi('RevocationPage', { description: 'Control statements in the order in which they took effect.' });

const event = streamEvent(['controls', 'checkpoint'], 'JSON: a page, or a signed note as a string.').openapi(
  'RevocationEvent',
);

const list = describeRoute({
  method: 'get',
  path: '/v1/revocations',
  operationId: 'listRevocations',
  tag: 'revocations',
  summary: 'List the control statements in effect',
  description:
    `A page reaches to the next multiple of ${PAGE_EVENTS}; one that reaches it never changes, and may be kept for ever. ` +
    'Together the pages are the whole feed, which the log’s statements give size and root of.',
  request: { query: positionQuery },
  responses: { 200: content('A page; without events at the end of the feed.', 'application/json', page) },
  problems: [404],
});

const stream = describeRoute({
  method: 'get',
  path: '/v1/revocations/stream',
  operationId: 'streamRevocations',
  tag: 'revocations',
  summary: 'Follow the control statements as they take effect',
  description:
    'Server-sent events. `controls` brings a page, its id is the position to go on from (`Last-Event-ID`, or `from`). ' +
    '`checkpoint` brings the newest signed note, a JSON string: at the start, and when nothing else was said for 15 seconds.',
  request: streamRequest,
  responses: { 200: content('The stream.', 'text/event-stream', event, 'X-Accel-Buffering') },
  problems: [404, 503],
});

export const revocationRoutes = [list, stream];

export function mountRevocationRoutes(app: Hono<AppEnv>, log: Log, streams: RevocationStreams): void {
  mount(app, list, function listRevocations(c) {
    const { from: start = 0 } = readQuery(c, positionQuery);
    const { size } = log.reader.feedHead();
    if (start > size) throw beyondFeed(size);
    const answer = revocationPage(log, start);
    return respondJson(stateOf(c), answer, isFull(answer) ? CACHE.forever : CACHE.revalidate);
  });

  mount(app, stream, function streamRevocations(c) {
    const start = streamStart(c);
    const answer = { type: 'text/event-stream', cache: CACHE.never, headers: { 'X-Accel-Buffering': 'no' } };
    // Nothing would ever read the stream of a HEAD request.
    if (c.req.method === 'HEAD') return respond(stateOf(c), null, answer);
    return respond(stateOf(c), streams.open(start), answer);
  });
}
