import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { artifactEvidence } from '../../../src/evidence/gate/artifact-evidence.ts';
import { type Explanation, explain } from '../../../src/evidence/gate/explain.ts';
import type { Answer } from '../../../src/evidence/gate/findings.ts';
import { testKey } from '../../fixtures/make.ts';
import {
  ARTIFACT,
  approval,
  COMMIT,
  githubProvenance,
  pinSet,
  pullRequestApproval,
  REPOSITORY,
  RUN,
  sourceProvenance,
  spdx,
  summary,
  tagProvenance,
} from '../../fixtures/predicates.ts';
import { BUILD, build, type EvidenceLog, evidenceLog, ISSUER, impostor, longLived, WORKFLOW } from '../evidence-log.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

const sourceTool = () => build({ issuerV2: ISSUER }, 'https://example.com/source-tool');
const artifact = new Map([['sha256', ARTIFACT]]);

async function explained(digests = artifact, limits?: Parameters<typeof artifactEvidence>[2]): Promise<Explanation> {
  return explain(await artifactEvidence(made.evidence.now(), digests, limits));
}

function statuses({ origin, change, dependencies, runner }: Explanation): string[] {
  return [origin, change, dependencies, runner].map(({ status }) => status);
}

const values = ({ findings }: Answer) => findings.map(({ value }) => value);
const byCertificate = (index: number) => [{ index, from: 'certificate', chain: 'trusted' }];
const byStatement = (index: number, chain = 'trusted') => [{ index, from: 'statement', chain }];

/** Provenance that lists nothing but what was built. */
const bareProvenance = (() => {
  const { buildDefinition, ...rest } = githubProvenance.predicate as {
    buildDefinition: { resolvedDependencies: unknown[] };
  };
  const resolvedDependencies = buildDefinition.resolvedDependencies.slice(0, 1);
  return { ...githubProvenance, predicate: { ...rest, buildDefinition: { ...buildDefinition, resolvedDependencies } } };
})();

/** With another member, so that it is another statement. */
const changed = (statement: { predicate: object }, more: object) => ({
  ...statement,
  predicate: { ...statement.predicate, ...more },
});

describe('an artifact that nobody logged', () => {
  it('is unknown in everything', async () => {
    const { origin, change, dependencies, runner, mismatches } = await explained();
    const answers = [...Object.values(origin), ...Object.values(change), runner.builder, runner.environment];
    expect(answers.filter((one) => typeof one === 'object').map(({ status }) => status)).toEqual(
      answers.filter((one) => typeof one === 'object').map(() => 'unknown'),
    );
    expect(dependencies).toEqual({ status: 'unknown', total: 0, pinned: 0, items: [] });
    expect([runner.signers, mismatches]).toEqual([[], []]);
  });
});

