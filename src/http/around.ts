/** What happens around every request: observation, checks of the request's head, the quota of reads. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import { LogError } from '../core/errors.ts';
import type { ClientAddress } from './client-address.ts';
import type { Clock } from './clock.ts';
import { errorFormOf } from './error-forms.ts';
import { chargeReads, type Limits } from './limits.ts';
import { toLogError } from './problem.ts';
import type { AppEnv, RequestBindings, RequestState } from './request-state.ts';
import type { Telemetry } from './telemetry.ts';

export interface AroundOptions {
  telemetry: Telemetry;
  clock: Clock;
  limits: Limits;
  addressOf: ClientAddress;
  /** Names that this server answers for; empty: any. */
  hostNames: readonly string[];
}

/** Longest request target, bytes. */
const MAX_TARGET = 2_048;

/** Reads that are never limited. */
const UNLIMITED = new Set(['/checkpoint', '/api/v2/checkpoint', '/v1/log', '/livez', '/readyz']);

/**
 * Names every request, checks it, has the application answer it, measures it, and writes its log line. In place of
 * middleware, whose composition costs a write about as much again as all of this.
 */
export function surround(app: Hono<AppEnv>, options: AroundOptions): void {
  const { telemetry, clock, limits, addressOf } = options;
  const hostNames = new Set(options.hostNames);
  // Unique among the runs of a server, and cheap: a random number per process, then a count.
  const run = randomBytes(6).toString('hex');
  let count = 0;
  const route = app.fetch;

  app.fetch = function answerRequest(request, bindings: RequestBindings = {}, context) {
    const started = clock.monotonic();
    count += 1;
    const { incoming } = bindings;
    const header = headerReader(request, incoming);
    const state: RequestState = {
      id: `${run}-${count.toString(36)}`,
      route: 'unmatched',
      client: addressOf(incoming?.socket?.remoteAddress, header('x-forwarded-for')),
      errorForm: errorFormOf(getPath(request)),
      failure: undefined,
      header,
    };
    telemetry.requestStarted();

    function finish(response: Response): Response {
      const seconds = (clock.monotonic() - started) / 1000;
      const { status } = response;
      telemetry.requestFinished({ route: state.route, method: labelOf(request.method), status, seconds });
      writeLine(telemetry, request, state, status, seconds);
      return response;
    }
    const fail = (thrown: unknown): Response => finish(failRequest(state, thrown, telemetry));

    try {
      const refusal = checkHead(request, state, hostNames);
      if (refusal !== undefined) return finish(refusal);
      limitReads(request, state, limits);
      bindings.state = state;
      const response = route(request, bindings, context);
      return response instanceof Promise ? response.then(finish, fail) : finish(response);
    } catch (thrown) {
      return fail(thrown);
    }
  };
}

/** The answer to a request that threw; what was the server's fault is kept for its log. */
export function failRequest(state: RequestState, thrown: unknown, telemetry: Telemetry): Response {
  const error = toLogError(thrown);
  const response = state.errorForm(error, state.id);
  if (response.status === 500) state.failure = error.cause ?? error;
  if (error.code === 'corrupt') telemetry.selfCheckFailed();
  return response;
}

/** From the parser's own list where there is one: a `Headers` object would cost more than all that is read from it. */
function headerReader(request: Request, incoming: IncomingMessage | undefined): RequestState['header'] {
  const raw = incoming?.rawHeaders;
  if (raw === undefined) return (name) => request.headers.get(name) ?? undefined;
  return function joined(name) {
    let value: string | undefined;
    for (let at = 0; at < raw.length; at += 2) {
      const candidate = raw[at]!;
      if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
      value = value === undefined ? raw[at + 1]! : `${value}, ${raw[at + 1]}`;
    }
    return value;
  };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);

/** Anyone can invent methods; each would be a new time series. */
function labelOf(method: string): string {
  return METHODS.has(method) ? method : 'other';
}

function writeLine(telemetry: Telemetry, request: Request, state: RequestState, status: number, seconds: number): void {
  const { logger } = telemetry;
  const level = status >= 500 ? 'error' : isTile(state.route) ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const theirs = state.header('x-request-id');
  const line: Record<string, unknown> = {
    requestId: state.id,
    client: state.client,
    method: labelOf(request.method),
    route: state.route,
    // Without the query: it can hold the names of people.
    path: getPath(request).slice(0, 256),
    status,
    ms: Math.round(seconds * 1e6) / 1e3,
  };
  if (theirs !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(theirs)) line.clientRequestId = theirs;
  if (state.failure !== undefined) line.err = state.failure;
  logger[level](line, 'request');
}

function isTile(route: string): boolean {
  return route.startsWith('/tile/') || route.startsWith('/api/v2/tile/');
}

/**
 * Checks what Node's parser lets through: long targets, several or foreign Host headers.
 * @returns the refusal of a host that is not this server's; undefined for a sound head
 * @throws LogError uri_too_long, malformed_request
 */
function checkHead({ url }: Request, state: RequestState, hostNames: ReadonlySet<string>): Response | undefined {
  const target = url.length - url.indexOf('/', url.indexOf('//') + 2);
  if (target > MAX_TARGET) throw new LogError('uri_too_long', `the URL is longer than ${MAX_TARGET} bytes`);
  // Repeated headers are joined with a comma, which no host holds.
  const host = state.header('host') ?? '';
  if (host.includes(',')) throw new LogError('malformed_request', 'send one Host header', { at: 'host' });
  if (hostNames.size === 0 || hostNames.has(host.toLowerCase().replace(/:\d+$/, ''))) return undefined;
  const error = new LogError('malformed_request', 'this server does not answer for that host', { at: 'host' });
  return state.errorForm(error, state.id, 421);
}

/** Reads are limited generously and apart from writes; checkpoint, log description and health never are. */
function limitReads(request: Request, state: RequestState, limits: Limits): void {
  const { method } = request;
  if ((method !== 'GET' && method !== 'HEAD') || UNLIMITED.has(getPath(request))) return;
  chargeReads(limits, state.client, 1);
}
