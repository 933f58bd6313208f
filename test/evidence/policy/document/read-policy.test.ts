import { describe, expect, it } from 'vitest';
import { LogError } from '../../../../src/core/errors.ts';
import { PRESET_NAMES } from '../../../../src/evidence/policy/document/policy.ts';
import { presetText, readDocument } from '../../../../src/evidence/policy/document/read-policy.ts';

const HEAD = 'policy: acme/api@release\nversion: 7\n';

const WHOLE = `${HEAD}expires: 2027-01-31
applies: [pkg:oci/acme/api, "pkg:npm/@acme/*"]
mode: warn
owner: release@acme.example
trust:
  log: {origin: log.acme.example, maxStaleness: 60s, witnesses: {count: 2, of: [w1, w2, w3]}}
  builders:
    - id: https://github.com/actions/runner/github-hosted
      signer: {issuer: https://token.actions.githubusercontent.com, san: "https://github.com/acme/api/.github/workflows/release.yml@refs/tags/v*"}
      level: 3
  signers: [{key: ${'ab'.repeat(32)}, owner: release@acme.example}]
  verifiers: [{id: https://source.example, signer: {issuer: https://a, san: b}}]
  attestors: [{issuer: https://a, san: b}]
  groups: {release: [{issuer: https://a, san: alice}]}
  keys: [${'ab'.repeat(32)}]
require:
  signature: release
  provenance:
    level: 3
    repo: {uri: https://github.com/acme/api, id: "810002373"}
    refs: ["refs/tags/v*"]
    triggers: [push, release]
    runner: hosted
    environment: production
    parameters: closed
    separation: [signer!=buildConfig, signer!=sourceVerifier, signer!=approver]
    keys: {ephemeral: 15m}
  source: {level: 3, properties: [SLSA_SOURCE_TWO_PARTY_REVIEWED], tagImmutable: true}
  dependencies: {pinned: digest, platform: ["https://github.com/actions/virtual-environments/*"], registries: ["https://npm.acme.example/"], attested: ">=90% L1", tainted: 0}
  attest: [{type: spdx|cyclonedx, maxAge: 30d}, {type: test-result, equals: {result: PASSED}, config: .github/workflows/ci.yml}, {type: vulns, maxDbAge: 24h}]
  approvals: {count: 2, from: group:release, distinctFrom: [builder, author]}
  logged: {minAge: 4h, complete: true}
  continuity: no-downgrade
  rate: {perIdentity: 20/10m}
assert:
  - {id: team.trigger, cel: 'provenance.trigger == "push"', message: "build on push"}
exceptions:
  - {rule: source.level, subject: "sha256:${'ab'.repeat(32)}", until: 2026-12-01, reason: "vendor drop", approvedBy: [alice, bob]}
`;