describe('the four questions', () => {
  it('A9: are answered by a full chain, each by the entry that proves it', async () => {
    const provenance = await made.state(bareProvenance, build());
    const source = await made.state(sourceProvenance, sourceTool());
    const level = await made.state(summary, sourceTool());
    const approved = await made.state(approval, longLived);
    const pins = await made.state(pinSet, longLived);
    const explanation = await explained();
    expect(statuses(explanation)).toEqual(['known', 'known', 'known', 'known']);
    const { origin, change, dependencies, runner } = explanation;
    expect(origin).toMatchObject({
      repository: { findings: [{ value: REPOSITORY, support: byCertificate(provenance) }] },
      repositoryId: { findings: [{ value: '4711' }] },
      commit: { findings: [{ value: COMMIT, support: byCertificate(provenance) }] },
      ref: { findings: [{ value: 'refs/heads/main' }] },
      workflow: { findings: [{ value: '.github/workflows/release.yml', support: byStatement(provenance) }] },
      trigger: { findings: [{ value: 'push' }] },
      invocation: { findings: [{ value: RUN }] },
    });
    expect(change).toMatchObject({
      actor: { findings: [{ value: 'alice', support: byStatement(source) }] },
      activity: { findings: [{ value: 'pr_merge' }] },
      approvers: { findings: [{ value: 'bob', support: byStatement(approved, 'unverified') }, { value: 'carol' }] },
      levels: { findings: [{ value: 'SLSA_SOURCE_LEVEL_3', support: byStatement(level) }] },
      controls: { findings: [{ value: 'CONTINUITY_ENFORCED' }, { value: 'REVIEW_ENFORCED' }] },
    });
    expect(dependencies).toMatchObject({ total: 2, pinned: 1 });
    expect(dependencies.items.map(({ uri, support }) => [uri, support[0]!.index])).toEqual([
      ['git+https://github.com/actions/checkout', pins],
      ['git+https://github.com/acme/scan@refs/tags/v4', pins],
    ]);
    expect(runner).toMatchObject({
      builder: { findings: [{ value: WORKFLOW, support: byStatement(provenance) }] },
      environment: { findings: [{ value: 'github-hosted', support: byCertificate(provenance) }] },
      signers: [{ index: provenance, chain: 'trusted', names: [WORKFLOW], credential: 'ephemeral', lifetime: 600 }],
    });
  });

  it.each([
    ['the provenance', [false, true, true, true], ['unknown', 'unknown', 'unknown', 'unknown']],
    ['source provenance and approval', [true, false, true, true], ['known', 'unknown', 'known', 'known']],
    ['the pin set', [true, true, false, true], ['known', 'known', 'unknown', 'known']],
  ])('A9: turn to unknown without %s', async (_, [provenance, source, pins], expected) => {
    if (provenance) await made.state(bareProvenance, build());
    if (source) await made.state(sourceProvenance, sourceTool());
    if (pins) await made.state(pinSet, longLived);
    expect(statuses(await explained())).toEqual(expected);
  });

  it('about a commit are answered by what is said about it', async () => {
    await made.state(sourceProvenance, sourceTool());
    await made.state(pullRequestApproval, longLived);
    await made.state(tagProvenance, longLived);
    await made.state(summary, longLived);
    const { origin, change, dependencies, runner } = await explained(new Map([['gitCommit', COMMIT]]));
    expect([values(change.actor), values(change.approvers), dependencies.status]).toEqual([
      ['alice'],
      ['bob'],
      'unknown',
    ]);
    expect([origin.repository, origin.commit, origin.ref].map(values)).toEqual([
      [REPOSITORY],
      [COMMIT],
      ['refs/heads/main'],
    ]);
    expect([values(change.levels), runner.levels.status]).toEqual([['SLSA_SOURCE_LEVEL_3'], 'unknown']);
  });

  it('count what an inventory lists among what went in, with the build’s own list', async () => {
    const provenance = await made.state(githubProvenance, build());
    const inventory = await made.state(spdx, longLived);
    const { total, pinned, items } = (await explained()).dependencies;
    expect([total, pinned]).toEqual([2, 2]);
    expect(items.map(({ support }) => support[0]!.index)).toEqual([provenance, inventory]);
  });
});

