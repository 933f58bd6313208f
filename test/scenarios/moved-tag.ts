/** S1: the tags of an action are moved to a commit that steals credentials. */
import { presetText } from '../../src/evidence/policy/document/read-policy.ts';
import { type Policy, readPolicy } from '../../src/evidence/policy/policy.ts';
import type { Account, Scenario } from './account.ts';
import { affectedBy } from './affected.ts';
import { Authority } from './authority.ts';
import { policyFile } from './policy-file.ts';
import { type Artifact, ScenarioLog, type Signed, secondsOf } from './scenario-log.ts';
import {
  artifactOf,
  commitOf,
  identity,
  identityOf,
  pinSetOf,
  promotion,
  provenanceOf,
  type Run,
  revision,
  SOURCE_VERIFIER,
  sourceSummary,
  tagSeen,
} from './statements.ts';
import { allowed, codesOf, refusals, verdicts } from './tally.ts';

const ACTION = 'https://github.com/setup-tools/setup-action';
const TAGS = Array.from({ length: 10 }, (_, i) => `v${i + 1}`);
const BAD = `0e58ed8${commitOf('moved').slice(7)}`;
const MOVED_AT = '2025-03-14T16:57:00Z';
const GATE = identity('https://gate.acme.example', 'https://accounts.acme.example');

/** How a workflow names the action: by a commit that stays, or by a tag. */
type Named = 'by commit' | 'by tag';

export const movedTag: Scenario = {
  name: 'moved-tag',
  title: 'S1: ten tags of an action are moved to a malicious commit',
  async run(account) {
    const log = await ScenarioLog.begin('2025-03-01T08:00:00Z');
    try {
      await replay(account, log);
    } finally {
      await log.close();
    }
  },
};

async function replay(account: Account, log: ScenarioLog): Promise<void> {
  const owners = await Authority.over(log, 'acme', ['https://github.com/acme/*']);
  const pinned = await policyFile('tag-pinned');
  const attested = await policyFile('tag-attested');

  await log.log(
    ...TAGS.map((tag): Signed => ({ statement: tagSeen(ACTION, tag, goodCommit(tag)), by: SOURCE_VERIFIER })),
  );
  await log.log(
    ...TAGS.map(
      (tag): Signed => ({
        statement: sourceSummary(ACTION, goodCommit(tag), 'refs/heads/main', ['SLSA_SOURCE_LEVEL_2']),
        by: SOURCE_VERIFIER,
      }),
    ),
  );
  account.tell(log.time, `an observer logs what the ${TAGS.length} tags of an action point to`);
  const byCommit = await builds(log, 150, 'by commit', goodCommit);
  const byTag = await builds(log, 50, 'by tag', goodCommit);
  account.tell(log.time, '200 builds run it: 150 name a commit, 50 a tag');
  const before = await log.decide(pinned, byTag);
  account.check('builds by commit that `pinned: digest` allows', 150, allowed(await log.decide(pinned, byCommit)));
  account.check(
    'builds by tag that it refuses, before anything has happened',
    { UNPINNED_DEPENDENCY: 50 },
    refusals(before),
  );

  await log.passTo(MOVED_AT);
  await tagsMove(account, log);

  const badBuilds = await builds(log, 20, 'by tag', () => BAD);
  const later = await builds(log, 20, 'by commit', goodCommit);
  account.tell(log.time, '40 more builds: 20 by tag, which now run the malicious commit, 20 by commit');
  const untainted = await log.decide(attested, badBuilds);
  account.check(
    'malicious builds refused though nobody has warned of anything',
    { SOURCE_UNATTESTED: 20 },
    refusals(untainted),
  );
  account.check('builds by tag before, under the same policy', 50, allowed(await log.decide(attested, byTag)));
  const promoted = await promote(log, [...badBuilds, ...byTag]);
  account.tell(log.time, 'a gate that asks for provenance alone promotes what was built by tag');
  account.check('builds that it promotes, the malicious ones among them', 70, promoted);

  await taint(account, log, { owners, pinned, attested, badBuilds, good: [...byCommit, ...later] });
}

/** The tags are seen again, one after the other, at the commit that they were moved to. */
async function tagsMove(account: Account, log: ScenarioLog): Promise<void> {
  const observer = await policyFile('tag-observer');
  const conflicts = async (): Promise<number> => {
    const [decision] = await log.decide(observer, [revision(BAD)], { phase: 'source' });
    if (!codesOf(decision!).includes('TAG_MOVED')) return 0;
    return decision!.results.find(({ rule }) => rule === 'source.tag')!.evidence.length;
  };
  const noticed: boolean[] = [];
  for (const [at, tag] of TAGS.entries()) {
    const known = await conflicts();
    await log.log({ statement: tagSeen(ACTION, tag, BAD), by: SOURCE_VERIFIER });
    noticed.push(known === at && (await conflicts()) === at + 1);
    await log.pass(1);
  }
  account.tell(log.time, `the tags are seen at ${BAD.slice(0, 7)}, where no branch is`);
  account.check('tags told as TAG_MOVED by the first observation that conflicts', 10, noticed.filter(Boolean).length);
}

