/** The view of the log that witnesses have cosigned. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { LogError } from '../../core/errors.ts';
import { type AppEnv, stateOf } from '../request-state.ts';
import { CACHE, respond } from '../respond.ts';
import { content, describeRoute, mount } from '../route.ts';
import type { WitnessedHead } from './witnessed-head.ts';

const witnessedCheckpoint = describeRoute({
  method: 'get',
  path: '/v1/checkpoints/witnessed',
  operationId: 'getWitnessedCheckpoint',
  tag: 'checkpoints',
  summary: 'Get the newest checkpoint whose cosignatures satisfy the log’s witness policy',
  description: 'A signed note with the cosignatures gathered so far. 404 while no checkpoint satisfies the policy.',
  responses: { 200: content('The checkpoint.', 'text/plain', z.string()) },
  problems: [404, 501],
});

export const witnessedRoutes = [witnessedCheckpoint];

export function mountWitnessedRoutes(app: Hono<AppEnv>, witnessed: WitnessedHead | undefined): void {
  mount(app, witnessedCheckpoint, function getWitnessedCheckpoint(c) {
    const newest = requireWitnesses(witnessed).newest();
    if (newest === undefined) throw new LogError('not_found', 'no checkpoint satisfies the witness policy yet');
    return respond(stateOf(c), newest.note, { type: 'text/plain; charset=utf-8', cache: CACHE.revalidate });
  });
}

/** @throws LogError not_enabled where the log is run without a witness policy */
export function requireWitnesses(witnessed: WitnessedHead | undefined): WitnessedHead {
  if (witnessed !== undefined) return witnessed;
  throw new LogError('not_enabled', 'this log is run without a witness policy');
}
