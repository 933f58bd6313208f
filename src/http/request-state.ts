/** What the layers of one request share, and the types of the application's context. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { ProblemSource } from './problem.ts';

/** Writes the answer to a failed request, in the form that the clients of a door know. */
export type ErrorForm = (error: ProblemSource, requestId: string, status?: number) => Response;

export interface RequestState {
  /** Ours; the client's own is logged and never repeated. */
  readonly id: string;
  /** Pattern of the route that answers, as in the OpenAPI document; `unmatched` until one is found. */
  route: string;
  /** Whom the request is counted against: `token:<name>`, or an address. */
  client: string;
  /** Problem documents, until a route of another dialect is found. */
  errorForm: ErrorForm;
  /** What went wrong on the server's side, for its log. */
  failure: unknown;
  /** A request header, its repetitions joined by a comma as Fetch joins them; undefined where it was not sent. */
  readonly header: (lowerCaseName: string) => string | undefined;
}

/** What the server hands over beside the request. */
export interface RequestBindings {
  /** Absent where the application is called without a socket, as tests do. */
  incoming?: IncomingMessage;
  /** Set before a route is looked for. */
  state?: RequestState;
}

export interface AppEnv {
  Bindings: RequestBindings;
}

export type AppContext = Context<AppEnv>;

export function stateOf(c: AppContext): RequestState {
  return c.env.state!;
}
