/** A whole chain of evidence about one artifact, and ways to take it apart. */
import { createHash } from 'node:crypto';
import type { Claim, Dependency, ProvenanceClaim } from '../../../src/entry/predicate/claim.ts';
import type { Credential, Evidence } from '../../../src/evidence/facts/evidence.ts';
import type { Decision } from '../../../src/evidence/policy/decision.ts';
import { evaluate } from '../../../src/evidence/policy/evaluate.ts';
import { readPolicy } from '../../../src/evidence/policy/policy.ts';
import type { Judged, PolicyInput } from '../../../src/evidence/policy/policy-input.ts';
import { GATED_LEVEL } from '../../../src/evidence/policy/rules/source.ts';

export const GITHUB = 'https://token.actions.githubusercontent.com';
export const REPOSITORY = 'https://github.com/acme/api';
export const COMMIT = 'c0'.repeat(20);
export const ARTIFACT = 'ab'.repeat(32);
/** Log time of the newest stamp. */
export const NOW = Date.parse('2026-11-27T12:00:00Z') / 1000;
const DAY = 86_400;

const RELEASE = `${REPOSITORY}/.github/workflows/release.yml@refs/tags/v1.0.0`;
const SIGNER = 'https://github.com/acme/builder/.github/workflows/build.yml@refs/heads/main';

/** Says who signs; `name` is a SAN under a trusted chain. */
export function certificate(name: string, more: Partial<Credential> = {}): Credential {
  return {
    key: hex(`key of ${name}`),
    eventId: hex(`event of ${name}`),
    kind: 'certificate',
    chain: 'trusted',
    names: [name],
    issuer: GITHUB,
    facts: {},
    lifetime: 600,
    ...more,
  };
}

export function bareKey(key: string): Credential {
  return {
    key,
    eventId: hex(`event ${key}`),
    kind: 'key',
    chain: 'unverified',
    names: [],
    issuer: undefined,
    facts: {},
    lifetime: undefined,
  };
}

/** 64 digits that differ where the texts do. */
export function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

let next = 0;

/** One entry, logged a day ago unless it says otherwise. */
export function evidence(claim: Claim | undefined, credential: Credential, more: Partial<Evidence> = {}): Evidence {
  const index = more.index ?? 110 + (next++ % 800);
  return {
    index,
    leafHash: hex(`leaf ${index}`),
    countsFrom: index,
    loggedAt: NOW - DAY,
    credentials: [credential],
    payload: claim === undefined ? 'absent' : 'stored',
    payloadSha256: undefined,
    predicateType: claim === undefined ? undefined : `urn:test:${claim.kind}`,
    subjects: [{ name: undefined, digests: new Map([['sha256', ARTIFACT]]) }],
    claim,
    mismatches: [],
    ...more,
  };
}

export const aboutCommit = (commit = COMMIT): Pick<Evidence, 'subjects'> => ({
  subjects: [{ name: undefined, digests: new Map([['gitCommit', commit]]) }],
});

export function stands(one: Evidence): Judged {
  return { evidence: one, rulings: [] };
}

export function provenanceClaim(more: Partial<ProvenanceClaim> = {}): ProvenanceClaim {
  return {
    kind: 'provenance',
    version: '1',
    builder: 'https://acme.example/builder',
    buildType: 'https://actions.github.io/buildtypes/workflow/v1',
    repository: REPOSITORY,
    repositoryId: '81',
    commit: COMMIT,
    ref: 'refs/tags/v1.0.0',
    trigger: 'push',
    runner: 'github-hosted',
    workflow: '.github/workflows/release.yml',
    environment: undefined,
    invocation: 'https://github.com/acme/api/actions/runs/1',
    parameters: {
      workflow: { ref: 'refs/tags/v1.0.0', repository: REPOSITORY, path: '.github/workflows/release.yml' },
    },
    dependencies: [
      dependency(`git+${REPOSITORY}@refs/tags/v1.0.0`, { gitCommit: COMMIT }),
      dependency('https://npm.acme.example/left-pad-1.0.0.tgz', { sha256: 'd1'.repeat(32) }),
      dependency('https://github.com/actions/virtual-environments/releases/tag/ubuntu24/1', {}),
    ],
    startedOn: undefined,
    finishedOn: undefined,
    ...more,
  };
}

