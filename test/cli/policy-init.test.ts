import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/evidence/policy/policy.ts';
import { BUILD, build, type EvidenceLog, evidenceLog, longLived } from '../evidence/evidence-log.ts';
import { serve } from '../evidence/served.ts';
import { githubProvenance, REPOSITORY } from '../fixtures/predicates.ts';
import { countersign, scratch } from './harness.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

const PACKAGE = 'pkg:npm/%40acme/api';

async function init(name: string, ...flags: string[]) {
  const { verifierKey, timeVerifierKey } = made.log.identity;
  const keys = ['--log-key', verifierKey, '--time-key', timeVerifierKey];
  const { fetch } = serve(made.log);
  return countersign(['policy', 'init', '--package', name, '--url', 'http://localhost', ...keys, ...flags], { fetch });
}

/** Provenance of one version. */
function release(byte: string, version: string) {
  const subject = [{ name: `${PACKAGE}@${version}`, digest: { sha256: byte.repeat(32) } }];
  return made.state({ ...githubProvenance, subject }, build());
}

describe('policy init', () => {
  it('A17: writes a policy of at most 25 lines that allows every release of the package', async () => {
    for (const [byte, version] of [
      ['a1', '1.0.0'],
      ['a2', '1.0.1'],
      ['a3', '1.1.0'],
    ] as const)
      await release(byte, version);
    const file = `${scratch()}/policy.yaml`;
    const { exit, stdout } = await init(PACKAGE, '--out', file);
    expect([exit, stdout]).toEqual([0, `${file}: allows 3 of 3 releases that log.example.org knows\n`]);
    const text = readFileSync(file, 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    const { document } = await readPolicy(text);
    expect(document).toMatchObject({
      policy: 'acme/api',
      require: { provenance: { repo: { uri: REPOSITORY, id: '4711' }, runner: 'hosted', triggers: ['push'] } },
    });
  });

  it('writes to stdout, and takes a repository for the package', async () => {
    await release('a1', '1.0.0');
    const { stdout } = await init(`git+${REPOSITORY}.git`, '--name', 'acme/api@release');
    expect((await readPolicy(stdout)).document.policy).toBe('acme/api@release');
    const { stdout: json } = await init(REPOSITORY, '--format', 'json');
    expect(JSON.parse(json)).toMatchObject({
      schema: 'countersign/policy-init/v1',
      package: REPOSITORY,
      releases: 1,
      allowed: 1,
      treeSize: made.log.head().size,
    });
  });

  it('says what the history does not say', async () => {
    await release('a1', '1.0.0');
    const publish = {
      ...githubProvenance,
      subject: [{ name: `${PACKAGE}@0.9.0`, digest: { sha256: 'a0'.repeat(32) } }],
      predicateType: 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1',
      predicate: { name: '@acme/api', version: '0.9.0', registry: 'https://npm.acme.example' },
    };
    await made.state(publish, longLived);
    const { exit, stdout, stderr } = await init(PACKAGE);
    expect([exit, stderr]).toEqual([0, expect.stringContaining('Mind: not every release has provenance')]);
    expect((await readPolicy(stdout)).document.require).toMatchObject({ signature: 'any' });
  });

  it('refuses where nothing is known of the package, and says what to do', async () => {
    await made.state(
      { ...githubProvenance, subject: [{ name: 'pkg:npm/left-pad@1', digest: { sha256: 'a1'.repeat(32) } }] },
      build(BUILD),
    );
    const { exit, stdout, stderr } = await init(PACKAGE);
    expect([exit, stdout]).toEqual([5, '']);
    expect(stderr).toContain(`knows no build and no release of ${PACKAGE}`);
    expect(stderr).toContain('log its provenance first');
  });

  it('refuses what is neither package nor repository', async () => {
    const { exit, stderr } = await init('left-pad');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('pkg:npm/left-pad')]);
  });

  it('overwrites no file', async () => {
    await release('a1', '1.0.0');
    const file = `${scratch()}/policy.yaml`;
    await init(PACKAGE, '--out', file);
    const before = readFileSync(file, 'utf8');
    await release('a2', '1.0.1');
    expect((await init(PACKAGE, '--out', file)).exit).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});
