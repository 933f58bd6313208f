import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countersign, scratch } from './harness.ts';

function policy(text: string): string {
  const path = `${scratch()}/policy.yaml`;
  writeFileSync(path, `policy: acme/api\nversion: 1\n${text}`);
  return path;
}

describe('policy check', () => {
  it('prints the rules that a policy comes down to', async () => {
    const file = policy('trust: {signers: any}\nrequire: {logged: {minAge: 4h}}\nexpires: 2030-01-01\n');
    const { exit, stdout, stderr } = await countersign(['policy', 'check', file]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^acme\/api, version 1, enforce: \d+ rules\n/);
    expect(stdout).toMatch(/ {2}logged\.min-age +MIN_AGE +logged 4h ago\n/);
    expect(stderr).toBe('Mind: anybody\'s signature counts: trust.signers is "any".\n');
  });

  it('takes the name of a preset, and a policy from stdin', async () => {
    const preset = await countersign(['policy', 'check', 'production', '--format', 'json']);
    expect(JSON.parse(preset.stdout)).toMatchObject({
      schema: 'countersign/policy-check/v1',
      valid: true,
      policy: 'production',
    });
    const piped = await countersign(['policy', 'check', '-'], { stdin: 'policy: a\nversion: 1\n' });
    expect(piped.stdout).toMatch(/^a, version 1/);
  });

  it('tells what is wrong and where, and exits 2', async () => {
    const { exit, stdout, stderr } = await countersign(['policy', 'check', policy('requires: {}\n')]);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain('unknown key "requires"; did you mean "require"?');
    const json = await countersign(['policy', 'check', policy('mode: off\n'), '--format', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, error: { code: 'policy_invalid', at: 'mode' } });
  });

  it.each([
    ['require: {provenance: {}}\n', 'nothing can pass: provenance is required'],
    ['require: {signature: release}\n', 'nothing can pass: a release signature is required'],
    ['extends: slsa-build-3\n', 'builds of any repository pass'],
    ['extends: slsa-build-3\nrequire: {source: {level: 3}}\n', 'nothing can pass: source evidence is required'],
    ['', 'nothing can pass: trust.signers names nobody'],
    ['expires: 2020-01-01\n', 'it has expired'],
    [
      'trust: {groups: {a: [{issuer: i, san: s}]}}\nrequire: {approvals: {count: 2, from: group:a}}\n',
      'more approvals',
    ],
  ])('minds an oversight: %j', async (text, why) => {
    expect((await countersign(['policy', 'check', policy(text)])).stderr).toContain(why);
  });
});