/** Where a document is refused, and why. */
function refusal(source: string): string {
  try {
    readDocument(source);
  } catch (error) {
    if (error instanceof LogError && error.code === 'policy_invalid') return `${error.at ?? ''}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('a policy document', () => {
  it('may say everything that there is to say', () => {
    const { document } = readDocument(WHOLE);
    expect(document.require.logged).toEqual({ minAge: 14_400, complete: true });
    expect(document.require.rate).toEqual({ perIdentity: { number: 20, seconds: 600 } });
    expect(document.require.dependencies?.attested).toEqual({ percent: 90, level: 1 });
    expect(document.expires).toBe(Date.parse('2027-02-01T00:00:00Z') / 1000);
  });

  it('may be JSON', () => {
    expect(readDocument('{"policy": "a", "version": 1}').document.mode).toBe('enforce');
  });

  it('has the digest of its bytes', () => {
    expect(readDocument(`${HEAD}# a\n`).sha256).not.toBe(readDocument(HEAD).sha256);
  });

  it.each([
    ['requires: {}', 'unknown key "requires"; did you mean "require"?'],
    ['require: {provenence: {}}', 'wrong at require: unknown key "provenence"; did you mean "provenance"?'],
    [
      'require: {provenance: {keys: {ephemral: 15m}}}',
      'require.provenance.keys: unknown key "ephemral"; did you mean "ephemeral"?',
    ],
    ['trust: {signers: [{issuer: a, sam: b}]}', 'trust.signers'],
    ['__proto__: {mode: audit}', 'unknown key "__proto__"'],
    ['constructor: 1', 'unknown key "constructor"'],
  ])('refuses the unknown key of %s', (text, why) => {
    expect(refusal(`${HEAD}${text}\n`)).toContain(why);
  });

  it.each([
    ['mode: audit\nmode: enforce', 'a key stands twice'],
    ['mode: &a audit', 'no anchors'],
    ['mode: *a', 'UNRESOLVED'],
    ['owner: &a x\npolicy2: *a', 'no anchors'],
    ['owner: !!binary aGk=', 'no tags'],
    ['owner: !mine x', 'not YAML'],
    ['1: x', 'texts as keys'],
    ['? [a]\n: x', 'texts as keys'],
    ['<<: {mode: audit}', 'texts as keys'],
    ['...\n---\npolicy: b', 'one YAML document'],
    ['owner: {', 'not YAML'],
    ['exceptionApprovers: 0x2', 'plain decimal'],
    ['exceptionApprovers: 0o2', 'plain decimal'],
    ['exceptionApprovers: .inf', 'plain decimal'],
    ['exceptionApprovers: 2.0', 'plain decimal'],
  ])('refuses odd YAML: %j', (text, why) => {
    const told = refusal(`${HEAD}${text}\n`);
    expect(told).not.toBe('accepted');
    if (why !== 'UNRESOLVED') expect(told).toContain(why);
  });

  it('refuses directives, nothing, and what is too long or too deep', () => {
    expect(refusal(`%YAML 1.1\n---\n${HEAD}`)).toContain('directives');
    expect(refusal('')).toContain('one YAML document');
    expect(refusal('just text')).toContain('the top level');
    expect(refusal(`${HEAD}owner: "${'x'.repeat(300_000)}"`)).toContain('longer');
    expect(refusal(`${HEAD}owner: ${'['.repeat(50_000)}`)).toContain('not YAML');
    expect(refusal(`${HEAD}owner:\n${'- '.repeat(20_000)}`)).toContain('not YAML');
  });

  it.each([
    ['version: 0', 'version'],
    ['expires: 2027-02-30', 'expires'],
    ['expires: tomorrow', 'expires'],
    ['expires: 2027-01-31T12:00:00Z', 'accepted'],
    ['mode: off', 'mode'],
    ['mode: no', 'mode'],
    ['applies: []', 'applies'],
    ['extends: strictest', 'extends'],
    ['trust: {signers: []}', 'trust.signers'],
    ['trust: {signers: [{issuer: a}]}', 'trust.signers'],
    ['trust: {signers: [{issuer: a, san: b, key: c}]}', 'trust.signers'],
    [`trust: {signers: [{issuer: a, san: "${'*a'.repeat(20)}"}]}`, 'stars'],
    ['trust: {log: {witnesses: {count: 3, of: [a, b, a]}}}', 'trust.log.witnesses'],
    ['trust: {log: {maxStaleness: 60}}', 'trust.log.maxStaleness'],
    ['require: {provenance: {repo: {uri: https://a, id: 810002373}}}', 'in quotes'],
    ['require: {dependencies: {tainted: 1}}', 'require.dependencies.tainted'],
    ['require: {attest: [{type: sbom}]}', 'require.attest.0.type'],
    ['require: {approvals: {count: 1, from: group:nobody}}', 'require.approvals.from'],
    ['require: {rate: {perIdentity: 20 per hour}}', 'require.rate.perIdentity'],
    [
      'exceptions: [{rule: source.level, subject: "sha256:ab", until: 2027-01-01, reason: x, approvedBy: [a]}]',
      'exceptions.0.subject',
    ],
    [
      `exceptions: [{rule: source.level, subject: "sha256:${'ab'.repeat(32)}", until: 2027-01-01, reason: x, approvedBy: [a, a]}]`,
      'once',
    ],
    ['assert: [{id: a, cel: "true", message: x}, {id: a, cel: "true", message: x}]', 'ids must differ'],
  ])('is judged member by member: %s', (text, why) => {
    const lines = HEAD.split('\n').filter((line) => !text.startsWith(line.split(':')[0]!) || line === '');
    expect(refusal(`${lines.join('\n')}\n${text}\n`)).toContain(why);
  });

  it('is laid over its preset: objects are merged, the rest is replaced', () => {
    const { document } = readDocument(
      `${HEAD}extends: production\nrequire: {logged: {minAge: 1h}, provenance: {environment: [staging]}}\n`,
    );
    expect(document.require.logged).toEqual({ minAge: 3_600, complete: true });
    expect(document.require.provenance).toMatchObject({ environment: ['staging'], runner: 'hosted', level: 3 });
  });

  it.each(PRESET_NAMES)('may be the preset %s alone', (name) => {
    expect(readDocument(presetText(name)).document).toMatchObject({ policy: name, mode: 'enforce' });
  });
});
