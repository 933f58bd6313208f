/** The feed: every entry as it is logged, as a stream. */
import type { Hono } from 'hono';
import type { PacedStreams } from '../paced-streams.ts';
import { type AppEnv, stateOf } from '../request-state.ts';
import { CACHE, respond } from '../respond.ts';
import { content, describeRoute, mount } from '../route.ts';
import { streamEvent, streamRequest, streamStart } from '../stream-position.ts';
import { PAGE_ENTRIES } from './entry-page.ts';

const event = streamEvent(['entries', 'checkpoint'], 'JSON: a page, or a signed note as a string.').openapi(
  'FeedEvent',
);

const feed = describeRoute({
  method: 'get',
  path: '/v1/feed',
  operationId: 'streamEntries',
  tag: 'entries',
  summary: 'Follow the entries as they are logged',
  description:
    `Server-sent events. \`entries\` brings up to ${PAGE_ENTRIES} entries and the signed note of the first checkpoint ` +
    'that covers them: `{from, next, checkpoint, consistency, entries, revocations}`. Its id is the index to go on from ' +
    '(`Last-Event-ID`, or `from`). Whoever has the leaf hashes of all entries before computes the root at `next`; ' +
    '`consistency` proves that root to be the beginning of the checkpoint’s tree, so no entry needs a proof of its own. ' +
    'Only leaf hashes and their order are proved so; kind, event ids, signers and subjects are what the log says of ' +
    'them. `revocations` names the positions at which `/v1/revocations` has the control statements that took effect. ' +
    '`checkpoint` brings the newest signed note, a JSON string: at the start, and when nothing else was said for 15 seconds.',
  request: streamRequest,
  responses: { 200: content('The stream.', 'text/event-stream', event, 'X-Accel-Buffering') },
  problems: [404, 503],
});

export const feedRoutes = [feed];

export function mountFeedRoutes(app: Hono<AppEnv>, streams: PacedStreams): void {
  mount(app, feed, function streamEntries(c) {
    const start = streamStart(c);
    const answer = { type: 'text/event-stream', cache: CACHE.never, headers: { 'X-Accel-Buffering': 'no' } };
    // Nothing would ever read the stream of a HEAD request.
    if (c.req.method === 'HEAD') return respond(stateOf(c), null, answer);
    return respond(stateOf(c), streams.open(start), answer);
  });
}
