/** How far a taint reaches in a gate's decision: the builds that list the dependency, in its window, in its namespace. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Authority } from '../../scenarios/authority.ts';
import { policyFile } from '../../scenarios/policy-file.ts';
import { ScenarioLog } from '../../scenarios/scenario-log.ts';
import { artifactOf, commitOf, identityOf, pinSetOf, provenanceOf, type Run } from '../../scenarios/statements.ts';
import { codesOf } from '../../scenarios/tally.ts';

const REPOSITORY = 'https://github.com/acme/service';
const ACTION = 'git+https://github.com/setup-tools/setup-action';
const BAD = commitOf('bad');
const BUILT: Run = {
  ...{ repository: REPOSITORY, repositoryId: '4711', commit: commitOf('source'), ref: 'refs/heads/main' },
  ...{ workflow: '.github/workflows/release.yml', trigger: 'push', runner: 'github-hosted' },
  invocation: `${REPOSITORY}/actions/runs/1`,
};
const ARTIFACT = artifactOf('service.tar');
const PINS = [{ uri: ACTION, digest: { gitCommit: BAD }, at: 'ci.yml:1' }];

let log: ScenarioLog;
beforeEach(async () => {
  log = await ScenarioLog.begin('2026-01-01T00:00:00Z');
});
afterEach(() => log.close());

/** Logs a build, and its pin set of this action; `resolved` also in the provenance. */
async function build(resolved: boolean): Promise<void> {
  const by = identityOf(BUILT);
  await log.log(
    { statement: provenanceOf(BUILT, [ARTIFACT], resolved ? PINS : []), by },
    { statement: pinSetOf(BUILT.commit, PINS), by },
  );
}

async function taint(authority: Authority, from = 1): Promise<void> {
  await authority.say({
    event: 'dependency-taint',
    target: { digests: { gitCommit: BAD }, package: undefined },
    ...{ window: { from, to: undefined }, scope: 'namespace', advisories: undefined, reason: 'bad' },
  });
}

const verdict = async () => codesOf((await log.decide(await policyFile('tag-pinned'), [ARTIFACT]))[0]!);

describe('a tainted dependency', () => {
  it('that only the pin set of the commit lists is heard', async () => {
    const owners = await Authority.over(log, 'acme', ['https://github.com/acme/*']);
    await build(false);
    expect(await verdict()).toEqual([]);
    await taint(owners);
    expect(await verdict()).toContain('TAINTED_DEPENDENCY');
  });

  it('leaves builds of before its window as they were', async () => {
    const owners = await Authority.over(log, 'acme', ['https://github.com/acme/*']);
    await build(true);
    await taint(owners, log.time + 3600);
    expect(await verdict()).toEqual([]);
  });

  it('that a stranger declared stops nobody', async () => {
    const strangers = await Authority.over(log, 'other', ['https://github.com/other/*']);
    await build(true);
    await taint(strangers);
    expect(await verdict()).toEqual([]);
  });
});
