/** S2b: a run that was taken over publishes with provenance that is valid in every detail. */
import type { Policy } from '../../src/evidence/policy/policy.ts';
import type { Account, Scenario } from './account.ts';
import { Authority } from './authority.ts';
import { policyFile } from './policy-file.ts';
import { type Artifact, ScenarioLog, type Signed } from './scenario-log.ts';
import { artifactOf, commitOf, identity, identityOf, npmPublish, provenanceOf, type Run } from './statements.ts';
import { allowed, firstWith, refusals } from './tally.ts';

const REPOSITORY = 'https://github.com/acme/web';
const REGISTRY = identity('https://registry.example/publish', 'https://accounts.registry.example');
const PACKAGES = 42;
const MALICIOUS = 2 * PACKAGES;
const EARLIER = 500;
/** Between the first upload and the last. */
const BURST_SECONDS = 360;

export const validProvenanceBurst: Scenario = {
  name: 'valid-provenance-burst',
  title: 'S2b: 84 versions in six minutes, each with valid provenance',
  async run(account) {
    const log = await ScenarioLog.begin('2026-04-20T08:00:00Z');
    try {
      await replay(account, log);
    } finally {
      await log.close();
    }
  },
};

async function replay(account: Account, log: ScenarioLog): Promise<void> {
  const owners = await Authority.over(log, 'acme', [`${REPOSITORY}*`, 'pkg:npm/%40acme/*']);
  const plain = await policyFile('burst-slsa');
  const production = await policyFile('burst-production');

  const earlier = await releases(log, EARLIER);
  account.tell(log.time, `${EARLIER} versions of ${PACKAGES} packages were released by one workflow in three weeks`);

  await log.passTo('2026-05-11T19:20:00Z');
  const stolen = run('stolen', 901);
  const malicious = await burst(log, stolen);
  account.tell(log.time, `one run publishes ${MALICIOUS} versions, two of each package, within six minutes`);
  const trusted = await log.decide(plain, malicious);
  account.check('malicious versions that plain SLSA verification allows', MALICIOUS, allowed(trusted));

  const told = await log.decide(production, malicious);
  account.tell(log.time, 'the production preset looks at more than the signature of the builder');
  account.check('malicious versions that it allows', 0, allowed(told));
  account.check(
    'its reasons',
    { MIN_AGE: 84, ENVIRONMENT_MISSING: 84, RATE_EXCEEDED: 64, NOT_REPRODUCED: 84 },
    refusals(told),
  );
  account.check('first version that is one too many', 21, firstWith('RATE_EXCEEDED', told));

  await log.passTo('2026-05-11T19:50:00Z');
  account.tell(log.time, 'somebody notices, and reports it');
  account.check(
    'versions that MIN_AGE still holds back',
    84,
    refusals(await log.decide(production, malicious)).MIN_AGE ?? 0,
  );
  await withdrawal(account, log, { owners, plain, malicious, earlier, invocation: stolen.invocation });
}

async function withdrawal(
  account: Account,
  log: ScenarioLog,
  is: { owners: Authority; plain: Policy; malicious: Artifact[]; earlier: Artifact[]; invocation: string },
): Promise<void> {
  const began = performance.now();
  await is.owners.say({
    event: 'withdraw',
    selector: { by: 'invocation', invocation: is.invocation },
    reason: 'the runner was taken over',
  });
  const after = await log.decide(is.plain, is.malicious);
  const seconds = (performance.now() - began) / 1000;
  account.tell(log.time, `the owners withdraw the run: one statement, told to the gate ${seconds.toFixed(2)} s later`);
  account.check('malicious versions that plain SLSA verification allows now', 0, allowed(after));
  account.check('versions that are refused as withdrawn', 84, refusals(after).WITHDRAWN ?? 0);
  account.check('all of them within five seconds', true, seconds <= 5);
  account.check(
    'earlier releases of the same identity that stand',
    EARLIER,
    allowed(await log.decide(is.plain, is.earlier)),
  );
}

/** One release an hour, each from a run and commit of its own. */
async function releases(log: ScenarioLog, count: number): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (let at = 0; at < count; at += 20) {
    const signed = Array.from({ length: Math.min(20, count - at) }, (_, i): Signed => {
      const number = at + i;
      const artifact = version(number % PACKAGES, `1.${Math.floor(number / PACKAGES)}.0`);
      artifacts.push(artifact);
      const built = run(`release ${number}`, number);
      return { statement: provenanceOf(built, [artifact]), by: identityOf(built) };
    });
    await log.log(...signed);
    await log.pass(20 * 3600);
  }
  return artifacts;
}

/** Provenance by the run, and the registry's word for each upload. */
async function burst(log: ScenarioLog, stolen: Run): Promise<Artifact[]> {
  const artifacts: Artifact[] = [];
  for (let at = 0; at < MALICIOUS; at++) {
    const number = at % PACKAGES;
    const release = at < PACKAGES ? '1.20.1' : '1.20.2';
    const artifact = version(number, release);
    artifacts.push(artifact);
    await log.log(
      { statement: provenanceOf(stolen, [artifact]), by: identityOf(stolen) },
      { statement: npmPublish(artifact, `@acme/web-${number}`, release), by: REGISTRY },
    );
    await log.pass(at % 7 < 2 ? 5 : 4); // 84 times, and 360 seconds in all
  }
  if (MALICIOUS * 4 + 24 !== BURST_SECONDS) throw new Error('the burst takes another time than it is said to');
  return artifacts;
}

function version(number: number, release: string): Artifact {
  return artifactOf(`pkg:npm/%40acme/web-${number}@${release}`);
}

function run(of: string, number: number): Run {
  return {
    ...{ repository: REPOSITORY, repositoryId: '4242', commit: commitOf(of), ref: 'refs/heads/main' },
    ...{ workflow: '.github/workflows/release.yml', trigger: 'push', runner: 'github-hosted' },
    invocation: `${REPOSITORY}/actions/runs/${number}/attempts/1`,
  };
}
