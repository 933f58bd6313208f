/** Routes: what the OpenAPI document says of them, and how they are mounted. */
import { createRoute, type RouteConfig, type z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { LogError } from '../core/errors.ts';
import { type AppContext, type AppEnv, stateOf } from './request-state.ts';

export type Route = RouteConfig & { getRoutingPath(): string };
export type RouteHandler = (c: AppContext) => Response | Promise<Response>;

interface RouteDescription {
  method: 'get' | 'post';
  /** In OpenAPI's spelling: `/v1/entries/{index}`. */
  path: string;
  operationId: string;
  tag: string;
  summary: string;
  description?: string;
  request?: NonNullable<RouteConfig['request']>;
  /** Writes need a bearer token where the log admits by token. */
  secured?: boolean;
  responses: RouteConfig['responses'];
  /** Statuses that this route answers with a problem, beyond those that every route can have. */
  problems?: readonly number[];
  /** In which form. Default: problem documents. */
  errors?: ErrorSchema;
}

/** What any route may answer: bad Host, URL too long, request not meant for here, quota, stored corruption, timeouts. */
const EVERYWHERE = [400, 408, 414, 421, 429, 431, 500] as const;

type HeaderSchema = { type: 'string' | 'integer'; format?: string; minimum?: number };

const HEADERS: Record<string, { description: string; required?: boolean; schema: HeaderSchema }> = {
  'X-Request-Id': { description: 'Names this request in the server’s log.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
  'WWW-Authenticate': { description: 'Always a Bearer challenge.', schema: { type: 'string' } },
  'Cache-Control': { description: 'How long the answer may be kept.', schema: { type: 'string' } },
  ETag: { description: 'Changes with the bytes.', schema: { type: 'string' } },
  Allow: { description: 'Methods that the path knows.', schema: { type: 'string' } },
  'X-Accel-Buffering': { description: 'Tells nginx to pass it on at once.', schema: { type: 'string' } },
  Location: { description: 'Path of the entry.', schema: { type: 'string', format: 'uri-reference' } },
};

/** Picks response headers by name. */
export function headers(...names: string[]): Record<string, (typeof HEADERS)[string]> {
  return Object.fromEntries(['X-Request-Id', 'Cache-Control', ...names].map((name) => [name, HEADERS[name]!]));
}

/** A response with one body form. */
export function content(description: string, type: string, schema: z.ZodType, ...headerNames: string[]) {
  return { description, content: { [type]: { schema } }, headers: headers(...headerNames) };
}

const PROBLEM_DESCRIPTIONS: Record<number, string> = {
  400: 'The request is malformed.',
  401: 'A bearer token is missing, or unknown.',
  403: 'The signer is not admitted.',
  404: 'It is not there, or not yet.',
  408: 'The request did not arrive in time.',
  410: 'The payload has been erased, while leaf and proofs remain; or the log is frozen.',
  413: 'The body is too large.',
  414: 'The URL is longer than 2,048 bytes.',
  415: 'The body has another type than those listed, or a Content-Encoding.',
  421: 'The Host is not one that this server answers for.',
  422: 'It can be read, and does not verify, or its payload holds a credential.',
  429: 'The client’s quota is used up.',
  431: 'The header fields are too large.',
  500: 'What is stored contradicts itself, or the server failed.',
  501: 'The log was made without what this needs.',
  503: 'The log cannot do this now.',
};

/** Forms of errors, named as their schemas are. */
export type ErrorSchema = 'Problem' | 'RekorV1Error' | 'RekorV2Error';

/** The doors' own statuses; what is answered before there is a path is a problem document everywhere. */
const RPC_STATUSES = ['400', '401', '403', '404', '413', '414', '415', '421', '429', '500', '503'];

const ERROR_FORMS: Readonly<Record<ErrorSchema, { type: string; statuses: readonly string[] }>> = {
  Problem: { type: 'application/problem+json', statuses: Object.keys(PROBLEM_DESCRIPTIONS) },
  RekorV1Error: { type: 'application/json', statuses: [...RPC_STATUSES, '422', '501'] },
  RekorV2Error: { type: 'application/json', statuses: RPC_STATUSES },
};

function errorResponses(statuses: readonly number[], schema: ErrorSchema): RouteConfig['responses'] {
  return Object.fromEntries(
    statuses.map((status) => {
      const form = ERROR_FORMS[schema].statuses.includes(String(status)) ? schema : 'Problem';
      return [status, { $ref: `#/components/responses/${form}${status}` }];
    }),
  );
}

// An alias and not an interface: the generator wants an index signature, which only an alias implies.
type ErrorComponent = {
  description: string;
  headers: ReturnType<typeof headers>;
  content: Record<string, { schema: { $ref: string } }>;
};

/** The responses that routes refer to for their errors, by component name. */
export function errorComponents(): [string, ErrorComponent][] {
  return Object.entries(ERROR_FORMS).flatMap(([schema, { type, statuses }]) =>
    statuses.map((status): [string, ErrorComponent] => {
      const names = ['429', '503'].includes(status) ? ['Retry-After'] : status === '401' ? ['WWW-Authenticate'] : [];
      const body = { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } };
      const description = PROBLEM_DESCRIPTIONS[Number(status)]!;
      return [`${schema}${status}`, { description, headers: headers(...names), content: body }];
    }),
  );
}

/** Describes a route, with every status that it can answer. */
export function describeRoute(description: RouteDescription): Route {
  const { tag, problems = [], secured = false, errors = 'Problem', responses, ...rest } = description;
  const statuses = [...new Set([...EVERYWHERE, ...problems])].sort((a, b) => a - b);
  return createRoute({
    ...rest,
    tags: [tag],
    ...(secured && { security: [{ token: [] }, {}] }),
    responses: { ...responses, ...errorResponses(statuses, errors) },
  });
}

/** Mounts a handler; `path` where the router's pattern is not the document's. */
export function mount(app: Hono<AppEnv>, route: Route, handler: RouteHandler, path = route.getRoutingPath()): void {
  const label = route.path;
  app.on(route.method.toUpperCase(), path, function answer(c) {
    stateOf(c).route = label;
    return handler(c);
  });
}

/** The methods that a path knows, for `Allow`; empty where no route has that path. */
export function methodsByPath(routes: readonly Route[]): (path: string) => string[] {
  const patterns = routes.map((route) => {
    // Tile paths hold slashes, which a path parameter of OpenAPI cannot say.
    const source = route.path
      .replaceAll(/[.]/g, '\\.')
      .replaceAll(/\{(\w+)\}/g, (_, name) => (name === 'tile' ? '.+' : '[^/]+'));
    return { template: route.path, pattern: new RegExp(`^${source}$`), method: route.method.toUpperCase() };
  });
  return function methodsOf(path) {
    const matching = patterns.filter(({ pattern }) => pattern.test(path));
    // A path that stands in the document by itself is not also an example of one with parameters (OpenAPI 3.1, "Paths").
    const own = matching.filter(({ template }) => template === path);
    const methods = [...new Set((own.length > 0 ? own : matching).map(({ method }) => method))];
    if (methods.includes('GET')) methods.push('HEAD');
    return methods.length === 0 ? [] : [...methods, 'OPTIONS'];
  };
}

/** Everything beyond the published size is not there yet; the answer says how large the log is. */
export function notYetPublished(what: string, treeSize: number): LogError {
  return new LogError('not_yet_published', `${what} lies beyond the published size`, { details: { treeSize } });
}
