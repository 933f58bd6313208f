/** The door for clients of Rekor v1: one tree and one index underneath, a key of its own above. */
import type { Hono } from 'hono';
import type { AppEnv } from '../request-state.ts';
import type { SubmissionOptions } from '../submit.ts';
import { RekorV1Door } from './rekor-v1-door.ts';
import { mountRekorV1EntryRoutes, rekorV1EntryRoutes } from './routes-rekor-v1-entries.ts';
import { mountRekorV1LogRoutes, rekorV1LogRoutes } from './routes-rekor-v1-log.ts';
import { mountRekorV1SearchRoutes, rekorV1SearchRoutes } from './routes-rekor-v1-search.ts';

export const rekorV1Routes = [...rekorV1EntryRoutes, ...rekorV1SearchRoutes, ...rekorV1LogRoutes];

export function mountRekorV1Routes(app: Hono<AppEnv>, options: SubmissionOptions): void {
  const door = new RekorV1Door(options.log);
  mountRekorV1EntryRoutes(app, door, options);
  mountRekorV1SearchRoutes(app, door, options.log, options.limits);
  mountRekorV1LogRoutes(app, door, options.log);
}
