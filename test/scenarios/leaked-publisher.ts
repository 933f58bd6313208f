/** S3: a poisoned action reads a publisher's token out of a pipeline; days later somebody uploads with it. */
import { artifactEvidence } from '../../src/evidence/gate/artifact-evidence.ts';
import { explain } from '../../src/evidence/gate/explain.ts';
import type { Account, Scenario } from './account.ts';
import { affectedBy } from './affected.ts';
import { Authority } from './authority.ts';
import { policyFile } from './policy-file.ts';
import { type Artifact, ScenarioLog, secondsOf } from './scenario-log.ts';
import {
  artifactOf,
  commitOf,
  identity,
  identityOf,
  provenanceOf,
  type Run,
  release,
  SOURCE_VERIFIER,
  tagSeen,
} from './statements.ts';
import { allowed, codesOf, refusals } from './tally.ts';

const REPOSITORY = 'https://github.com/acme/llm';
const ACTION = 'git+https://github.com/aquasecurity/trivy-action';
const BAD = commitOf('the malicious trivy-action');
const INDEX = identity('https://index.example/upload', 'https://accounts.index.example');
const GATE = identity('https://gate.acme.example', 'https://accounts.acme.example');
const RELEASES = 40;

export const leakedPublisher: Scenario = {
  name: 'leaked-publisher',
  title: 'S3: a publisher’s token leaks through a poisoned action, and is used days later',
  async run(account) {
    const log = await ScenarioLog.begin('2026-01-05T08:00:00Z');
    try {
      await replay(account, log);
    } finally {
      await log.close();
    }
  },
};

async function replay(account: Account, log: ScenarioLog): Promise<void> {
  const owners = await Authority.over(log, 'acme', [`${REPOSITORY}*`, 'pkg:pypi/acme-llm*']);
  const policy = await policyFile('leaked-publisher');
  const earlier: Artifact[] = [];
  for (let number = 0; number < RELEASES; number++) {
    earlier.push(await releaseOf(log, `1.${number}.0`, commitOf('trivy-action 0.24.0')));
    await log.pass(86_400);
  }
  account.tell(
    log.time,
    `${RELEASES} releases, each from a tagged commit, by a pipeline that runs trivy-action by its tag 0.x`,
  );
  account.check('releases that are allowed', RELEASES, allowed(await log.decide(policy, earlier)));

  await log.passTo('2026-03-20T01:00:00Z');
  const exposed = await releaseOf(log, '1.81.0', BAD);
  const pipeline = identityOf(runOf('1.81.0')).san;
  account.tell(log.time, 'the tag now leads to a malicious commit, and the pipeline runs it');

  await log.passTo('2026-03-20T08:00:00Z');
  const taint = await owners.say({
    event: 'dependency-taint',
    target: { digests: { gitCommit: BAD }, package: undefined },
    window: { from: secondsOf('2026-03-19T17:43:00Z'), to: secondsOf('2026-03-20T05:40:00Z') },
    scope: 'namespace',
    advisories: ['trivy-action#541'],
    reason: 'the tags of the action were moved to this commit',
  });
  account.tell(log.time, 'the owners declare the commit tainted, four days before anything is uploaded');
  const affected = await affectedBy(log, `gitCommit:${BAD}`, GATE);
  account.check('pipeline runs that it reached', 1, affected.builds.length);
  account.check('whose token must be rotated', [pipeline], [...affected.identities]);
  account.check(
    'the release of that run',
    ['TAINTED_DEPENDENCY'],
    taintsIn(codesOf((await log.decide(policy, [exposed]))[0]!)),
  );

  await log.passTo('2026-03-21T08:00:00Z');
  const held = await releaseOf(log, '1.82.0', commitOf('trivy-action 0.25.0'));
  const suspended = await log.decide(policy, [held]);
  account.check('what the pipeline releases meanwhile', ['IDENTITY_PENDING'], codesOf(suspended[0]!));
  await log.passTo('2026-03-22T08:00:00Z');
  await owners.say({
    event: 'identity-reinstate',
    identity: { issuer: 'https://token.actions.githubusercontent.com', sanPattern: `${REPOSITORY}/*` },
    repositoryId: undefined,
    reverses: [taint],
    validFrom: undefined,
    reason: 'the token was rotated',
  });
  account.tell(log.time, 'the owners rotate the token and reinstate the pipeline');
  account.check('the same release afterwards', 'ALLOW', (await log.decide(policy, [held]))[0]!.decision);
  await uploads(account, log);
}

/** Had nobody listened, this is what would have been uploaded. */
async function uploads(account: Account, log: ScenarioLog): Promise<void> {
  const policy = await policyFile('leaked-publisher');
  await log.passTo('2026-03-24T10:39:00Z');
  const stolen = ['1.82.7', '1.82.8'].map((version) => artifactOf(`pkg:pypi/acme-llm@${version}`));
  for (const artifact of stolen) {
    await log.log({ statement: release(artifact, artifact.name), by: INDEX });
    await log.pass(780);
  }
  account.tell(log.time, 'two files are uploaded, of which the repository knows nothing');
  const decided = await log.decide(policy, stolen);
  const { NO_PROVENANCE, NO_SOURCE_TAG } = refusals(decided);
  account.check('uploads that are allowed', 0, allowed(decided));
  account.check('refused without provenance, and without a tag', [2, 2], [NO_PROVENANCE ?? 0, NO_SOURCE_TAG ?? 0]);
  const { origin, runner } = explain(await artifactEvidence(log.source(), stolen[0]!.digests));
  account.check('what explain says of source and builder', ['unknown', 'unknown'], [origin.status, runner.status]);
}

function taintsIn(codes: readonly string[]): string[] {
  return codes.filter((code) => code === 'TAINTED_DEPENDENCY');
}

async function releaseOf(log: ScenarioLog, version: string, action: string): Promise<Artifact> {
  const built = runOf(version);
  const artifact = artifactOf(`pkg:pypi/acme-llm@${version}`);
  const resolved = { uri: `${ACTION}@0.x`, digest: { gitCommit: action } };
  await log.log(
    { statement: tagSeen(REPOSITORY, `v${version}`, built.commit), by: SOURCE_VERIFIER },
    { statement: provenanceOf(built, [artifact], [resolved]), by: identityOf(built) },
  );
  return artifact;
}

function runOf(version: string): Run {
  return {
    ...{
      repository: REPOSITORY,
      repositoryId: '808',
      commit: commitOf(`llm ${version}`),
      ref: `refs/tags/v${version}`,
    },
    ...{ workflow: '.github/workflows/release.yml', trigger: 'push', runner: 'github-hosted' },
    invocation: `${REPOSITORY}/actions/runs/${version}`,
  };
}
