/** S2b: valid provenance of the right repository, workflow and runner, 84 times in six minutes. */
import { describe, expect, it } from 'vitest';
import { certificate, codesOf, decide, evidence, GITHUB, hex, inputOf, NOW, provenanceClaim } from './chain.ts';

const SAN = 'https://github.com/acme/api/.github/workflows/release.yml@refs/heads/main';

const entries = Array.from({ length: 84 }, (_, at) => {
  const facts = {
    sourceRepositoryURI: 'https://github.com/acme/api',
    runnerEnvironment: 'github-hosted',
    sourceRepositoryRef: 'refs/heads/main',
  };
  const credential = certificate(SAN, { facts });
  const subjects = [{ name: undefined, digests: new Map([['sha256', hex(`artifact ${at}`)]]) }];
  const claim = provenanceClaim({ builder: 'https://github.com/actions/runner/github-hosted', dependencies: [] });
  return evidence(claim, credential, { index: 300 + at, subjects, loggedAt: NOW - 360 + Math.floor((at * 360) / 84) });
});

const activity = new Map([[SAN, entries.map(({ index, loggedAt }) => ({ index, loggedAt }))]]);

const policy = (rest: string) => `policy: a
version: 1
trust: {signers: [{issuer: ${GITHUB}, san: "${SAN}"}], builders: [{id: https://github.com/actions/runner/github-hosted, level: 3, signer: {issuer: ${GITHUB}, san: "${SAN}"}}]}
${rest}`;

/** How many of the 84 each code refuses. */
async function refusals(text: string, rulings: readonly 'WITHDRAWN'[] = []) {
  const counts: Record<string, number> = {};
  for (const one of entries) {
    const about = [{ evidence: one, rulings: rulings.map((code) => ({ code, by: [500], reason: undefined })) }];
    const input = inputOf({}, { about, activity, artifact: { name: undefined, digests: one.subjects[0]!.digests } });
    const decision = await decide(text, input);
    if (decision.decision === 'ALLOW') counts.ALLOW = (counts.ALLOW ?? 0) + 1;
    for (const code of new Set(codesOf(decision))) counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

describe('S2b', () => {
  it('A20: plain SLSA verification allows 84 of 84', async () => {
    expect(await refusals(policy('extends: slsa-build-3\n'))).toEqual({ ALLOW: 84 });
  });

  it('A20: `production` refuses all of them for age and environment, and from the 21st for their number', async () => {
    const text = policy('extends: production\nrequire: {signature: any, provenance: {reproduced: 2}}\n');
    expect(await refusals(text)).toEqual({
      MIN_AGE: 84,
      ENVIRONMENT_MISSING: 84,
      RATE_EXCEEDED: 64,
      NOT_REPRODUCED: 84,
    });
  });

  it('A22: one withdrawal refuses all of them', async () => {
    expect(await refusals(policy('extends: slsa-build-3\n'), ['WITHDRAWN'])).toMatchObject({
      WITHDRAWN: 84,
      NO_PROVENANCE: 84,
    });
  });
});
