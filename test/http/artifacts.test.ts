import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { artifactAnswer } from '../../src/http/schema-evidence.ts';
import { build, type EvidenceLog, evidenceLog, longLived, WORKFLOW } from '../evidence/evidence-log.ts';
import { serve } from '../evidence/served.ts';
import { ARTIFACT, COMMIT, githubProvenance, REPOSITORY, sourceProvenance } from '../fixtures/predicates.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

async function artifact(digest: string) {
  const { get } = serve(made.log);
  const answer = await get(`/v1/artifacts/${digest}`);
  return artifactAnswer.parse(await answer.json());
}

describe('GET /v1/artifacts/{digest}', () => {
  it('brings evidence and what it comes to, for a tree size', async () => {
    const provenance = await made.state(githubProvenance, build());
    const source = await made.state(sourceProvenance, longLived);
    const { size, root, time } = made.log.head();
    const answer = await artifact(`sha256:${ARTIFACT}`);
    expect(answer).toMatchObject({
      origin: made.log.identity.origin,
      treeSize: size,
      rootHash: toHex(root),
      time,
      digest: { sha256: ARTIFACT },
      complete: true,
      explanation: {
        origin: { status: 'known', repository: { findings: [{ value: REPOSITORY }] } },
        change: { actor: { findings: [{ value: 'alice', support: [{ index: source, chain: 'unverified' }] }] } },
        runner: { signers: [{ names: [WORKFLOW], chain: 'trusted' }] },
      },
      evidence: [
        { index: provenance, claim: { kind: 'provenance', dependencies: 2 }, subjects: [{ name: 'api.tgz' }] },
      ],
      sourceEvidence: { [COMMIT]: [{ index: source, claim: { kind: 'source', controls: { REVIEW_ENFORCED: null } } }] },
    });
  });

  it('answers about an artifact that nobody logged that everything is unknown, with the same coverage', async () => {
    const { treeSize, complete, evidence, explanation } = await artifact('cd'.repeat(32));
    expect({ treeSize, complete, evidence }).toEqual({ treeSize: made.log.head().size, complete: true, evidence: [] });
    const { origin, change, dependencies, runner } = explanation;
    expect([origin, change, dependencies, runner].map(({ status }) => status)).toEqual(Array(4).fill('unknown'));
  });

  it.each([
    ['a SHA-256 alone', ARTIFACT],
    ['several digests of the artifact', `sha512:${'cd'.repeat(64)},sha256:${ARTIFACT}`],
  ])('takes %s', async (_, digest) => {
    const index = await made.state(githubProvenance, longLived);
    expect((await artifact(digest)).evidence.map((one) => one.index)).toEqual([index]);
  });

  it('takes a commit', async () => {
    await made.state(sourceProvenance, longLived);
    expect((await artifact(`gitCommit:${COMMIT}`)).explanation.change.status).toBe('known');
  });

  it.each([
    'abc',
    `sha256:${'AB'.repeat(32)}`,
    `md5:${'ab'.repeat(16)}`,
    `sha256:${ARTIFACT},sha256:${'cd'.repeat(32)}`,
    `${ARTIFACT},`,
  ])('refuses %s', async (digest) => {
    const { get } = serve(made.log);
    expect((await get(`/v1/artifacts/${digest}`)).status).toBe(400);
  });
});
