/** Random worlds and policies, and a verdict on them that is worked out without any of the code under test. */
import fc from 'fast-check';
import type {
  PinSetClaim,
  ProvenanceClaim,
  SourceClaim,
  SummaryClaim,
  TestClaim,
} from '../../../src/entry/predicate/claim.ts';
import type { Judged, PolicyInput } from '../../../src/evidence/policy/policy-input.ts';
import { GATED_LEVEL } from '../../../src/evidence/policy/rules/source.ts';
import type { Ruling } from '../../../src/evidence/revocation/standing.ts';
import {
  aboutCommit,
  builderCertificate,
  type Chain,
  changed,
  claiming,
  dependency,
  fullChain,
  GITHUB,
  inputOf,
  NOW,
  REPOSITORY,
} from './chain.ts';

/** What may be wrong, each true where it is as it should be. */
export type World = Record<(typeof ASPECTS)[number], boolean>;

const ASPECTS = [
  ...['provenance', 'signature', 'summary', 'source', 'pins', 'tag', 'approvalOne', 'approvalTwo', 'sbom', 'test'],
  ...[
    'trustedChain',
    'stands',
    'sbomStands',
    'repository',
    'repositoryId',
    'ref',
    'trigger',
    'runner',
    'environment',
    'shortLived',
  ],
  ...['parametersClosed', 'separated', 'consistent', 'sourceLevel', 'reviewed', 'merged', 'gatedBefore', 'old'],
  ...['complete', 'calm', 'tagStayed', 'inputsPinned', 'linesPinned', 'passed', 'untainted', 'unrevoked', 'fresh'],
] as const;

/** Sometimes all is right, or hardly anything would ever be allowed. */
export const world: fc.Arbitrary<World> = fc
  .oneof(
    { arbitrary: fc.constant<(typeof ASPECTS)[number][]>([]), weight: 1 },
    { arbitrary: fc.subarray([...ASPECTS], { minLength: 1, maxLength: 8 }), weight: 5 },
  )
  .map((wrong) => Object.fromEntries(ASPECTS.map((one) => [one, !wrong.includes(one)])) as World);

const PLATFORM = ['https://github.com/actions/virtual-environments/'];

export interface Requirement {
  readonly require: Record<string, unknown>;
  /** True where it needs a build that the policy trusts. */
  readonly onBuild: boolean;
  holds(world: World, needsBuild: boolean): boolean;
}

function requirement(require: Record<string, unknown>, holds: Requirement['holds'], onBuild = true): Requirement {
  return { require, holds, onBuild };
}

const REQUIREMENTS: readonly Requirement[] = [
  requirement({ provenance: { level: 3 } }, () => true),
  requirement({ provenance: { repo: { uri: REPOSITORY, id: '81' } } }, (w) => w.repository && w.repositoryId),
  requirement({ provenance: { refs: ['refs/tags/v*'] } }, (w) => w.ref),
  requirement({ provenance: { triggers: ['push', 'release'] } }, (w) => w.trigger),
  requirement({ provenance: { runner: 'hosted' } }, (w) => w.runner),
  requirement({ provenance: { environment: 'production' } }, (w) => w.environment),
  requirement({ provenance: { keys: { ephemeral: '15m' } } }, (w) => w.shortLived),
  requirement({ provenance: { parameters: 'closed' } }, (w) => w.parametersClosed),
  requirement({ provenance: { separation: ['signer!=buildConfig'] } }, (w) => w.separated),
  // A summary counts for the repository that was built only.
  requirement({ source: { level: 3 } }, (w) => w.summary && w.sourceLevel && w.repository),
  requirement(
    { source: { properties: ['SLSA_SOURCE_TWO_PARTY_REVIEWED'] } },
    (w) => w.summary && w.reviewed && w.repository,
  ),
  requirement({ source: { activities: ['pr_merge'] } }, (w) => w.source && w.merged && w.repository),
  requirement({ source: { gated: true } }, (w) => w.summary && w.gatedBefore && w.repository),
  requirement({ source: { tagged: true } }, (w) => w.tag && w.repository),
  requirement(
    { source: { tagImmutable: true } },
    (w) => w.complete && (w.tagStayed || (!w.tag && !(w.ref && w.repository))),
  ),
  requirement({ dependencies: { pinned: 'inputs', platform: PLATFORM } }, (w) => w.inputsPinned),
  requirement(
    { dependencies: { pinned: 'digest', platform: PLATFORM } },
    (w) => w.inputsPinned && w.pins && w.linesPinned,
  ),
  requirement({ dependencies: { tainted: 0 } }, (w) => w.untainted),
  requirement({ approvals: { count: 2, from: 'group:release' } }, (w) => w.approvalOne && w.approvalTwo),
  requirement({ signature: 'release' }, (w) => w.signature, false),
  requirement({ attest: [{ type: 'spdx', maxAge: '30d' }] }, (w) => w.sbom && w.sbomStands, false),
  requirement({ attest: [{ type: 'test-result' }] }, (w) => w.test && w.passed, false),
  requirement({ logged: { complete: true } }, (w) => w.complete, false),
  requirement(
    { logged: { minAge: '4h' } },
    (w, needsBuild) => (w.old && isBuilt(w)) || (!needsBuild && w.signature),
    false,
  ),
  requirement(
    { rate: { perIdentity: '20/10m' } },
    (w, needsBuild) => w.complete && ((w.calm && isBuilt(w)) || (!needsBuild && w.signature)),
    false,
  ),
];

