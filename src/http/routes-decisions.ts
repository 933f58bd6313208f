/** Logged decisions that no longer hold. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import type { Reconsideration } from '../evidence/decisions/reconsideration.ts';
import { chargeReads, type Limits } from './limits.ts';
import { decimal, readQuery } from './parameters.ts';
import { type AppEnv, stateOf } from './request-state.ts';
import { CACHE, respondJson } from './respond.ts';
import { content, describeRoute, mount } from './route.ts';
import { sha256Hex, size } from './schema.ts';
import { decision } from './schema-gate.ts';

const verdict = decision.shape.decision;

const affectedDecision = z
  .object({
    index: size('Entry with the earlier decision.', 7),
    leafHash: sha256Hex('Of that entry.'),
    artifact: decision.shape.artifact,
    phase: decision.shape.phase,
    policy: decision.shape.policy.omit({ index: true }),
    decision: verdict.openapi({ description: 'What was decided then.' }),
    now: verdict.openapi({ description: 'What the same question comes to now.' }),
    affectedBy: decision.shape.affectedBy,
    supersededBy: size(
      'Entry with the decision that the log logged in its place; absent where it is yet to be.',
    ).optional(),
  })
  .openapi('AffectedDecision');

const answer = z
  .object({
    treeSize: size('The answer covers every decision below this size.'),
    rootHash: sha256Hex('Root of the tree of that size.'),
    feedSize: size('Control statements that were in effect.', 1),
    complete: z.boolean().openapi({ description: 'False where there are more logged decisions than are looked at.' }),
    decisions: z.array(affectedDecision).openapi({ description: 'Newest first.' }),
    next: z.int().optional().openapi({ description: '`before` of the next page; absent on the last.' }),
  })
  .openapi('AffectedDecisions');

/** Decisions on a page. */
const MOST = 1_000;
/** Reads that an answer costs: it may have to decide anew, once for each control statement. */
const READS = 10;

const query = z.strictObject({
  before: decimal('Only decisions at smaller indexes.').optional(),
  limit: decimal('At most so many.', { minimum: 1, maximum: MOST }).optional(),
});

const affected = describeRoute({
  method: 'get',
  path: '/v1/decisions/affected',
  operationId: 'listAffectedDecisions',
  tag: 'evidence',
  summary: 'Which logged decisions would now differ',
  description:
    'Logged decisions whose verdict was turned by what was revoked, or given back, since. The log logs a decision in the ' +
    'place of each. Pages are answered as of the head of their own request: where `treeSize` changed, begin anew.',
  request: { query },
  responses: { 200: content('A page.', 'application/json', answer) },
  problems: [503],
});

export const decisionRoutes = [affected];

export function mountDecisionRoutes(app: Hono<AppEnv>, decisions: Reconsideration, limits: Limits): void {
  mount(app, affected, async function listAffectedDecisions(c) {
    const { before = Number.MAX_SAFE_INTEGER, limit = 100 } = readQuery(c, query);
    chargeReads(limits, stateOf(c).client, READS - 1);
    const all = await decisions.affected();
    const left = all.decisions.filter(({ index }) => index < before);
    const page = left.slice(0, limit);
    const next = left.length > page.length ? page.at(-1)!.index : undefined;
    return respondJson(stateOf(c), { ...all, decisions: page, next }, CACHE.never);
  });
}
