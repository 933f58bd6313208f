/** sigstore-js signs through the Rekor v2 door, configured by `sigstore-config`; everything that it gets must verify. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Artifact, KINDS, newArtifact } from './artifact.ts';
import { verifyInBrowser } from './browser.ts';
import { type BundleJson, CLIENTS, signWith, verifyWith } from './clients.ts';
import { ISSUER, SIGNER } from './mock-services.ts';
import { type Configuration, type Timestamps, useSigstore } from './sigstore.ts';

const sigstore = useSigstore();
const TIMESTAMPS: Timestamps[] = ['own', 'mock'];

const cases = CLIENTS.flatMap((client) =>
  TIMESTAMPS.flatMap((timestamps) => KINDS.map((kind) => [client.name, kind, timestamps, client] as const)),
);

describe.each(cases)('%s, %s, timestamps of the %s authority', (_, kind, timestamps, client) => {
  let artifact: Artifact;
  let configuration: Configuration;
  let bundle: BundleJson;
  beforeAll(async () => {
    configuration = await sigstore.configuration({ timestamps });
    artifact = newArtifact(kind);
    bundle = await signWith(client, configuration.signingConfig, artifact);
  });
  const entry = () => bundle.verificationMaterial!.tlogEntries[0]!;

  it('logs it as the kind that was asked for', () => {
    const kinds = { messageSignature: 'hashedrekord', dsseEnvelope: 'dsse' };
    expect(entry().kindVersion).toEqual({ kind: kinds[kind], version: '0.0.2' });
  });

  it('verifies', () => {
    expect(verifyWith(client, configuration.trustedRoot, bundle, artifact)).toEqual({ name: SIGNER, issuer: ISSUER });
  });

  it('verifies with sigstore-browser', async () => {
    await verifyInBrowser(configuration.trustedRoot, bundle, artifact);
  });

  it('is submitted natively as the entry that it is', async () => {
    const leaf = kind === 'dsseEnvelope' ? { leaf: 'dsse' } : {};
    const body = JSON.stringify({ bundle, ...leaf });
    const { index, duplicate } = await sigstore.http.log({ body, payload: undefined });
    expect({ index, duplicate }).toEqual({ index: Number(entry().logIndex), duplicate: true });
  });

  it('is handed out by the log as a bundle that verifies', async () => {
    const handed = await sigstore.http.json(`/v1/entries/${entry().logIndex}/bundle`);
    expect(verifyWith(client, configuration.trustedRoot, handed, artifact).name).toBe(SIGNER);
  });
});
