/** S2c: somebody pushes to a branch that the release workflow listens to, and nobody has looked at the commit. */
import type { Account, Scenario } from './account.ts';
import { policyFile } from './policy-file.ts';
import { type Artifact, ScenarioLog } from './scenario-log.ts';
import {
  artifactOf,
  commitOf,
  identityOf,
  provenanceOf,
  type Run,
  SOURCE_VERIFIER,
  sourceSummary,
} from './statements.ts';
import { allowed, codesOf } from './tally.ts';

const REPOSITORY = 'https://github.com/acme/spec';
const REVIEWED = ['SLSA_SOURCE_LEVEL_3', 'SLSA_SOURCE_TWO_PARTY_REVIEWED'];

export const roguePush: Scenario = {
  name: 'rogue-push',
  title: 'S2c: a push to a branch that the release workflow listens to',
  async run(account) {
    const log = await ScenarioLog.begin('2026-07-13T09:00:00Z');
    try {
      await replay(account, log);
    } finally {
      await log.close();
    }
  },
};

async function replay(account: Account, log: ScenarioLog): Promise<void> {
  const policy = await policyFile('rogue-push');
  const good: Artifact[] = [];
  for (let number = 1; number <= 5; number++)
    good.push(await release(log, `1.${number}.0`, 'refs/heads/main', REVIEWED));
  account.tell(log.time, 'five releases from main, each commit reviewed by two');
  account.check('releases from main that are allowed', 5, allowed(await log.decide(policy, good)));

  await log.passTo('2026-07-14T02:00:00Z');
  const rogue = await release(log, '1.6.0', 'refs/heads/next', ['SLSA_SOURCE_LEVEL_2']);
  account.tell(log.time, 'a commit is pushed to next, unreviewed; the workflow releases it with valid provenance');
  const [decision] = await log.decide(policy, [rogue]);
  account.check('the release from next', 'DENY', decision!.decision);
  account.check('its reasons', ['REF_NOT_ALLOWED', 'SOURCE_LEVEL'], codesOf(decision!).toSorted());
  account.check('releases from main afterwards', 5, allowed(await log.decide(policy, good)));
}

/** @param levels of the commit, as the forge's verifier found them */
async function release(log: ScenarioLog, version: string, ref: string, levels: readonly string[]): Promise<Artifact> {
  const built: Run = {
    ...{ repository: REPOSITORY, repositoryId: '1701', commit: commitOf(`spec ${version}`), ref },
    ...{ workflow: '.github/workflows/release.yml', trigger: 'push', runner: 'github-hosted' },
    invocation: `${REPOSITORY}/actions/runs/${version}`,
  };
  const artifact = artifactOf(`pkg:npm/%40acme/spec@${version}`);
  await log.log(
    { statement: sourceSummary(REPOSITORY, built.commit, ref, levels), by: SOURCE_VERIFIER },
    { statement: provenanceOf(built, [artifact]), by: identityOf(built) },
  );
  await log.pass(3600);
  return artifact;
}
