/** What the layers of one request share, and the types of the application's context. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';

export interface RequestState {
  /** Ours; the client's own is logged and never repeated. */
  readonly id: string;
  /** Pattern of the route that answers, as in the OpenAPI document; `unmatched` until one is found. */
  route: string;
  /** Whom the request is counted against: `token:<name>`, or an address. */
  client: string;
  /** What went wrong on the server's side, for its log. */
  failure: unknown;
}

export interface AppEnv {
  /** Absent where the application is called without a socket, as tests do. */
  Bindings: { incoming?: IncomingMessage };
  Variables: { request: RequestState };
}

export type AppContext = Context<AppEnv>;

export function stateOf(c: AppContext): RequestState {
  return c.get('request');
}
