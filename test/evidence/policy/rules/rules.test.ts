/** Each rule beside the full chain: what it fails on, with which code, and that nothing else fails with it. */
import { describe, expect, it } from 'vitest';
import type {
  ApprovalClaim,
  PinSetClaim,
  ProvenanceClaim,
  SourceClaim,
  SummaryClaim,
  TestClaim,
  VulnerabilityClaim,
} from '../../../../src/entry/predicate/claim.ts';
import type { Judged, PolicyInput } from '../../../../src/evidence/policy/policy-input.ts';
import { RULES } from '../../../../src/evidence/policy/rules.ts';
import type { Ruling } from '../../../../src/evidence/revocation/standing.ts';
import {
  ARTIFACT,
  aboutCommit,
  bareKey,
  builderCertificate,
  type Chain,
  COMMIT,
  certificate,
  changed,
  claiming,
  codesOf,
  decide,
  dependency,
  evidence,
  fullChain,
  hex,
  inputOf,
  NOW,
  policyText,
  provenanceClaim,
  REPOSITORY,
  stands,
} from '../chain.ts';

type Change = (chain: Chain) => Partial<Chain>;
type Case = [
  title: string,
  rest: string,
  code: string | undefined,
  change?: Change | undefined,
  input?: (input: PolicyInput) => Partial<PolicyInput>,
];

/** Against whatever build is judged. */
const everywhere = (ruling: Ruling) => new Map(Array.from({ length: 200 }, (_, index) => [index, [ruling]]));

const built =
  (claim: Partial<ProvenanceClaim>, facts: Parameters<typeof builderCertificate>[0] = {}): Change =>
  (chain) => ({
    ...chain,
    provenance: changed(claiming<ProvenanceClaim>(chain.provenance, claim), {
      credentials: [builderCertificate(facts)],
    }),
  });
const signedBy =
  (...credentials: ReturnType<typeof certificate>[]): Change =>
  (chain) => ({
    ...chain,
    provenance: changed(chain.provenance, { credentials }),
  });
const without =
  (...links: (keyof Chain)[]): Change =>
  (chain) =>
    Object.fromEntries(Object.entries(chain).filter(([name]) => !links.includes(name as keyof Chain)));
const link =
  <Name extends keyof Chain>(name: Name, change: (judged: Judged) => Judged): Change =>
  (chain) => ({
    ...chain,
    [name]: change(chain[name]),
  });
/** An action, by the commit that a tag pointed to. */
const ACTION = dependency('git+https://github.com/acme/action@refs/tags/v1', { gitCommit: 'ac'.repeat(20) });
const takingIn =
  (...taken: ProvenanceClaim['dependencies']): Change =>
  (chain) => ({
    ...built({ dependencies: [dependency(`git+${REPOSITORY}@refs/tags/v1.0.0`, { gitCommit: COMMIT }), ...taken] })(
      chain,
    ),
    pins: claiming<PinSetClaim>(chain.pins, { pins: [] }),
  });
/** The source verifier's summary of the action's commit. */
const vouchedFor = (
  claim: Partial<SummaryClaim>,
  by = certificate('https://acme.example/source'),
): Partial<PolicyInput> => {
  const summary = fullChain().summary.evidence.claim as SummaryClaim;
  const stated = { ...summary, resource: 'git+https://github.com/acme/action', ...claim };
  const known = stands(evidence(stated, by, aboutCommit('ac'.repeat(20))));
  return { dependencies: new Map([[`gitCommit:${'ac'.repeat(20)}`, [known]]]) };
};
const provenance = (members: string) => `require: {provenance: {${members}}}\n`;
const requiring = (members: string) => `require: {${members}}\n`;
const SBOM = '{type: spdx|cyclonedx, maxAge: 30d}';
const earlier = (version: string, proven: boolean): Judged[] => {
  const subjects = [{ name: `pkg:npm/%40acme/api@${version}`, digests: new Map([['sha256', hex(version)]]) }];
  const release = evidence(
    { kind: 'release', package: 'pkg:npm/%40acme/api', version, registry: undefined },
    certificate('npm'),
    { subjects },
  );
  const build = evidence(provenanceClaim(), builderCertificate(), { subjects });
  return proven ? [stands(release), stands(build)] : [stands(release)];
};
const noProvenance = without('provenance');