export function dependency(uri: string, digests: Record<string, string>): Dependency {
  return { uri, name: undefined, digests: new Map(Object.entries(digests)) };
}

/** As Fulcio certifies the release workflow, signing in a reusable one. */
export function builderCertificate(facts: Credential['facts'] = {}, more: Partial<Credential> = {}): Credential {
  return certificate(SIGNER, {
    facts: {
      buildSignerURI: SIGNER,
      runnerEnvironment: 'github-hosted',
      sourceRepositoryURI: REPOSITORY,
      sourceRepositoryDigest: COMMIT,
      sourceRepositoryRef: 'refs/tags/v1.0.0',
      sourceRepositoryIdentifier: '81',
      sourceRepositoryOwnerIdentifier: '9',
      buildConfigURI: RELEASE,
      buildTrigger: 'push',
      runInvocationURI: 'https://github.com/acme/api/actions/runs/1',
      deploymentEnvironment: 'production',
      ...facts,
    },
    ...more,
  });
}

const SOURCE_VERIFIER = 'https://source.acme.example';
export const ATTESTOR = 'https://github.com/acme/scan';

/** Every link by its name, so that a test can leave one out or put another in its place. */
export interface Chain {
  provenance: Judged;
  signature: Judged;
  sbom: Judged;
  test: Judged;
  scan: Judged;
  summary: Judged;
  source: Judged;
  pins: Judged;
  tag: Judged;
  approvalOne: Judged;
  approvalTwo: Judged;
}

export function fullChain(): Chain {
  const about = { index: 100 };
  return {
    provenance: stands(evidence(provenanceClaim(), builderCertificate(), about)),
    signature: stands(evidence(undefined, certificate('https://acme.example/release'))),
    sbom: stands(evidence({ kind: 'sbom', format: 'spdx', components: [] }, certificate(ATTESTOR))),
    test: stands(
      evidence(
        { kind: 'test-result', result: 'PASSED', configurations: [dependency('.github/workflows/ci.yml', {})] },
        certificate(ATTESTOR),
      ),
    ),
    scan: stands(
      evidence(
        { kind: 'vulnerabilities', scanner: 's', databaseUpdatedOn: NOW - 3_600, found: [] },
        certificate(ATTESTOR),
        { loggedAt: NOW - 1_800 },
      ),
    ),
    summary: stands(
      evidence(
        {
          kind: 'summary',
          verifier: SOURCE_VERIFIER,
          resource: `git+${REPOSITORY}`,
          passed: true,
          levels: ['SLSA_SOURCE_LEVEL_4', 'SLSA_SOURCE_TWO_PARTY_REVIEWED', GATED_LEVEL],
          sourceRefs: ['refs/heads/main'],
          verifiedOn: undefined,
          policy: undefined,
          gateOf: undefined,
        },
        certificate('https://acme.example/source'),
        { ...aboutCommit(), countsFrom: 50 },
      ),
    ),
    source: stands(
      evidence(
        {
          kind: 'source',
          repository: REPOSITORY,
          ref: 'refs/heads/main',
          previousCommit: undefined,
          actor: 'carol',
          actorKind: 'agent',
          activity: 'pr_merge',
          controls: new Map(),
        },
        certificate('https://acme.example/source'),
        aboutCommit(),
      ),
    ),
    pins: stands(
      evidence(
        {
          kind: 'pin-set',
          pins: [
            {
              ...dependency('git+https://github.com/actions/checkout', { gitCommit: 'aa'.repeat(20) }),
              at: 'ci.yml:7',
            },
          ],
        },
        certificate(ATTESTOR),
        aboutCommit(),
      ),
    ),
    tag: stands(
      evidence(
        { kind: 'tag', repository: REPOSITORY, tag: 'v1.0.0', actor: 'carol', controls: new Map() },
        certificate('https://acme.example/source'),
        { ...aboutCommit(), countsFrom: 60 },
      ),
    ),
    approvalOne: stands(
      evidence({ kind: 'approval', approvers: ['alice'], ref: undefined }, certificate('alice'), aboutCommit()),
    ),
    approvalTwo: stands(
      evidence({ kind: 'approval', approvers: ['bob'], ref: undefined }, certificate('bob'), aboutCommit()),
    ),
  };
}

