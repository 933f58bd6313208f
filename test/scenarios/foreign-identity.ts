/** S2d: a package is published by a run of somebody else's, with a certificate that is in order. */
import { policyFromHistory } from '../../src/evidence/policy/from-history.ts';
import { readPolicy } from '../../src/evidence/policy/policy.ts';
import type { Account, Scenario } from './account.ts';
import { type Artifact, ScenarioLog } from './scenario-log.ts';
import { artifactOf, commitOf, identityOf, provenanceOf, type Run } from './statements.ts';
import { allowed, codesOf } from './tally.ts';

const OWN = 'https://github.com/acme/chart';
const FOREIGN = 'https://github.com/mallory/mirror';

export const foreignIdentity: Scenario = {
  name: 'foreign-identity',
  title: 'S2d: a release that is validly signed, by somebody else’s workflow',
  async run(account) {
    const log = await ScenarioLog.begin('2026-05-18T08:00:00Z');
    try {
      await replay(account, log);
    } finally {
      await log.close();
    }
  },
};

async function replay(account: Account, log: ScenarioLog): Promise<void> {
  const earlier: Artifact[] = [];
  for (let number = 0; number < 10; number++) earlier.push(await release(log, OWN, '5150', `1.${number}.0`));
  account.tell(log.time, 'ten releases by one workflow; nobody has written a policy');
  const history = await log.find({ kind: 'package', value: 'pkg:npm/%40acme/chart' });
  const made = policyFromHistory(
    'acme/chart@release',
    history.map((evidence) => ({ evidence, rulings: [] })),
  );
  const policy = await readPolicy(made.text);
  account.check('releases that the policy made of them allows', 10, allowed(await log.decide(policy, earlier)));

  await log.passTo('2026-05-19T03:00:00Z');
  const foreign = await release(log, FOREIGN, '6660', '1.10.0');
  account.tell(log.time, 'a new version, signed by a run in another repository, with a valid certificate');
  const [decision] = await log.decide(policy, [foreign]);
  account.check('the new version', 'DENY', decision!.decision);
  account.check('SIGNER_NOT_ALLOWED is among its reasons', true, codesOf(decision!).includes('SIGNER_NOT_ALLOWED'));
  const signer = decision!.results.find(({ code }) => code === 'SIGNER_NOT_ALLOWED');
  account.check('the identity that was expected', true, signer?.expected.includes(OWN) ?? false);
  account.check('the identity that signed', true, signer?.actual.includes(FOREIGN) ?? false);
}

async function release(log: ScenarioLog, repository: string, repositoryId: string, version: string): Promise<Artifact> {
  const built: Run = {
    ...{ repository, repositoryId, commit: commitOf(`${repository} ${version}`), ref: 'refs/heads/main' },
    ...{ workflow: '.github/workflows/release.yml', trigger: 'push', runner: 'github-hosted' },
    invocation: `${repository}/actions/runs/${version}`,
  };
  const artifact = artifactOf(`pkg:npm/%40acme/chart@${version}`);
  await log.log({ statement: provenanceOf(built, [artifact]), by: identityOf(built) });
  await log.pass(3600);
  return artifact;
}
