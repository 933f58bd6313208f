/** S2a: a worm publishes with a stolen token; and, in its second form, from a workflow that it has added. */
import type { Account, Scenario } from './account.ts';
import { policyFile } from './policy-file.ts';
import { type Artifact, type Identity, ScenarioLog, type Signed } from './scenario-log.ts';
import { artifactOf, commitOf, identity, identityOf, npmPublish, provenanceOf, type Run } from './statements.ts';
import { allowed, codesOf, firstWith, refusals } from './tally.ts';

const REPOSITORY = 'https://github.com/acme/libs';
const PACKAGES = 100;
const EARLIER = 5;
const UPLOADS = 180;
const MINUTES = 20;
/** A maintenance line that was always published by hand. */
const BY_HAND = 10;

export const stolenToken: Scenario = {
  name: 'stolen-token',
  title: 'S2a: 180 versions in twenty minutes by a stolen token, and a workflow that a worm has added',
  async run(account) {
    const log = await ScenarioLog.begin('2025-08-01T08:00:00Z');
    try {
      await byToken(account, log);
      await byRunner(account, log);
    } finally {
      await log.close();
    }
  },
};

async function byToken(account: Account, log: ScenarioLog): Promise<void> {
  const policy = await policyFile('stolen-token');
  const earlier: Artifact[] = [];
  for (let version = 0; version < EARLIER; version++) earlier.push(...(await releases(log, version)));
  account.tell(log.time, `${PACKAGES} packages with ${EARLIER} versions each, all with provenance`);
  account.check('earlier versions that are allowed', PACKAGES * EARLIER, allowed(await log.decide(policy, earlier)));

  await log.passTo('2025-09-15T17:58:00Z');
  const stolen: Artifact[] = [];
  for (let number = 0; number < UPLOADS; number++) {
    stolen.push(await upload(log, number % PACKAGES, `1.${EARLIER + Math.floor(number / PACKAGES)}.0`, 'stolen'));
    await log.pass(number % 3 === 0 ? 8 : 6);
  }
  account.tell(log.time, `one user uploads ${UPLOADS} versions in ${MINUTES} minutes, none of them from a build`);
  const decided = await log.decide(policy, stolen);
  account.check('uploads that are allowed', 0, allowed(decided));
  account.check('refused since they lack what earlier ones had', UPLOADS, refusals(decided).PROVENANCE_DOWNGRADE ?? 0);
  account.check('first upload that is one too many', 21, firstWith('RATE_EXCEEDED', decided));

  await log.passTo('2025-09-20T08:00:00Z');
  const byHand: Artifact[] = [];
  for (let number = 0; number < BY_HAND; number++) {
    byHand.push(await upload(log, number, '0.9.8', 'maintainer'));
    await log.pass(3600);
  }
  account.tell(log.time, 'the maintainers of the line 0.9, which never had provenance, publish as they always did');
  const maintained = await log.decide(policy, byHand);
  account.check('of these, told to be a downgrade', 0, refusals(maintained).PROVENANCE_DOWNGRADE ?? 0);
  account.check('of these, allowed', BY_HAND, allowed(maintained));
}

async function byRunner(account: Account, log: ScenarioLog): Promise<void> {
  const policy = await policyFile('stolen-runner');
  await log.passTo('2025-11-24T04:00:00Z');
  const added = run('worm', {
    workflow: '.github/workflows/discussion.yaml',
    trigger: 'discussion',
    runner: 'self-hosted',
  });
  const artifact = artifactOf('pkg:npm/%40acme/lib-1@1.9.0');
  await log.log({ statement: provenanceOf(added, [artifact]), by: identityOf(added) });
  account.tell(log.time, 'its second form adds a workflow, and publishes from a runner of its own, with provenance');
  const [decision] = await log.decide(policy, [artifact]);
  account.check(
    'reasons against it',
    ['RUNNER_NOT_ALLOWED', 'TRIGGER_NOT_ALLOWED', 'WORKFLOW_NOT_ALLOWED'],
    codesOf(decision!).toSorted(),
  );
}

/** A version of every package, twenty an hour. */
async function releases(log: ScenarioLog, version: number): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (let at = 0; at < PACKAGES; at += 20) {
    const signed = Array.from({ length: 20 }, (_, i): Signed[] => {
      const artifact = versionOf(at + i, `1.${version}.0`);
      artifacts.push(artifact);
      const built = run(`lib-${at + i} ${version}`);
      return [
        { statement: provenanceOf(built, [artifact]), by: identityOf(built) },
        { statement: npmPublish(artifact, `@acme/lib-${at + i}`, `1.${version}.0`), by: publisher('pipeline') },
      ];
    });
    await log.log(...signed.flat());
    await log.pass(3600);
  }
  return artifacts;
}

/** The registry's word alone. */
async function upload(log: ScenarioLog, number: number, version: string, user: string): Promise<Artifact> {
  const artifact = versionOf(number, version);
  await log.log({ statement: npmPublish(artifact, `@acme/lib-${number}`, version), by: publisher(user) });
  return artifact;
}

/** The registry signs for each of its users. */
function publisher(user: string): Identity {
  return identity(`https://registry.example/~${user}`, 'https://accounts.registry.example');
}

function versionOf(number: number, version: string): Artifact {
  return artifactOf(`pkg:npm/%40acme/lib-${number}@${version}`);
}

function run(of: string, more: Partial<Run> = {}): Run {
  return {
    ...{ repository: REPOSITORY, repositoryId: '77', commit: commitOf(of), ref: 'refs/heads/main' },
    ...{ workflow: '.github/workflows/release.yml', trigger: 'push', runner: 'github-hosted' },
    invocation: `${REPOSITORY}/actions/runs/${commitOf(of).slice(0, 8)}`,
    ...more,
  };
}
