import { describe, expect, it } from 'vitest';
import type { SbomClaim } from '../../../src/entry/predicate/claim.ts';
import { dependenciesOf, isPinned } from '../../../src/evidence/policy/dependencies.ts';
import { readPolicy } from '../../../src/evidence/policy/policy.ts';
import {
  ATTESTOR,
  bareKey,
  certificate,
  changed,
  claiming,
  dependency,
  evidence,
  fullChain,
  policyText,
} from './chain.ts';

describe('the dependencies of an artifact', () => {
  const listed = async (change: (chain: ReturnType<typeof fullChain>) => object, text = policyText('')) => {
    const chain = { ...fullChain(), ...change(fullChain()) };
    const about = [chain.provenance, chain.sbom, chain.pins].map((judged) => judged.evidence);
    return dependenciesOf((await readPolicy(text)).document, about).map(({ uri }) => uri);
  };
  const sbomOf = (...credentials: ReturnType<typeof certificate>[]) => ({
    sbom: changed(claiming<SbomClaim>(fullChain().sbom, { components: [dependency('pkg:npm/tainted', {})] }), {
      credentials,
    }),
  });

  it('are those of trusted builds, and of what attestors state', async () => {
    expect(await listed(() => sbomOf(certificate(ATTESTOR)))).toEqual(
      expect.arrayContaining([
        'https://npm.acme.example/left-pad-1.0.0.tgz',
        'pkg:npm/tainted',
        'git+https://github.com/actions/checkout',
      ]),
    );
  });

  it('are not what a stranger says they are, who could have the artifact refused by it', async () => {
    expect(await listed(() => sbomOf(bareKey('evil')))).not.toContain('pkg:npm/tainted');
    const untrusted = { provenance: changed(fullChain().provenance, { credentials: [bareKey('evil')] }) };
    expect(await listed(() => untrusted)).not.toContain('https://npm.acme.example/left-pad-1.0.0.tgz');
  });

  it('are what the signer of the build states, where no attestors are named', async () => {
    const text = policyText('').replace(/ {2}attestors:.*\n/, '');
    const [credential] = fullChain().provenance.evidence.credentials;
    expect(await listed(() => sbomOf(credential!), text)).toContain('pkg:npm/tainted');
    expect(await listed(() => sbomOf(certificate(ATTESTOR)), text)).not.toContain('pkg:npm/tainted');
  });
});

describe('a dependency', () => {
  it.each([
    ['https://a', { sha256: 'x' }, true],
    ['git+https://a', { gitCommit: 'x' }, true],
    ['git+https://a', { sha1: 'x' }, true],
    ['https://a', { sha1: 'x' }, false],
    ['https://a', { md5: 'x' }, false],
    ['git+https://a@refs/heads/main', {}, false],
  ])('%s with %j is pinned: %s', (uri, digests, pinned) => {
    expect(isPinned(dependency(uri, digests as Record<string, string>))).toBe(pinned);
  });
});

describe('an unrelated statement', () => {
  it('names no dependencies', async () => {
    const release = evidence(
      { kind: 'release', package: 'pkg:npm/a', version: '1', registry: undefined },
      certificate(ATTESTOR),
    );
    expect(dependenciesOf((await readPolicy(policyText(''))).document, [release])).toEqual([]);
  });
});