describe('whose word is taken', () => {
  it('a trusted certificate outranks the predicate, and the mismatch is listed', async () => {
    const index = await made.state(githubProvenance, build({ ...BUILD, sourceRepositoryRef: 'refs/heads/next' }));
    const { origin, mismatches } = await explained();
    expect(origin.ref).toEqual({
      status: 'known',
      findings: [{ value: 'refs/heads/next', support: byCertificate(index) }],
    });
    expect(mismatches).toEqual([
      { index, fact: 'ref', certificate: 'refs/heads/next', predicate: 'refs/heads/main', outranks: true },
    ]);
  });

  it('an unverified certificate proves its key and nothing else', async () => {
    const index = await made.state(bareProvenance, impostor({ ...BUILD, sourceRepositoryRef: 'refs/heads/next' }));
    const { origin, runner, mismatches } = await explained();
    expect(origin.ref.findings).toEqual([{ value: 'refs/heads/main', support: byStatement(index, 'unverified') }]);
    expect(mismatches).toMatchObject([{ fact: 'ref', outranks: false }]);
    expect(runner.signers).toMatchObject([{ chain: 'unverified', credential: 'unknown' }]);
  });

  it('statements of trusted signers go before those of keys that nobody vouches for, which are shown all the same', async () => {
    const spam = await made.state(changed(sourceProvenance, { actor: 'mallory' }), longLived);
    await made.state(bareProvenance, build());
    const source = await made.state(sourceProvenance, sourceTool());
    expect((await explained()).change.actor).toEqual({
      status: 'known',
      findings: [
        { value: 'alice', support: byStatement(source) },
        { value: 'mallory', support: byStatement(spam, 'unverified') },
      ],
    });
  });

  it('equals that contradict each other are a conflict', async () => {
    await made.state(bareProvenance, longLived);
    const runDetails = { builder: { id: 'https://example.com/other' } };
    await made.state(changed(bareProvenance, { runDetails }), testKey('p256', 'other'));
    const { runner } = await explained();
    expect([runner.builder.status, values(runner.builder)]).toEqual([
      'conflicting',
      [WORKFLOW, 'https://example.com/other'],
    ]);
  });

  it('a bare signature under a trusted certificate says which build signed, and no builder', async () => {
    const index = await made.sign(utf8('app'), build());
    const { origin, runner } = await explained(new Map([['sha256', toHex(sha256(utf8('app')))]]));
    expect(origin.commit.findings).toEqual([{ value: COMMIT, support: byCertificate(index) }]);
    expect([runner.environment.status, runner.builder.status]).toEqual(['known', 'unknown']);
  });

  it('whoever signs a summary did not build what it is about', async () => {
    const predicate = { ...summary.predicate, verifiedLevels: ['SLSA_BUILD_LEVEL_3'] };
    const about = { ...summary, predicate, subject: githubProvenance.subject };
    await made.state(about, build({ ...BUILD, sourceRepositoryURI: 'https://github.com/acme/verifier' }));
    const { origin, runner } = await explained();
    expect([origin.repository.status, values(runner.levels), runner.signers]).toEqual([
      'unknown',
      ['SLSA_BUILD_LEVEL_3'],
      [],
    ]);
  });
});

describe('a summary that did not pass', () => {
  it('gives no levels', async () => {
    await made.state(bareProvenance, build());
    await made.state(changed(summary, { verificationResult: 'FAILED' }), sourceTool());
    expect((await explained()).change.levels.status).toBe('unknown');
  });
});

describe('evidence about an artifact', () => {
  it('is the newest of it where there is too much, and says so', async () => {
    const logged = [];
    for (const n of [1, 2, 3]) logged.push(await made.state(changed(bareProvenance, { n }), longLived));
    const found = await artifactEvidence(made.evidence.now(), artifact, { entries: 2, commits: 1 });
    expect(found.complete).toBe(false);
    expect(found.about.map(({ index }) => index)).toEqual(logged.slice(1));
    expect((await artifactEvidence(made.evidence.now(), artifact, { entries: 3, commits: 1 })).complete).toBe(true);
  });

  it('follows a bounded number of commits, those of trusted certificates first', async () => {
    const other = 'ee'.repeat(20);
    const { buildDefinition, ...rest } = bareProvenance.predicate as { buildDefinition: object };
    const resolvedDependencies = [{ uri: `git+${REPOSITORY}@refs/heads/main`, digest: { gitCommit: other } }];
    await made.state(
      changed(bareProvenance, { ...rest, buildDefinition: { ...buildDefinition, resolvedDependencies } }),
      longLived,
    );
    await made.state(bareProvenance, build());
    const found = await artifactEvidence(made.evidence.now(), artifact, { entries: 9, commits: 1 });
    expect([[...found.source.keys()], found.complete]).toEqual([[COMMIT], false]);
  });

  it('by several digests is one list, without doubles', async () => {
    const subject = [{ name: 'a', digest: { sha256: ARTIFACT, sha512: 'cd'.repeat(64) } }];
    const index = await made.state({ ...bareProvenance, subject }, longLived);
    const digests = new Map([...artifact, ['sha512', 'cd'.repeat(64)]]);
    const { about } = await artifactEvidence(made.evidence.now(), digests);
    expect(about.map((one) => one.index)).toEqual([index]);
  });
});
