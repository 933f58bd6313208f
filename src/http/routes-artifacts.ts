/** Artifacts: all that the log knows about one, and what it comes to. */
import type { Hono } from 'hono';
import type { LogEvidence } from '../evidence/facts/log-evidence.ts';
import { artifactEvidence, EVIDENCE_LIMITS } from '../evidence/gate/artifact-evidence.ts';
import { explain } from '../evidence/gate/explain.ts';
import { artifactJson } from '../evidence/gate/explanation-json.ts';
import { chargeReads, type Limits } from './limits.ts';
import { artifactPath, readPath } from './parameters.ts';
import { type AppEnv, stateOf } from './request-state.ts';
import { CACHE, respondJson } from './respond.ts';
import { content, describeRoute, mount } from './route.ts';
import { artifactAnswer } from './schema-evidence.ts';

const artifact = describeRoute({
  method: 'get',
  path: '/v1/artifacts/{digest}',
  operationId: 'explainArtifact',
  tag: 'evidence',
  summary: 'What the log knows about an artifact',
  description:
    'Evidence about the artifact and about the commits that it was built from, and what it comes to: where the ' +
    'artifact came from, who changed it, what went in, what built it. The answer covers every entry below its tree ' +
    'size; of an artifact that nobody logged anything about, everything is unknown. Nothing is judged.',
  request: { params: artifactPath },
  responses: { 200: content('Evidence and explanation.', 'application/json', artifactAnswer) },
  problems: [503],
});

export const artifactRoutes = [artifact];

export function mountArtifactRoutes(app: Hono<AppEnv>, evidence: LogEvidence, limits: Limits): void {
  mount(app, artifact, async function explainArtifact(c) {
    const { digest: digests } = readPath(c, artifactPath);
    // A look-up for each digest and for each commit, of which the request itself has paid for one.
    chargeReads(limits, stateOf(c).client, digests.size + EVIDENCE_LIMITS.commits - 1);
    const source = evidence.now();
    const found = await artifactEvidence(source, digests);
    return respondJson(stateOf(c), artifactJson(source, found, explain(found)), CACHE.revalidate);
  });
}
