/** Which verifier accepts which leaf: the table of docs/sigstore.md, as far as it can be run without Go and Python. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Artifact, type Kind, newArtifact } from './artifact.ts';
import { verifyInBrowser } from './browser.ts';
import { declaringNode20, newest, verifyWith } from './clients.ts';
import { logNatively, useSigstore } from './sigstore.ts';

const sigstore = useSigstore();

const VERIFIERS = {
  'sigstore-js for Node 20': (root: Root, bundle: unknown, of: Artifact) =>
    verifyWith(declaringNode20, root, bundle, of),
  'the newest sigstore-js': (root: Root, bundle: unknown, of: Artifact) => verifyWith(newest, root, bundle, of),
  'sigstore-browser': verifyInBrowser,
};

type Root = Record<string, unknown>;

describe('the table in docs/sigstore.md', () => {
  const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };

  it.each([
    ['@sigstore/verify', '@sigstore/verify'],
    ['sigstore-verify-newest', '@sigstore/verify'],
    ['@freedomofpress/sigstore-browser', 'sigstore-browser'],
  ])('names the version of %s that is tested', (dependency, name) => {
    const version = devDependencies[dependency]!.replace(/^npm:.*@/, '');
    expect(read('docs/sigstore.md')).toContain(`${name} ${version}`);
  });
});

describe.each<[string, Kind, object, string, Record<keyof typeof VERIFIERS, string | undefined>]>([
  [
    'a signature over an artifact',
    'messageSignature',
    {},
    'hashedrekord',
    { 'sigstore-js for Node 20': undefined, 'the newest sigstore-js': undefined, 'sigstore-browser': undefined },
  ],
  [
    'an attestation, logged from the digest of what was signed',
    'dsseEnvelope',
    {},
    'hashedrekord',
    {
      'sigstore-js for Node 20': 'digest mismatch',
      'the newest sigstore-js': undefined,
      'sigstore-browser': 'missing messageSignature',
    },
  ],
  [
    'an attestation, logged as an envelope',
    'dsseEnvelope',
    { leaf: 'dsse' },
    'dsse',
    { 'sigstore-js for Node 20': undefined, 'the newest sigstore-js': undefined, 'sigstore-browser': undefined },
  ],
])('%s', (_, kind, leaf, expectedKind, verdicts) => {
  it.each(Object.entries(verdicts))('%s', async (name, verdict) => {
    const artifact = newArtifact(kind);
    const { trustedRoot } = await sigstore.configuration();
    const bundle = await logNatively(sigstore, artifact, leaf);
    expect(bundle.verificationMaterial.tlogEntries[0]!.kindVersion.kind).toBe(expectedKind);
    const verified = async (): Promise<unknown> =>
      VERIFIERS[name as keyof typeof VERIFIERS](trustedRoot, bundle, artifact);
    if (verdict === undefined) await verified();
    else await expect(verified()).rejects.toThrow(verdict);
  });
});
