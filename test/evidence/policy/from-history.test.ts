import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/evidence/facts/evidence.ts';
import { policyFromHistory } from '../../../src/evidence/policy/from-history.ts';
import type { Judged } from '../../../src/evidence/policy/policy-input.ts';
import {
  bareKey,
  builderCertificate,
  certificate,
  changed,
  codesOf,
  decide,
  evidence,
  hex,
  inputOf,
  provenanceClaim,
  stands,
} from './chain.ts';

const GENERATOR = 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator.yml@refs/tags/v';

interface Release {
  version: string;
  branch: boolean;
  generator: string | undefined;
  keyed: boolean;
  environment: boolean;
}

function releaseOf({ version, branch, generator, keyed, environment }: Release): Judged {
  const ref = branch ? 'refs/heads/main' : `refs/tags/v${version}`;
  const signer =
    generator === undefined
      ? `https://github.com/acme/api/.github/workflows/release.yml@${ref}`
      : `${GENERATOR}${generator}`;
  const facts = { ...builderCertificate().facts, sourceRepositoryRef: ref };
  const { deploymentEnvironment, ...rest } = facts;
  const credential = keyed
    ? bareKey(hex('key'))
    : certificate(signer, { facts: environment ? { ...rest, deploymentEnvironment: deploymentEnvironment! } : rest });
  const builder = generator === undefined ? 'https://github.com/actions/runner/github-hosted' : signer;
  return stands(evidence(provenanceClaim({ builder, ref }), credential, { subjects: subjectOf(version) }));
}

const subjectOf = (version: string): Evidence['subjects'] => [
  { name: undefined, digests: new Map([['sha256', hex(version)]]) },
];

/** Codes that the policy gives for a release. */
async function judged(text: string, version: string, about: readonly Judged[]): Promise<string[]> {
  const input = inputOf({}, { about, artifact: { name: undefined, digests: new Map([['sha256', hex(version)]]) } });
  return codesOf(await decide(text, input));
}

const release: fc.Arbitrary<Release> = fc.record({
  version: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)).map((numbers) => numbers.join('.')),
  branch: fc.boolean(),
  generator: fc.option(fc.constantFrom('1.2.0', '1.9.0', '2.0.0'), { nil: undefined }),
  keyed: fc.boolean(),
  environment: fc.boolean(),
});

describe('A17: a policy from history', () => {
  it('allows all of that history, in at most 25 lines', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(release, { minLength: 1, maxLength: 12 }), async (releases) => {
        const history = releases.map(releaseOf);
        const { text } = policyFromHistory('acme/api', history);
        expect(text.trim().split('\n').length).toBeLessThanOrEqual(25);
        for (const [at, one] of history.entries()) expect(await judged(text, releases[at]!.version, [one])).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  const usual = ['1.0.0', '1.0.1', '1.1.0'].map((version) => ({
    version,
    branch: false,
    generator: '1.9.0',
    keyed: false,
    environment: true,
  }));

  it('B22: allows the next release, and none from elsewhere', async () => {
    const { text, remarks } = policyFromHistory('acme/api', usual.map(releaseOf));
    const next = releaseOf({ ...usual[0]!, version: '1.2.0', generator: '2.1.0' });
    expect([await judged(text, '1.2.0', [next]), remarks]).toEqual([[], []]);
    const spoilt = (facts: Parameters<typeof builderCertificate>[0]) =>
      judged(text, '1.2.0', [
        changed(next, {
          credentials: [
            { ...next.evidence.credentials[0]!, facts: { ...next.evidence.credentials[0]!.facts, ...facts } },
          ],
        }),
      ]);
    expect(await spoilt({ sourceRepositoryURI: 'https://github.com/mallory/api' })).toContain('REPO_NOT_ALLOWED');
    expect(await spoilt({ sourceRepositoryIdentifier: '666' })).toEqual(['REPO_NOT_ALLOWED']);
    expect(await spoilt({ sourceRepositoryRef: 'refs/heads/next' })).toEqual(['REF_NOT_ALLOWED']);
    expect(await spoilt({ buildTrigger: 'discussion' })).toEqual(['TRIGGER_NOT_ALLOWED']);
    expect(await spoilt({ runnerEnvironment: 'self-hosted' })).toEqual(['RUNNER_NOT_ALLOWED']);
    const fork = changed(next, { credentials: [certificate('https://github.com/mallory/x@refs/tags/v1')] });
    expect(await judged(text, '1.2.0', [fork])).toContain('SIGNER_NOT_ALLOWED');
    expect(await judged(text, '1.2.0', [])).toContain('NO_PROVENANCE');
  });

  it('asks for no provenance where some release has none, and says so', async () => {
    const bare = stands(evidence(undefined, certificate('https://npm.example'), { subjects: subjectOf('0.9.0') }));
    const { text, remarks } = policyFromHistory('acme/api', [bare, ...usual.map(releaseOf)]);
    expect(remarks).toEqual([expect.stringContaining('not every release has provenance')]);
    expect(await judged(text, '0.9.0', [bare])).toEqual([]);
  });

  it('takes nothing from evidence that was taken back', () => {
    const evil = {
      ...releaseOf({ ...usual[0]!, version: '6.6.6' }),
      rulings: [{ code: 'WITHDRAWN' as const, by: [1], reason: undefined }],
    };
    const strange = {
      ...evil,
      evidence: { ...evil.evidence, claim: provenanceClaim({ builder: 'https://evil.example' }) },
    };
    const { text } = policyFromHistory('acme/api', [...usual.map(releaseOf), strange]);
    expect(text).not.toContain('evil');
  });

  it('is one for an empty history too, and lets nothing pass but what is signed', async () => {
    const { text } = policyFromHistory('acme/api', []);
    expect(await judged(text, '1.0.0', [])).toEqual(['NO_SIGNATURE', 'SIGNER_NOT_ALLOWED']);
  });
});