async function taint(
  account: Account,
  log: ScenarioLog,
  is: { owners: Authority; pinned: Policy; attested: Policy; badBuilds: Artifact[]; good: Artifact[] },
): Promise<void> {
  const judge = async () => [
    ...verdicts(await log.decide(is.pinned, is.good)),
    ...verdicts(await log.decide(is.attested, is.good)),
  ];
  const before = await judge();
  await log.passTo('2025-03-14T17:27:00Z');
  await is.owners.say({
    event: 'dependency-taint',
    target: { digests: { gitCommit: BAD }, package: undefined },
    window: { from: secondsOf(MOVED_AT), to: undefined },
    scope: 'namespace',
    advisories: ['CVE-2025-30066'],
    reason: 'the tags of the action were moved to this commit',
  });
  account.tell(log.time, 'half an hour later the owners declare the commit tainted');
  const affected = await affectedBy(log, `gitCommit:${BAD}`, GATE);
  const expected = new Set(is.badBuilds.map(({ digests }) => digests.get('sha256')!));
  account.check(
    'builds, artifacts and promotions that it reached',
    { builds: 20, artifacts: 20, promotions: 20 },
    {
      builds: affected.builds.length,
      artifacts: affected.artifacts.size,
      promotions: affected.promotions.length,
    },
  );
  account.check(
    'artifacts among them that are not of the 20',
    0,
    [...affected.artifacts].filter((one) => !expected.has(one)).length,
  );
  account.check(
    'malicious builds refused as tainted',
    20,
    refusals(await log.decide(is.attested, is.badBuilds)).TAINTED_DEPENDENCY ?? 0,
  );
  const after = await judge();
  account.check(
    'good builds, of 170, whose verdict changes',
    0,
    before.filter((verdict, at) => verdict !== after[at]).length,
  );
  account.check('good builds that are allowed', 170, allowed(await log.decide(is.pinned, is.good)));
}

/** Builds of as many commits, each with the pin set of its commit; what the action's name led to is in the provenance. */
async function builds(
  log: ScenarioLog,
  count: number,
  named: Named,
  ranAt: (tag: string) => string,
): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (let at = 0; at < count; at += 10) {
    const signed = Array.from({ length: Math.min(10, count - at) }, (_, i): Signed[] => {
      const tag = TAGS[(at + i) % TAGS.length]!;
      const built = run(`${named} ${log.size} ${i}`);
      const artifact = artifactOf(`service-${log.size}-${i}.tar`);
      artifacts.push(artifact);
      const commit = ranAt(tag);
      const pin =
        named === 'by tag'
          ? { uri: `git+${ACTION}@${tag}`, at: '.github/workflows/release.yml:12' }
          : { uri: `git+${ACTION}`, digest: { gitCommit: commit }, at: '.github/workflows/release.yml:12' };
      const resolved = {
        uri: named === 'by tag' ? `git+${ACTION}@refs/tags/${tag}` : `git+${ACTION}`,
        digest: { gitCommit: commit },
      };
      const by = identityOf(built);
      return [
        { statement: provenanceOf(built, [artifact], [resolved]), by },
        { statement: pinSetOf(built.commit, [pin]), by },
      ];
    });
    await log.log(...signed.flat());
    await log.pass(30);
  }
  return artifacts;
}

/** What the preset for SLSA Build level 2 allows, the team's gate lets into production. */
async function promote(log: ScenarioLog, artifacts: readonly Artifact[]): Promise<number> {
  const decisions = await log.decide(await readPolicy(presetText('slsa-build-2')), artifacts);
  const promoted = artifacts.filter((_, at) => decisions[at]!.decision === 'ALLOW');
  await log.log(...promoted.map((artifact): Signed => ({ statement: promotion(artifact, GATE), by: GATE })));
  return promoted.length;
}

function goodCommit(tag: string): string {
  return commitOf(`release ${tag}`);
}

function run(name: string): Run {
  const repository = 'https://github.com/acme/service';
  return {
    ...{ repository, repositoryId: '4711', commit: commitOf(name), ref: 'refs/heads/main' },
    ...{ workflow: '.github/workflows/release.yml', trigger: 'push', runner: 'github-hosted' },
    invocation: `${repository}/actions/runs/${commitOf(name).slice(0, 8)}`,
  };
}
