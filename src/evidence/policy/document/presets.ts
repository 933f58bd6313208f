/**
 * Five tiers, from a bare signature to what regulated releases need. A preset says what must hold; whose word counts
 * is the policy's own: of the builders only those that everyone can use are named here.
 */
import type { Members } from '../../../entry/encoding/members.ts';
import type { PresetName } from './policy.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';

/** Builders that anyone can use, at the level that their own documentation claims for them. */
const PUBLIC_BUILDERS = [
  {
    id: 'https://github.com/slsa-framework/slsa-github-generator/**',
    signer: {
      issuer: GITHUB,
      san: 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/*@refs/tags/v*',
    },
    level: 3,
  },
  {
    id: 'https://github.com/actions/runner/github-hosted',
    signer: { issuer: GITHUB, san: 'https://github.com/**' },
    level: 2,
  },
  {
    id: 'https://github.com/actions/runner',
    signer: { issuer: GITHUB, san: 'https://github.com/**' },
    level: 2,
  },
];

/** Images of hosted runners are listed in provenance without digest, and are the platform's to keep. */
const PLATFORM = ['https://github.com/actions/virtual-environments/**', 'https://github.com/actions/runner-images/**'];

export const PRESETS: Readonly<Record<PresetName, Members>> = {
  signed: {
    trust: { signers: 'any' },
    require: { signature: 'any' },
  },
  'slsa-build-2': {
    trust: { builders: PUBLIC_BUILDERS },
    require: { provenance: { level: 2 } },
  },
  'slsa-build-3': {
    trust: { builders: PUBLIC_BUILDERS },
    require: { provenance: { level: 3 } },
  },
  production: {
    trust: { log: { maxStaleness: '5m' }, builders: PUBLIC_BUILDERS },
    require: {
      signature: 'release',
      provenance: { level: 3, runner: 'hosted', environment: '**', keys: { ephemeral: '15m' } },
      source: { tagImmutable: true },
      dependencies: { pinned: 'inputs', platform: PLATFORM, tainted: 0 },
      logged: { minAge: '4h', complete: true },
      continuity: 'no-downgrade',
      rate: { perIdentity: '20/10m' },
    },
  },
  regulated: {
    trust: { log: { maxStaleness: '2m' }, builders: PUBLIC_BUILDERS },
    exceptionApprovers: 2,
    require: {
      signature: 'release',
      provenance: {
        level: 3,
        runner: 'hosted',
        environment: '**',
        parameters: 'closed',
        separation: ['signer!=buildConfig', 'signer!=sourceVerifier'],
        keys: { ephemeral: '15m', maxRepositories: 3 },
      },
      source: { level: 3, properties: ['SLSA_SOURCE_TWO_PARTY_REVIEWED'], tagImmutable: true },
      dependencies: { pinned: 'digest', platform: PLATFORM, tainted: 0 },
      attest: [
        { type: 'spdx|cyclonedx', maxAge: '30d' },
        { type: 'test-result', equals: { result: 'PASSED' } },
        { type: 'vulns', maxDbAge: '24h' },
      ],
      logged: { minAge: '4h', complete: true },
      continuity: 'no-downgrade',
      rate: { perIdentity: '20/10m' },
      owners: true,
    },
  },
};
