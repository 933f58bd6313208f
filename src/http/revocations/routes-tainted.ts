/** What a dependency taint reaches, from its position in the feed. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { DependencyTaint } from '../../entry/control/artifact-events.ts';
import { taintedSet } from '../../evidence/decisions/tainted-set.ts';
import { evidenceJson } from '../../evidence/facts/evidence-json.ts';
import { readControl } from '../../evidence/revocation/log-revocation.ts';
import type { Log } from '../../log/log.ts';
import { inclusionProofJson } from '../answers.ts';
import type { GateParts } from '../gate-parts.ts';
import { chargeReads, type Limits } from '../limits.ts';
import { decimal, readPath, readQuery } from '../parameters.ts';
import { type AppEnv, stateOf } from '../request-state.ts';
import { CACHE, respondJson } from '../respond.ts';
import { content, describeRoute, mount } from '../route.ts';
import { receipt, sha256Hex, size } from '../schema.ts';
import { decision } from '../schema-gate.ts';
import { beyondFeed } from './revocation-streams.ts';

const proved = {
  index: size('Index of the entry.', 7),
  leafHash: sha256Hex('Of that entry.'),
  inclusionProof: receipt.shape.inclusionProof,
};
const digest = z.record(z.string(), z.string()).openapi({ description: 'By algorithm.' });

export const taintedAnswer = z
  .object({
    treeSize: size('The answer covers every entry below this size, and its proofs are for it.'),
    rootHash: sha256Hex('Root of the tree of that size.'),
    control: size('Index of the control statement.', 5),
    statements: z
      .array(
        z.object({
          ...proved,
          kind: z.string().openapi({ description: 'provenance, sbom, pin-set: what lists the dependency.' }),
          subjects: z
            .array(z.object({ name: z.string().optional(), digest }))
            .openapi({ description: 'The first 100.' }),
        }),
      )
      .openapi({ description: 'Statements that list the dependency within the window, newest first.' }),
    promotions: z
      .array(z.object({ ...proved, artifact: decision.shape.artifact, phase: decision.shape.phase }))
      .openapi({ description: 'Logged decisions that allowed what these built, newest first.' }),
    identities: z
      .array(
        z.object({
          key: sha256Hex('SHA-256 of the signer’s SubjectPublicKeyInfo; absent for an identity.').optional(),
          names: z.array(z.string()),
          issuer: z.string().optional(),
          status: z.enum(['suspended-pending', 'reinstated']),
        }),
      )
      .openapi({
        description: 'Who signed for the builds and pin sets on the page, and how what they log next stands.',
      }),
    next: z.int().optional().openapi({ description: '`before` of the next page; absent on the last.' }),
  })
  .openapi('TaintedSet');

/** Statements on a page: each comes with a proof. */
const MOST = 200;
/** Reads that a page costs. */
const READS = 10;

const path = z.object({ position: decimal('Of the control statement, in the feed.', { example: 0 }) });
const query = z.strictObject({
  before: decimal('Only statements at smaller indexes.').optional(),
  limit: decimal('At most so many statements.', { minimum: 1, maximum: MOST }).optional(),
});

const affected = describeRoute({
  method: 'get',
  path: '/v1/revocations/{position}/affected',
  operationId: 'listTainted',
  tag: 'revocations',
  summary: 'What a dependency taint reaches',
  description:
    'Of a `dependency-taint`: the builds, inventories and pin sets that list the dependency within its window, what the ' +
    'builds made, and the logged decisions that let it through, each with the proof that it is in the log.',
  request: { params: path, query },
  responses: { 200: content('A page.', 'application/json', taintedAnswer) },
  problems: [404, 503],
});

export const taintedRoutes = [affected];

export function mountTaintedRoute(app: Hono<AppEnv>, log: Log, gate: GateParts, limits: Limits): void {
  mount(app, affected, async function listTainted(c) {
    const { position } = readPath(c, path);
    const { before = Number.MAX_SAFE_INTEGER, limit = 100 } = readQuery(c, query);
    chargeReads(limits, stateOf(c).client, READS - 1);
    const { index, taint } = taintAt(log, position);
    const head = log.head();
    const source = { reader: log.reader, ...gate };
    const set = await taintedSet(source, index, taint, { treeSize: head.size, before, limit });
    const proof = (of: { index: number; leafHash: string }) => ({
      ...{ index: of.index, leafHash: of.leafHash },
      inclusionProof: inclusionProofJson(log.reader.inclusionProof(of.index, head.size).proof),
    });
    const body = {
      ...{ treeSize: head.size, rootHash: toHex(head.root), control: index },
      statements: set.statements.map((one) => {
        const { subjects } = evidenceJson(one);
        return { ...proof(one), kind: one.claim?.kind ?? 'other', subjects };
      }),
      promotions: set.promotions.map((one) => ({ ...proof(one), artifact: one.artifact, phase: one.phase })),
      identities: set.identities,
      next: set.next,
    };
    return respondJson(stateOf(c), body, CACHE.never);
  });
}

/** @throws LogError not_yet_published; malformed_request for a control statement of another kind */
function taintAt({ reader }: Pick<Log, 'reader'>, position: number): { index: number; taint: DependencyTaint } {
  const [control] = reader.controlEvents(position, 1);
  if (control === undefined) throw beyondFeed(reader.feedHead().size);
  const { index, payload } = control.entry;
  const event = 'bytes' in payload ? readControl(payload.bytes) : undefined;
  if (event?.event === 'dependency-taint') return { index, taint: event };
  throw new LogError('malformed_request', 'the control statement is no dependency-taint', { at: 'position' });
}