/** The input that the chain makes; `more` replaces members of it. */
export function inputOf(chain: Partial<Chain>, more: Partial<PolicyInput> = {}): PolicyInput {
  const present = (...links: (Judged | undefined)[]) => links.filter((link) => link !== undefined);
  const { provenance, signature, sbom, test, scan, summary, source, pins, tag, approvalOne, approvalTwo } = chain;
  const ofCommit = present(summary, source, pins, tag, approvalOne, approvalTwo);
  return {
    phase: 'deploy',
    artifact: { name: 'pkg:npm/%40acme/api@1.0.0', digests: new Map([['sha256', ARTIFACT]]) },
    about: present(signature, sbom, test, scan, provenance),
    source: new Map([[COMMIT, ofCommit]]),
    dependencies: new Map(),
    taints: new Map(),
    pipelines: { rulings: new Map(), complete: true },
    history: [],
    tags: present(tag),
    activity: new Map([[SIGNER, [{ index: 1, loggedAt: NOW - DAY }]]]),
    repositories: new Map(),
    rulings: [],
    exceptions: [],
    complete: true,
    log: {
      origin: 'log.acme.example',
      treeSize: 1_000,
      rootHash: hex('root'),
      time: NOW,
      staleness: 5,
      feedSize: 3,
      feedRoot: hex('feed'),
      witnesses: ['w1', 'w2'],
    },
    ...more,
  };
}

/** Whose word counts, for policies of tests. */
const TRUST = `trust:
  log: {origin: log.acme.example}
  builders:
    - id: https://acme.example/builder
      level: 3
      signer: {issuer: ${GITHUB}, san: "${SIGNER}", owner: build@acme.example}
  signers: [{issuer: ${GITHUB}, san: "https://acme.example/release", owner: release@acme.example}]
  verifiers: [{id: ${SOURCE_VERIFIER}, signer: {issuer: ${GITHUB}, san: "https://acme.example/source"}}]
  attestors: [{issuer: ${GITHUB}, san: "${ATTESTOR}"}]
  groups: {release: [{issuer: ${GITHUB}, san: alice}, {issuer: ${GITHUB}, san: bob}, {issuer: ${GITHUB}, san: carol}]}
`;

export function policyText(rest: string, head = 'policy: acme/api@release\nversion: 1\nowner: acme\n'): string {
  return `${head}${TRUST}${rest}`;
}

export async function decide(text: string, input: PolicyInput): Promise<Decision> {
  return evaluate(await readPolicy(text), input);
}

/** Codes of what does not hold, in order. */
export function codesOf({ results }: Decision): string[] {
  return results.flatMap(({ outcome, code }) => (outcome === 'fail' || outcome === 'unknown' ? [code ?? ''] : []));
}

/** A judged entry with other members in its evidence. */
export function changed(judged: Judged, more: Partial<Evidence>): Judged {
  return { ...judged, evidence: { ...judged.evidence, ...more } };
}

/** With other members in its claim. */
export function claiming<Of extends Claim>(judged: Judged, more: Partial<Of>): Judged {
  return changed(judged, { claim: { ...judged.evidence.claim, ...more } as Of });
}