interface Asked {
  readonly text: string;
  readonly requirements: readonly Requirement[];
}

export const asked: fc.Arbitrary<Asked> = fc.subarray([...REQUIREMENTS], { maxLength: 8 }).map((requirements) => ({
  requirements,
  text: JSON.stringify({
    policy: 'acme/api',
    version: 1,
    trust: TRUST,
    require: requirements.reduce<Record<string, unknown>>((all, one) => merged(all, one.require), {}),
  }),
}));

/** The verdict, from the world and the list of what was asked for. */
export function shouldAllow(requirements: readonly Requirement[], w: World): boolean {
  if (!w.unrevoked || !w.fresh) return false;
  const needsBuild = requirements.some(({ onBuild }) => onBuild);
  if (needsBuild && !(isBuilt(w) && w.consistent)) return false;
  if (!w.signature && !isBuilt(w)) return false;
  return mergedAway(requirements).every((one) => one.holds(w, needsBuild));
}

function isBuilt(w: World): boolean {
  return w.provenance && w.trustedChain && w.stands;
}

/** Of two demands on one member the later one is in the document. */
function mergedAway(requirements: readonly Requirement[]): readonly Requirement[] {
  const isLater = ({ require }: Requirement, key: string) => Object.hasOwn(require, key);
  return requirements.filter((one, at) => {
    const later = requirements.slice(at + 1);
    if (isLater(one, 'attest')) return !later.some((other) => isLater(other, 'attest'));
    return true;
  });
}

const TRUST = {
  log: { origin: 'log.acme.example', maxStaleness: '60s' },
  builders: [
    { id: 'https://acme.example/builder', level: 3, signer: { issuer: GITHUB, san: builderCertificate().names[0] } },
  ],
  signers: [{ issuer: GITHUB, san: 'https://acme.example/release' }],
  verifiers: [{ id: 'https://source.acme.example', signer: { issuer: GITHUB, san: 'https://acme.example/source' } }],
  attestors: [{ issuer: GITHUB, san: 'https://github.com/acme/scan' }],
  groups: {
    release: [
      { issuer: GITHUB, san: 'alice' },
      { issuer: GITHUB, san: 'bob' },
    ],
  },
};

function merged(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const all = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const under = all[name];
    const isBoth = [under, value].every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
    all[name] = isBoth ? merged(under as Record<string, unknown>, value as Record<string, unknown>) : value;
  }
  return all;
}

const WITHDRAWN: readonly Ruling[] = [{ code: 'WITHDRAWN', by: [5], reason: undefined }];