const CASES: Case[] = [
  // Policy.
  ['policy.expires', 'expires: 2026-11-27\n', undefined],
  ['policy.expires', 'expires: 2026-11-26\n', 'POLICY_EXPIRED'],
  ['policy.applies', 'applies: ["pkg:npm/@acme/*"]\n', undefined],
  ['policy.applies', 'applies: ["pkg:npm/@other/*"]\n', 'POLICY_NOT_APPLICABLE'],
  [
    'policy.applies',
    'applies: ["pkg:npm/@acme/*"]\n',
    'POLICY_NOT_APPLICABLE',
    undefined,
    ({ artifact }) => ({ artifact: { ...artifact, name: undefined } }),
  ],
  // Log.
  ['log.origin', '', 'WRONG_LOG', undefined, ({ log }) => ({ log: { ...log, origin: 'evil.example' } })],
  ['logged.min-age', requiring('logged: {minAge: 1d}'), undefined],
  [
    'S2b: logged.min-age',
    requiring('provenance: {}, logged: {minAge: 4h}'),
    'MIN_AGE',
    link('provenance', (one) => changed(one, { loggedAt: NOW - 600 })),
  ],
  ['logged.min-age of a signature', requiring('logged: {minAge: 2d}'), 'MIN_AGE'],
  ['logged.complete', requiring('logged: {complete: true}'), 'INCOMPLETE', undefined, () => ({ complete: false })],
  // Signature.
  ['signature.present', requiring('signature: release'), 'NO_SIGNATURE SIGNER_NOT_ALLOWED', without('signature')],
  [
    'signature.signer',
    requiring('signature: release'),
    'SIGNER_NOT_ALLOWED',
    link('signature', (one) => changed(one, { credentials: [certificate('https://fork.example')] })),
  ],
  [
    'signature.signer: an unverified certificate is nobody',
    requiring('signature: release'),
    'SIGNER_NOT_ALLOWED',
    link('signature', (one) =>
      changed(one, { credentials: [certificate('https://acme.example/release', { chain: 'unverified' })] }),
    ),
  ],
  [
    'signature.signer: another issuer',
    requiring('signature: release'),
    'SIGNER_NOT_ALLOWED',
    link('signature', (one) =>
      changed(one, { credentials: [certificate('https://acme.example/release', { issuer: 'https://evil' })] }),
    ),
  ],
  ['signature.owner', requiring('provenance: {}, owners: true'), undefined],
  // Provenance.
  ['A1: provenance.present', provenance('level: 1'), 'NO_PROVENANCE', noProvenance],
  [
    'provenance.builder',
    provenance(''),
    'BUILDER_NOT_ALLOWED SIGNER_NOT_ALLOWED',
    built({ builder: 'https://evil.example' }),
  ],
  [
    'S2d: provenance.signer',
    provenance(''),
    'SIGNER_NOT_ALLOWED',
    signedBy(certificate('https://github.com/acme/other/.github/workflows/x.yml@refs/heads/main')),
  ],
  [
    'provenance.signer: an unverified certificate',
    provenance(''),
    'SIGNER_NOT_ALLOWED',
    signedBy(builderCertificate({}, { chain: 'unverified' })),
  ],
  ['provenance.level', provenance('level: 3'), undefined],
  ['provenance.repository: by name and id', provenance(`repo: {uri: ${REPOSITORY}, id: "81"}`), undefined],
  [
    'provenance.repository: another',
    provenance(`repo: ${REPOSITORY}`),
    'REPO_NOT_ALLOWED',
    built({}, { sourceRepositoryURI: 'https://github.com/mallory/api' }),
  ],
  [
    'provenance.repository: the same name under another id',
    provenance(`repo: {uri: ${REPOSITORY}, id: "81"}`),
    'REPO_NOT_ALLOWED',
    built({}, { sourceRepositoryIdentifier: '666' }),
  ],
  [
    'S2c: provenance.ref',
    provenance('refs: ["refs/tags/v*"]'),
    'REF_NOT_ALLOWED',
    built({}, { sourceRepositoryRef: 'refs/heads/next' }),
  ],
  [
    'S2a: provenance.workflow',
    provenance('workflows: [.github/workflows/release.yml]'),
    'WORKFLOW_NOT_ALLOWED',
    built({}, { buildConfigURI: `${REPOSITORY}/.github/workflows/discussion.yaml@refs/heads/main` }),
  ],
  [
    'S2a: provenance.trigger',
    provenance('triggers: [push]'),
    'TRIGGER_NOT_ALLOWED',
    built({}, { buildTrigger: 'discussion' }),
  ],
  [
    'S2a, A16: provenance.runner',
    provenance('runner: hosted'),
    'RUNNER_NOT_ALLOWED',
    built({}, { runnerEnvironment: 'self-hosted' }),
  ],
  [
    'provenance.runner: a shell into the build',
    provenance('runner: hosted'),
    'RUNNER_NOT_ALLOWED',
    built({}, { runnerEnvironment: 'ssh-rerun' }),
  ],
  [
    'B8: provenance.runner: unknown',
    provenance('runner: hosted'),
    'RUNNER_NOT_ALLOWED',
    (chain) => ({
      ...chain,
      provenance: changed(claiming<ProvenanceClaim>(chain.provenance, { runner: undefined }), {
        credentials: [certificate(builderCertificate().names[0]!)],
      }),
    }),
  ],
  ['provenance.runner: named', provenance('runner: [github-hosted, own]'), undefined],
  ['provenance.environment', provenance('environment: production'), undefined],
  [
    'S2b: provenance.environment',
    provenance('environment: "**"'),
    'ENVIRONMENT_MISSING',
    signedBy(
      builderCertificate(
        {},
        {
          facts: Object.fromEntries(
            Object.entries(builderCertificate().facts).filter(([name]) => name !== 'deploymentEnvironment'),
          ),
        },
      ),
    ),
  ],
  ['provenance.parameters: none', provenance('parameters: closed'), undefined],
  [
    'provenance.parameters: chosen',
    provenance('parameters: closed'),
    'PARAMETER_NOT_ALLOWED',
    built({ parameters: { workflow: {}, inputs: { 'skip-tests': true } } }),
  ],
  [
    'provenance.parameters: named',
    provenance('parameters: {inputs.target: "linux-*"}'),
    undefined,
    built({ parameters: { inputs: { target: 'linux-x64' } } }),
  ],
  [
    'provenance.parameters: named, another value',
    provenance('parameters: {inputs.target: "linux-*"}'),
    'PARAMETER_NOT_ALLOWED',
    built({ parameters: { inputs: { target: 'win' } } }),
  ],
  ['provenance.buildType', provenance('buildTypes: [https://other]'), 'BUILD_TYPE_NOT_ALLOWED'],
  [
    'B10: separation.build-config',
    provenance('separation: [signer!=buildConfig]'),
    'SEPARATION',
    built({}, { buildConfigURI: builderCertificate().names[0]! }),
  ],
  [
    'B13: separation.signers',
    provenance('separation: [signer!=sourceVerifier]'),
    'SHARED_TRUST_BOUNDARY',
    link('provenance', (one) =>
      changed(one, { credentials: [builderCertificate(), certificate('https://acme.example/source')] }),
    ),
  ],
  ['separation.signers: apart', provenance('separation: [signer!=sourceVerifier]'), undefined],
  [
    'separation.signers: approver',
    requiring('provenance: {separation: [signer!=approver]}, approvals: {count: 1, from: group:release}'),
    'SHARED_TRUST_BOUNDARY',
    link('provenance', (one) =>
      changed(one, { credentials: [builderCertificate(), certificate('alice'), certificate('bob')] }),
    ),
  ],
  [
    'A13: keys.ephemeral',
    provenance('keys: {ephemeral: 15m}'),
    'LONG_LIVED_KEY',
    signedBy(builderCertificate({}, { lifetime: 86_400 })),
  ],
  ['keys.ephemeral: a short one', provenance('keys: {ephemeral: 15m}'), undefined],
  [
    'B17: keys.reuse',
    provenance('keys: {maxRepositories: 3}'),
    'KEY_REUSE',
    undefined,
    () => ({ repositories: new Map([[builderCertificate().key, ['a', 'b', 'c']]]) }),
  ],
  [
    'keys.reuse: few',
    provenance('keys: {maxRepositories: 3}'),
    undefined,
    undefined,
    () => ({ repositories: new Map([[builderCertificate().key, ['a', 'b', REPOSITORY]]]) }),
  ],
  [
    'keys.reuse: not completely known',
    provenance('keys: {maxRepositories: 3}'),
    'INCOMPLETE',
    undefined,
    () => ({ complete: false }),
  ],
  ['S2b: provenance.reproduced', provenance('reproduced: 2'), 'NOT_REPRODUCED'],
  // Source.
  ['A2, S1: source.attested', requiring('source: {level: 3}'), 'SOURCE_UNATTESTED SOURCE_LEVEL', without('summary')],
  [
    'source.attested: by nobody trusted',
    requiring('source: {level: 3}'),
    'SOURCE_UNATTESTED SOURCE_LEVEL',
    link('summary', (one) => changed(one, { credentials: [certificate('https://evil')] })),
  ],
  [
    'source.attested: of a fork',
    requiring('source: {level: 3}'),
    'SOURCE_UNATTESTED SOURCE_LEVEL',
    link('summary', (one) => claiming<SummaryClaim>(one, { resource: 'git+https://github.com/mallory/api' })),
  ],
  [
    'source.attested: not passed',
    requiring('source: {level: 3}'),
    'SOURCE_UNATTESTED SOURCE_LEVEL',
    link('summary', (one) => claiming<SummaryClaim>(one, { passed: false })),
  ],
  [
    'A10, S2c: source.level',
    requiring('source: {level: 4}'),
    'SOURCE_LEVEL',
    link('summary', (one) => claiming<SummaryClaim>(one, { levels: ['SLSA_SOURCE_LEVEL_3'] })),
  ],
  [
    'source.properties',
    requiring('source: {properties: [SLSA_SOURCE_TWO_PARTY_REVIEWED]}'),
    'SOURCE_PROPERTY',
    link('summary', (one) => claiming<SummaryClaim>(one, { levels: ['SLSA_SOURCE_LEVEL_4'] })),
  ],
  [
    'A10: source.activity',
    requiring('source: {activities: [pr_merge]}'),
    'ACTIVITY_NOT_ALLOWED',
    link('source', (one) => claiming<SourceClaim>(one, { activity: 'direct_push' })),
  ],
  ['B9: source.gated', requiring('source: {gated: true}'), undefined],
  [
    'B9: source.gated: after the build',
    requiring('source: {gated: true}'),
    'INPUT_NOT_GATED',
    link('summary', (one) => changed(one, { countsFrom: 101 })),
  ],
  ['source.tag', requiring('source: {tagImmutable: true}'), undefined],
  [
    'B7: source.tag: seen elsewhere first',
    requiring('source: {tagImmutable: true}'),
    'TAG_MOVED',
    undefined,
    ({ tags }) => ({
      tags: [...tags, changed(tags[0]!, { ...aboutCommit('de'.repeat(20)), index: 30, countsFrom: 30 })],
    }),
  ],
  [
    'S1: source.tag: seen elsewhere later',
    requiring('source: {tagImmutable: true}'),
    undefined,
    undefined,
    ({ tags }) => ({
      tags: [...tags, changed(tags[0]!, { ...aboutCommit('de'.repeat(20)), index: 300, countsFrom: 300 })],
    }),
  ],
  [
    'source.tag: a stranger saw it elsewhere',
    requiring('source: {tagImmutable: true}'),
    undefined,
    undefined,
    ({ tags }) => ({
      tags: [
        ...tags,
        changed(tags[0]!, {
          ...aboutCommit('de'.repeat(20)),
          index: 30,
          countsFrom: 30,
          credentials: [bareKey('evil')],
        }),
      ],
    }),
  ],
  [
    'source.tag: not completely known',
    requiring('source: {tagImmutable: true}'),
    'INCOMPLETE',
    undefined,
    () => ({ complete: false }),
  ],
  ['S3: source.tagged', requiring('source: {tagged: true}'), 'NO_SOURCE_TAG', without('tag')],
  [
    'S3: source.tagged: without provenance',
    requiring('provenance: {}, source: {tagged: true}'),
    'NO_PROVENANCE NO_SOURCE_TAG',
    noProvenance,
  ],
  // Dependencies.
  [
    'dependencies.inputs: the platform is not the build’s to pin',
    requiring('dependencies: {pinned: inputs, platform: ["https://github.com/actions/virtual-environments/"]}'),
    undefined,
  ],
  [
    'B16: dependencies.inputs',
    requiring('dependencies: {pinned: inputs}'),
    'MUTABLE_INPUT',
    built({ dependencies: [dependency(`git+${REPOSITORY}@refs/heads/main`, {})] }),
  ],
  [
    'A11: dependencies.pin-set',
    requiring('dependencies: {pinned: digest}'),
    'UNPINNED_DEPENDENCY',
    (chain) => ({
      ...built({ dependencies: [] })(chain),
      pins: claiming<PinSetClaim>(chain.pins, {
        pins: [{ ...dependency('git+https://github.com/x/y@v4', {}), at: 'ci.yml:9' }],
      }),
    }),
  ],
  [
    'dependencies.pin-set: none',
    requiring('dependencies: {pinned: digest}'),
    'UNPINNED_DEPENDENCY',
    (chain) => without('pins')({ ...chain, ...built({ dependencies: [] })(chain) } as Chain),
  ],
  [
    'dependencies.registries',
    requiring(
      'dependencies: {registries: ["https://npm.acme.example/"], platform: ["https://github.com/actions/virtual-environments/"]}',
    ),
    undefined,
  ],
  [
    'A16: dependencies.registries',
    requiring('dependencies: {registries: ["https://npm.acme.example/"]}'),
    'REGISTRY_NOT_ALLOWED',
    built({ dependencies: [dependency('https://npm.acme.example.evil/x.tgz', { sha256: '00'.repeat(32) })] }),
  ],
  [
    'dependencies.attested',
    requiring('dependencies: {attested: ">=50% L1", platform: ["https://github.com/actions/virtual-environments/"]}'),
    'DEPENDENCY_UNATTESTED',
  ],
  [
    'dependencies.attested: with provenance',
    requiring('dependencies: {attested: ">=50% L1", platform: ["https://github.com/actions/virtual-environments/"]}'),
    undefined,
    undefined,
    () => ({
      dependencies: new Map([
        [
          `sha256:${'d1'.repeat(32)}`,
          [
            stands(
              evidence(provenanceClaim(), builderCertificate(), {
                subjects: [{ name: undefined, digests: new Map([['sha256', 'd1'.repeat(32)]]) }],
              }),
            ),
          ],
        ],
      ]),
    }),
  ],
  [
    'dependencies.source',
    requiring('dependencies: {sourceLevel: 2}'),
    undefined,
    takingIn(ACTION),
    () => vouchedFor({ levels: ['SLSA_SOURCE_LEVEL_2'] }),
  ],
  [
    'dependencies.source: nobody vouches for it',
    requiring('dependencies: {sourceLevel: 1}'),
    'SOURCE_UNATTESTED',
    takingIn(ACTION),
  ],
  [
    'dependencies.source: of another repository',
    requiring('dependencies: {sourceLevel: 1}'),
    'SOURCE_UNATTESTED',
    takingIn(ACTION),
    () => vouchedFor({ resource: 'git+https://github.com/mallory/action' }),
  ],
  [
    'dependencies.source: by a stranger',
    requiring('dependencies: {sourceLevel: 1}'),
    'SOURCE_UNATTESTED',
    takingIn(ACTION),
    () => vouchedFor({}, bareKey('mallory')),
  ],
  [
    'dependencies.source: too low',
    requiring('dependencies: {sourceLevel: 3}'),
    'SOURCE_LEVEL',
    takingIn(ACTION),
    () => vouchedFor({ levels: ['SLSA_SOURCE_LEVEL_2'] }),
  ],
  [
    'dependencies.source: a pin set counts as well',
    requiring('dependencies: {sourceLevel: 1}'),
    'SOURCE_UNATTESTED',
    (chain) => ({ ...chain, pins: claiming<PinSetClaim>(chain.pins, { pins: [{ ...ACTION, at: 'ci.yml:9' }] }) }),
  ],
  [
    'A19: dependencies.tainted',
    requiring('dependencies: {tainted: 0}'),
    'TAINTED_DEPENDENCY',
    undefined,
    () => ({ taints: new Map([['gitCommit:ab', [{ code: 'DEPENDENCY_TAINTED', by: [4], reason: undefined }]]]) }),
  ],
  ['dependencies.pipeline', requiring('dependencies: {tainted: 0}'), undefined],
  [
    'dependencies.pipeline: S3',
    requiring('dependencies: {tainted: 0}'),
    'IDENTITY_PENDING',
    undefined,
    () => ({
      pipelines: { rulings: everywhere({ code: 'IDENTITY_PENDING', by: [4], reason: undefined }), complete: true },
    }),
  ],
  [
    'dependencies.pipeline: more than is looked at',
    requiring('dependencies: {tainted: 0}'),
    'IDENTITY_PENDING',
    undefined,
    () => ({ pipelines: { rulings: new Map(), complete: false } }),
  ],
  // Attestations.
  ['attest.present', requiring(`attest: [${SBOM}]`), undefined],
  ['attest.present: none', requiring('attest: [{type: spdx}]'), 'ATTESTATION_MISSING', without('sbom')],
  [
    'attest.present: by a stranger',
    requiring('attest: [{type: spdx}]'),
    'ATTESTATION_MISSING',
    link('sbom', (one) => changed(one, { credentials: [bareKey('evil')] })),
  ],
  ['attest.present: of another kind', requiring('attest: [{type: cyclonedx}]'), 'ATTESTATION_MISSING'],
  ['attest.present: by predicate type', requiring('attest: [{type: "urn:test:sbom"}]'), undefined],
  [
    'attest.fresh',
    requiring(`attest: [${SBOM}]`),
    'ATTESTATION_STALE',
    link('sbom', (one) => changed(one, { loggedAt: NOW - 31 * 86_400 })),
  ],
  [
    'attest.fresh: an old database',
    requiring('attest: [{type: vulns, maxDbAge: 24h}]'),
    'ATTESTATION_STALE',
    link('scan', (one) => claiming<VulnerabilityClaim>(one, { databaseUpdatedOn: NOW - 90_000 })),
  ],
  [
    'attest.fresh: a database of tomorrow',
    requiring('attest: [{type: vulns, maxDbAge: 24h}]'),
    'ATTESTATION_STALE',
    link('scan', (one) =>
      changed(claiming<VulnerabilityClaim>(one, { databaseUpdatedOn: NOW + 90_000 }), { loggedAt: NOW - 90_000 }),
    ),
  ],
  ['attest.result', requiring('attest: [{type: test-result, config: .github/workflows/ci.yml}]'), undefined],
  [
    'attest.result: failed',
    requiring('attest: [{type: test-result}]'),
    'TEST_FAILED',
    link('test', (one) => claiming<TestClaim>(one, { result: 'FAILED' })),
  ],
  [
    'attest.result: of another configuration',
    requiring('attest: [{type: test-result, config: nightly.yml}]'),
    'ATTESTATION_MISSING ATTESTATION_MISSING',
  ],
  [
    'attest.findings',
    requiring('attest: [{type: vulns, accepted: [CVE-1]}]'),
    'VULNERABILITY_FOUND',
    link('scan', (one) => claiming<VulnerabilityClaim>(one, { found: ['CVE-1', 'CVE-2'] })),
  ],
  [
    'attest.findings: accepted',
    requiring('attest: [{type: vulns, accepted: [CVE-1]}]'),
    undefined,
    link('scan', (one) => claiming<VulnerabilityClaim>(one, { found: ['CVE-1'] })),
  ],
  [
    'approvals.count',
    requiring('approvals: {count: 2, from: group:release, distinctFrom: [builder, author]}'),
    undefined,
  ],
  [
    'approvals.count: one',
    requiring('approvals: {count: 2, from: group:release}'),
    'APPROVAL_MISSING',
    without('approvalTwo'),
  ],
  [
    'approvals.count: the same twice',
    requiring('approvals: {count: 2, from: group:release}'),
    'APPROVAL_MISSING',
    link('approvalTwo', (one) => changed(one, { credentials: [certificate('alice', { key: 'other' })] })),
  ],
  [
    'approvals.count: the author',
    requiring('approvals: {count: 2, from: group:release, distinctFrom: [author]}'),
    'APPROVAL_MISSING',
    link('approvalTwo', (one) =>
      changed(claiming<ApprovalClaim>(one, { approvers: ['carol'] }), { credentials: [certificate('carol')] }),
    ),
  ],
  [
    'approvals.count: the author is unknown',
    requiring('approvals: {count: 1, from: group:release, distinctFrom: [author]}'),
    'APPROVAL_MISSING',
    without('source'),
  ],
  [
    'A23: approvals.count: an agent’s change',
    requiring('approvals: {count: 1, from: group:release, unless: human-authored}'),
    'APPROVAL_MISSING',
    without('approvalOne', 'approvalTwo'),
  ],
  [
    'A23: approvals.count: approved',
    requiring('approvals: {count: 1, from: group:release, unless: human-authored}'),
    undefined,
  ],
  [
    'approvals.count: a human’s change',
    requiring('approvals: {count: 1, from: group:release, unless: human-authored}'),
    undefined,
    (chain) => ({
      ...without('approvalOne', 'approvalTwo')(chain),
      source: claiming<SourceClaim>(chain.source, { actorKind: 'human' }),
    }),
  ],
  // History.
  [
    'S2a: continuity.provenance',
    requiring('continuity: no-downgrade'),
    'PROVENANCE_DOWNGRADE',
    noProvenance,
    () => ({ history: earlier('1.0.0-rc.1', true) }),
  ],
  [
    'continuity.provenance: a line that never had any',
    requiring('continuity: no-downgrade'),
    undefined,
    noProvenance,
    () => ({ history: [...earlier('2.0.0', true), ...earlier('1.0.0-rc.1', false)] }),
  ],
  [
    'continuity.provenance: a new line is compared with the one before',
    requiring('continuity: no-downgrade'),
    'PROVENANCE_DOWNGRADE',
    noProvenance,
    ({ artifact }) => ({
      history: earlier('1.9.0', true),
      artifact: { ...artifact, name: 'pkg:npm/%40acme/api@2.0.0' },
    }),
  ],
  [
    'continuity.provenance: with provenance',
    requiring('continuity: no-downgrade'),
    undefined,
    undefined,
    () => ({ history: earlier('0.9.0', true) }),
  ],
  [
    'continuity.provenance: not completely known',
    requiring('continuity: no-downgrade'),
    'INCOMPLETE',
    noProvenance,
    () => ({ complete: false }),
  ],
  [
    'S2b: rate.identity: the 20th',
    requiring('provenance: {}, rate: {perIdentity: 20/10m}'),
    undefined,
    undefined,
    () => burst(20),
  ],
  [
    'S2b: rate.identity: the 21st',
    requiring('provenance: {}, rate: {perIdentity: 20/10m}'),
    'RATE_EXCEEDED',
    undefined,
    () => burst(21),
  ],
  [
    'rate.identity: not looked up',
    requiring('provenance: {}, rate: {perIdentity: 20/10m}'),
    'INCOMPLETE',
    undefined,
    () => ({ activity: new Map() }),
  ],
];

