/** What happens around every request: observation, checks of the request's head, the quota of reads. */
import { randomBytes } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { LogError } from '../core/errors.ts';
import type { ClientAddress } from './client-address.ts';
import type { Clock } from './clock.ts';
import type { Limits } from './limits.ts';
import { problemResponse } from './problem.ts';
import { type AppContext, type AppEnv, type RequestState, stateOf } from './request-state.ts';
import type { Telemetry } from './telemetry.ts';

type Middleware = MiddlewareHandler<AppEnv>;

/** Longest request target, bytes. */
const MAX_TARGET = 2_048;

/** Names the request, measures it, and writes its log line. */
export function observe(telemetry: Telemetry, clock: Clock, addressOf: ClientAddress): Middleware {
  // Unique among the runs of a server, and cheap: a random number per process, then a count.
  const run = randomBytes(6).toString('hex');
  let count = 0;

  return async function observeRequest(c, next) {
    const started = clock.monotonic();
    count += 1;
    const peer = c.env?.incoming?.socket?.remoteAddress;
    const state: RequestState = {
      id: `${run}-${count.toString(36)}`,
      route: 'unmatched',
      client: addressOf(peer, c.req.raw.headers.get('x-forwarded-for') ?? undefined),
      failure: undefined,
    };
    c.set('request', state);
    telemetry.requestStarted();
    let status = 500;
    try {
      await next();
      status = c.res.status;
    } finally {
      const seconds = (clock.monotonic() - started) / 1000;
      telemetry.requestFinished({ route: state.route, method: labelOf(c.req.method), status, seconds });
      writeLine(telemetry, c, state, status, seconds);
    }
  };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);

/** Anyone can invent methods; each would be a new time series. */
function labelOf(method: string): string {
  return METHODS.has(method) ? method : 'other';
}

function writeLine(telemetry: Telemetry, c: AppContext, state: RequestState, status: number, seconds: number): void {
  const { logger } = telemetry;
  const level = status >= 500 ? 'error' : state.route.startsWith('/tile/') ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const theirs = c.req.raw.headers.get('x-request-id');
  const line: Record<string, unknown> = {
    requestId: state.id,
    client: state.client,
    method: labelOf(c.req.method),
    route: state.route,
    // Without the query: it can hold the names of people.
    path: c.req.path.slice(0, 256),
    status,
    ms: Math.round(seconds * 1e6) / 1e3,
  };
  if (theirs !== null && /^[A-Za-z0-9._-]{1,64}$/.test(theirs)) line.clientRequestId = theirs;
  if (state.failure !== undefined) line.err = state.failure;
  logger[level](line, 'request');
}

/** Checks what Node's parser lets through: long targets, several or foreign Host headers. */
export function checkHead(hostNames: readonly string[]): Middleware {
  const known = new Set(hostNames);

  return async function checkRequestHead(c, next) {
    const { url, headers } = c.req.raw;
    const target = url.length - url.indexOf('/', url.indexOf('//') + 2);
    if (target > MAX_TARGET) throw new LogError('uri_too_long', `the URL is longer than ${MAX_TARGET} bytes`);
    // Fetch joins repeated headers with a comma, which no host holds.
    const host = headers.get('host') ?? '';
    if (host.includes(',')) throw new LogError('malformed_request', 'send one Host header', { at: 'host' });
    if (known.size > 0 && !known.has(host.toLowerCase().replace(/:\d+$/, ''))) {
      const error = new LogError('malformed_request', 'this server does not answer for that host', { at: 'host' });
      return problemResponse(error, stateOf(c).id, 421);
    }
    return next();
  };
}

/** Reads are limited generously and apart from writes; checkpoint, log description and health never are. */
export function limitReads(limits: Limits): Middleware {
  const exempt = new Set(['/checkpoint', '/v1/log', '/livez', '/readyz']);

  return async function limitReadRequests(c, next) {
    const { method, path } = c.req;
    if ((method === 'GET' || method === 'HEAD') && !exempt.has(path)) {
      const wait = limits.reads.take(stateOf(c).client, 1);
      if (wait > 0)
        throw new LogError('rate_limited', 'this client has used up its quota of reads', { retryAfter: wait });
    }
    await next();
  };
}