/** Evidence as the world has it, link by link. */
export function chainOf(w: World): Partial<Chain> {
  const chain = fullChain();
  const facts = Object.fromEntries(
    Object.entries({
      sourceRepositoryURI: w.repository ? REPOSITORY : 'https://github.com/mallory/api',
      sourceRepositoryIdentifier: w.repositoryId ? '81' : '666',
      sourceRepositoryRef: w.ref ? 'refs/tags/v1.0.0' : 'refs/heads/next',
      buildTrigger: w.trigger ? 'push' : 'discussion',
      runnerEnvironment: w.runner ? 'github-hosted' : 'self-hosted',
      deploymentEnvironment: w.environment ? 'production' : 'none',
      buildConfigURI: w.separated ? `${REPOSITORY}/.github/workflows/release.yml@x` : builderCertificate().names[0]!,
    }),
  );
  const credential = builderCertificate(facts, {
    chain: w.trustedChain ? 'trusted' : 'unverified',
    lifetime: w.shortLived ? 600 : 86_400,
  });
  const provenance = changed(
    claiming<ProvenanceClaim>(chain.provenance, {
      parameters: w.parametersClosed ? {} : { inputs: { evil: true } },
      dependencies: [dependency('https://npm.acme.example/x', w.inputsPinned ? { sha256: 'd1'.repeat(32) } : {})],
    }),
    {
      credentials: [credential],
      loggedAt: w.old ? NOW - 86_400 : NOW - 60,
      mismatches: w.consistent ? [] : [{ fact: 'commit', certificate: 'a', predicate: 'b' }],
    },
  );
  const levels = [w.sourceLevel ? 'SLSA_SOURCE_LEVEL_3' : 'SLSA_SOURCE_LEVEL_2', GATED_LEVEL];
  const summary = claiming<SummaryClaim>(chain.summary, {
    levels: w.reviewed ? [...levels, 'SLSA_SOURCE_TWO_PARTY_REVIEWED'] : levels,
    sourceRefs: [],
  });
  const links: Chain = {
    ...chain,
    provenance: { ...provenance, rulings: w.stands ? [] : WITHDRAWN },
    sbom: { ...chain.sbom, rulings: w.sbomStands ? [] : WITHDRAWN },
    summary: changed(summary, { countsFrom: w.gatedBefore ? 50 : 500 }),
    source: claiming<SourceClaim>(chain.source, { activity: w.merged ? 'pr_merge' : 'direct_push' }),
    pins: claiming<PinSetClaim>(chain.pins, {
      pins: [{ ...dependency('git+https://x', w.linesPinned ? { gitCommit: 'a' } : {}), at: 'a:1' }],
    }),
    test: claiming<TestClaim>(chain.test, { result: w.passed ? 'PASSED' : 'FAILED' }),
  };
  const gone = (
    [
      'provenance',
      'signature',
      'summary',
      'source',
      'pins',
      'tag',
      'approvalOne',
      'approvalTwo',
      'sbom',
      'test',
    ] as const
  ).filter((one) => !w[one]);
  return Object.fromEntries(Object.entries(links).filter(([name]) => !(gone as string[]).includes(name)));
}

/** The input of a world; the chain may be another one. */
export function inputIn(w: World, chain: Partial<Chain> = chainOf(w)): PolicyInput {
  const input = inputOf(chain);
  const elsewhere: Judged = changed(fullChain().tag, { ...aboutCommit('de'.repeat(20)), index: 40, countsFrom: 40 });
  const busy = Array.from({ length: w.calm ? 20 : 21 }, (_, at) => ({
    index: 80 + at,
    loggedAt: NOW - (w.old ? 86_400 : 60),
  }));
  return {
    ...input,
    tags: w.tagStayed ? input.tags : [elsewhere, ...input.tags],
    complete: w.complete,
    activity: new Map([
      [builderCertificate().names[0]!, busy],
      [builderCertificate().key, busy],
      ['https://acme.example/release', []],
    ]),
    taints: w.untainted
      ? new Map()
      : new Map([['sha256:d1', [{ code: 'DEPENDENCY_TAINTED', by: [6], reason: undefined }]]]),
    rulings: w.unrevoked ? [] : [{ code: 'ARTIFACT_REVOKED', by: [7], reason: undefined }],
    log: { ...input.log, staleness: w.fresh ? 5 : 3_600 },
  };
}
