/** The gate: may this artifact be promoted, and why. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { LogError } from '../core/errors.ts';
import { boundedCache } from '../entry/encoding/bounded-cache.ts';
import { decisionStatement } from '../entry/submission/decision-statement.ts';
import type { LogEvidence } from '../evidence/facts/log-evidence.ts';
import { namespacesOf } from '../evidence/gate/collect.ts';
import { decideForRecord } from '../evidence/gate/decide.ts';
import { decisionSarif } from '../evidence/gate/decision-sarif.ts';
import { presetText } from '../evidence/policy/document/read-policy.ts';
import { type Policy, readPolicy } from '../evidence/policy/policy.ts';
import type { LogRevocation } from '../evidence/revocation/log-revocation.ts';
import { receiptJson } from './answers.ts';
import { bundleOf } from './bundle-answer.ts';
import { readJsonQuery } from './json-query.ts';
import { chargeReads } from './limits.ts';
import { type AppEnv, stateOf } from './request-state.ts';
import { CACHE, respond, respondJson } from './respond.ts';
import { content, describeRoute, mount } from './route.ts';
import { decision, gateQuestion } from './schema-gate.ts';
import { admitStatement, type SubmissionOptions } from './submit.ts';

const gate = describeRoute({
  method: 'post',
  path: '/v1/gate',
  operationId: 'decide',
  tag: 'evidence',
  summary: 'May this artifact be promoted, and why',
  description:
    'Judges all evidence about an artifact by a policy, as of the published tree size and with everything that was ' +
    'revoked by then. The verdict is this server’s word: `countersign gate` comes to its own, from proved entries. With ' +
    '`"log": true` it becomes an entry, a verification summary signed by the log’s statement key.',
  secured: true,
  request: { body: { required: true, content: { 'application/json': { schema: gateQuestion } } } },
  responses: {
    200: {
      ...content('The decision, whatever it is.', 'application/json', decision),
      content: {
        'application/json': { schema: decision },
        'application/sarif+json': { schema: z.looseObject({ version: z.literal('2.1.0') }) },
      },
    },
  },
  problems: [401, 410, 413, 415, 422, 503],
});

export const gateRoutes = [gate];

/** Reads that one decision costs at least: look-ups by digest, by commit and by package. */
const READS = 10;

export interface GateOptions extends Pick<SubmissionOptions, 'log' | 'admission' | 'limits' | 'clock'> {
  evidence: LogEvidence;
  revocation: LogRevocation;
}

/** Policies that are kept as read: reading one takes as long as deciding, and most are asked with again and again. */
const POLICIES_KEPT = 64;
/** Characters: longer ones are read each time, so that nobody can fill the memory with them. */
const LONGEST_KEPT = 16 * 1024;

export function mountGateRoutes(app: Hono<AppEnv>, options: GateOptions): void {
  const { log, evidence, revocation, limits, clock } = options;
  // By its text. One that is wrong is as wrong the next time.
  const kept = boundedCache<Promise<Policy>>(POLICIES_KEPT);
  const read = (text: string) =>
    text.length > LONGEST_KEPT ? readPolicy(text) : kept.get(text, () => readPolicy(text));
  mount(app, gate, async function decideOnArtifact(c) {
    const state = stateOf(c);
    const { artifact, phase, format, log: isLogged, ...asked } = await readJsonQuery(c, gateQuestion, limits);
    if (isLogged && format !== 'json')
      throw new LogError('malformed_request', 'ask for JSON to log it', { at: 'format' });
    if (isLogged) admitStatement(c, options);
    chargeReads(limits, state.client, READS - 1);
    const policy = await read(policyText(asked));
    const digests = new Map(Object.entries(artifact.digests) as [string, string][]);
    // Evidence first: what is revoked in between counts.
    const source = evidence.now();
    const standing = await revocation.now({ follows: namespacesOf(policy.document) });
    const question = { artifact: { name: artifact.name, digests }, phase, now: clock.now() / 1000 };
    const { decision: decided, record } = await decideForRecord(source, standing, policy, question);
    if (isLogged) {
      const receipt = await log.appendOwn(decisionStatement(record));
      const logged = { receipt: receiptJson(receipt), bundle: JSON.parse(bundleOf(log, receipt.index)) as object };
      return respondJson(state, { ...decided, logged }, CACHE.never);
    }
    if (format === 'json') return respondJson(state, decided, CACHE.never);
    const text = JSON.stringify(decisionSarif(decided));
    return respond(state, text, { type: 'application/sarif+json', cache: CACHE.never });
  });
}

function policyText({ policy, preset }: Pick<z.output<typeof gateQuestion>, 'policy' | 'preset'>): string {
  if ((policy === undefined) === (preset === undefined)) {
    throw new LogError('malformed_request', 'give either a policy or the name of a preset', { at: 'policy' });
  }
  return policy ?? presetText(preset!);
}