/** The entry of the chain, 100, is the last of so many in one batch; later ones do not matter. */
function burst(number: number): Partial<PolicyInput> {
  const at = Array.from({ length: 100 }, (_, step) => ({ index: 100 - number + 1 + step, loggedAt: NOW - 86_400 }));
  return { activity: new Map([[builderCertificate().names[0]!, at]]) };
}

const PLATFORM = 'platform: ["https://github.com/actions/virtual-environments/"]';

describe('rules', () => {
  it.each(CASES)('%s, by %j: %s', async (_, rest, code, change, more) => {
    // The runner's image is in every provenance; rules on other things are not to trip over it.
    const text = policyText(rest.replace(/pinned: (inputs|digest)}/, `pinned: $1, ${PLATFORM}}`));
    const chain = fullChain();
    const input = inputOf(change?.(chain) ?? chain);
    const decision = await decide(text, { ...input, ...more?.(input) });
    const wanted = code?.split(' ') ?? [];
    // Without provenance all that rests on it is unknown for the same reason.
    const codes = codesOf(decision);
    expect(wanted.includes('NO_PROVENANCE') ? [...new Set(codes)] : codes).toEqual(wanted);
  });

  it('have ids and codes that differ, and words for all', () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
    for (const { failure, fix, protects, example } of RULES) {
      for (const words of [failure, fix, protects, example]) expect(words.length).toBeGreaterThan(10);
    }
  });

  it('are all tried here or by name below', () => {
    // `A16, S2a: provenance.runner: …`: rows of docs/coverage.md and scenarios come before the rule.
    const tried = new Set(CASES.map(([title]) => /(?:^|: )([a-z]+\.[A-Za-z-]+)/.exec(title)?.[1]));
    const elsewhere = RULES.map(({ id }) => id).filter((id) => !tried.has(id) && !id.startsWith('consistent.'));
    expect(elsewhere).toEqual(['log.fresh', 'log.witnesses', 'revocation.artifact', 'revocation.evidence']);
  });
});

describe('what the table cannot say', () => {
  it.each(['repository', 'repositoryId', 'commit', 'ref', 'trigger', 'runner', 'invocation', 'environment'] as const)(
    'A12: a certificate and a predicate that differ in %s are refused, where the chain is trusted',
    async (fact) => {
      const mismatches = [{ fact, certificate: 'a', predicate: 'b' }];
      const chain = fullChain();
      const under = async (credential: ReturnType<typeof bareKey>, text: string) =>
        codesOf(
          await decide(
            text,
            inputOf({ ...chain, provenance: changed(chain.provenance, { mismatches, credentials: [credential] }) }),
          ),
        );
      const text = policyText(provenance(''));
      expect(await under(builderCertificate(), text)).toEqual([
        fact === 'repositoryId' ? 'REPOSITORY_ID_MISMATCH' : `${fact.toUpperCase()}_MISMATCH`,
      ]);
      const key = 'ee'.repeat(32);
      const byKey = text.replace(/signer: \{issuer: [^}]*owner: build@acme.example\}/, `signer: {key: ${key}}`);
      expect(await under(bareKey(key), byKey)).toEqual([]);
    },
  );

  it('A13: a long-lived key is refused unless trust.keys lists it', async () => {
    const key = 'ee'.repeat(32);
    const chain = fullChain();
    const input = inputOf({ ...chain, provenance: changed(chain.provenance, { credentials: [bareKey(key)] }) });
    const text = policyText(provenance('keys: {ephemeral: 15m}')).replace(
      /signer: \{issuer: [^}]*owner: build@acme.example\}/,
      `signer: {key: ${key}}`,
    );
    expect(codesOf(await decide(text, input))).toEqual(['LONG_LIVED_KEY']);
    expect(codesOf(await decide(text.replace('trust:\n', `trust:\n  keys: [${key}]\n`), input))).toEqual([]);
  });

  it('the level is that of the pair of builder and signer', async () => {
    const text = policyText(provenance('level: 3')).replace('level: 3\n      signer', 'level: 2\n      signer');
    expect(codesOf(await decide(text, inputOf(fullChain())))).toEqual(['LEVEL_TOO_LOW']);
  });

  it('witnesses are counted among those that are named', async () => {
    const text = (count: number, of: string) =>
      policyText('').replace('{origin: log.acme.example}', `{witnesses: {count: ${count}, of: [${of}]}}`);
    expect(codesOf(await decide(text(2, 'w1, w2, w3'), inputOf(fullChain())))).toEqual([]);
    expect(codesOf(await decide(text(2, 'w1, w3, w4'), inputOf(fullChain())))).toEqual(['WITNESSES_MISSING']);
  });

  it('A15, B23: owners are needed for the policy, the builder and the signer of a release', async () => {
    const text = policyText(requiring('signature: release, provenance: {}, owners: true'));
    expect(codesOf(await decide(text, inputOf(fullChain())))).toEqual([]);
    for (const owner of ['owner: acme\n', ', owner: build@acme.example', ', owner: release@acme.example']) {
      expect(codesOf(await decide(text.replace(owner, ''), inputOf(fullChain())))).toEqual(['OWNER_MISSING']);
    }
  });

  it('A16: a runner of its own and a package from a shared registry are two failures', async () => {
    const change = built(
      { dependencies: [dependency('https://registry.example/x.tgz', { sha256: '00'.repeat(32) })] },
      { runnerEnvironment: 'self-hosted' },
    );
    const text = policyText(
      requiring('provenance: {runner: hosted}, dependencies: {registries: ["https://npm.acme.example/"]}'),
    );
    const decision = await decide(text, inputOf(change(fullChain())));
    expect(codesOf(decision)).toEqual(['RUNNER_NOT_ALLOWED', 'REGISTRY_NOT_ALLOWED']);
  });

  it('A8: two independent builders reproduce an artifact, two of one owner do not', async () => {
    const other = 'https://other.example/build';
    const text = policyText(provenance('reproduced: 2')).replace(
      '  builders:\n',
      `  builders:\n    - {id: https://other.example/builder, level: 3, signer: {issuer: https://token.actions.githubusercontent.com, san: "${other}"}}\n`,
    );
    const again = (owner: string) =>
      stands(
        evidence(
          provenanceClaim({ builder: 'https://other.example/builder' }),
          certificate(other, { facts: { sourceRepositoryOwnerIdentifier: owner } }),
        ),
      );
    const input = inputOf(fullChain());
    const under = async (owner: string) =>
      codesOf(await decide(text, { ...input, about: [...input.about, again(owner)] }));
    expect(await under('10')).toEqual([]);
    expect(await under('9')).toEqual(['NOT_REPRODUCED']);
  });

  it('A2: before there is a build, the commit itself is judged', async () => {
    const { provenance: _, signature: __, ...rest } = fullChain();
    const input = inputOf(rest, {
      phase: 'build-input',
      artifact: { name: undefined, digests: new Map([['gitCommit', COMMIT]]) },
    });
    const text = policyText(
      requiring(
        'provenance: {}, signature: release, source: {level: 3, tagImmutable: true}, dependencies: {pinned: digest}',
      ),
    );
    const decision = await decide(text, input);
    expect([decision.decision, codesOf(decision), decision.signature]).toEqual(['ALLOW', [], 'not-required']);
    const bare = { ...input, source: new Map() };
    expect(codesOf(await decide(text, bare))).toEqual(['SOURCE_UNATTESTED', 'SOURCE_LEVEL', 'UNPINNED_DEPENDENCY']);
  });

  it('S2d: tells who signed before', async () => {
    const chain = signedBy(certificate('https://github.com/mallory/x'))(fullChain());
    const decision = await decide(
      policyText(provenance('')),
      inputOf(chain as Chain, { history: earlier('0.9.0', true) }),
    );
    const { actual } = decision.results.find(({ rule }) => rule === 'provenance.signer')!;
    expect(actual).toContain(
      'https://github.com/mallory/x; earlier ones were signed by https://github.com/acme/builder',
    );
  });

  it('A11: names the line that is not pinned', async () => {
    const chain = fullChain();
    const pins = claiming<PinSetClaim>(chain.pins, {
      pins: [{ ...dependency('git+https://github.com/x/y@v4', {}), at: '.github/workflows/ci.yml:9' }],
    });
    const { results } = await decide(
      policyText(requiring('dependencies: {pinned: digest}')),
      inputOf({ ...chain, pins }),
    );
    expect(results.find(({ rule }) => rule === 'dependencies.pin-set')?.actual).toBe(
      '.github/workflows/ci.yml:9: git+https://github.com/x/y@v4',
    );
  });

  it('a name with its version is matched without it', async () => {
    const input = inputOf(fullChain(), {
      artifact: { name: 'pkg:oci/acme/api@1.0?arch=x', digests: new Map([['sha256', ARTIFACT]]) },
    });
    expect(codesOf(await decide(policyText('applies: [pkg:oci/acme/api]\n'), input))).toEqual([]);
  });
});
