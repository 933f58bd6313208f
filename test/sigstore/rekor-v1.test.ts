/** sigstore-js signs through the Rekor v1 door, with no timestamp authority: the signed entry timestamp is the time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../server/running-server.ts';
import { type Artifact, newArtifact } from './artifact.ts';
import { verifyInBrowser } from './browser.ts';
import { type BundleJson, CLIENTS, type LogKind, signThroughV1, verifyWith } from './clients.ts';
import { ISSUER, SIGNER } from './mock-services.ts';
import { type Configuration, useSigstore } from './sigstore.ts';

const sigstore = useSigstore();
const VERSIONS: Record<LogKind, string> = { hashedrekord: '0.0.1', dsse: '0.0.1', intoto: '0.0.2' };
const cases = CLIENTS.flatMap((client) =>
  Object.entries(VERSIONS).map(([kind, version]) => [client.name, kind as LogKind, version, client] as const),
);

describe.each(cases)('%s, %s %s', (_, kind, version, client) => {
  let artifact: Artifact;
  let configuration: Configuration;
  let bundle: BundleJson;
  beforeAll(async () => {
    configuration = await sigstore.configuration({ rekorApi: '1' });
    artifact = newArtifact(kind === 'hashedrekord' ? 'messageSignature' : 'dsseEnvelope');
    bundle = await signThroughV1(client, configuration.signingConfig, kind, artifact);
  });
  const entry = () => bundle.verificationMaterial!.tlogEntries[0]!;

  it('logs it as the kind that was asked for, with a promise and no timestamp', () => {
    expect(entry()).toMatchObject({ kindVersion: { kind, version }, inclusionPromise: expect.anything() });
    expect(bundle.verificationMaterial!.timestampVerificationData?.rfc3161Timestamps ?? []).toEqual([]);
  });

  it('verifies', () => {
    expect(verifyWith(client, configuration.trustedRoot, bundle, artifact)).toEqual({ name: SIGNER, issuer: ISSUER });
  });

  it('verifies with sigstore-browser', async () => {
    await verifyInBrowser(configuration.trustedRoot, bundle, artifact);
  });

  it('is verified by our own command under the trusted root, which is what it says under the key of the log', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-rekor-v1-'));
    const file = join(folder, 'bundle.json');
    writeFileSync(file, JSON.stringify(bundle));
    const verify = (...trust: string[]) =>
      run('verify', `sha256:${artifact.digest}`, '--bundle', file, '--any-signer', ...trust);
    const underKey = await verify('--log-key', sigstore.server.verifierKey);
    const underRoot = await verify('--trusted-root', join(configuration.folder, 'trusted_root.json'));
    rmSync(folder, { recursive: true });
    expect(underKey).toMatchObject({ code: 5, stderr: expect.stringContaining('--trusted-root verifies') });
    expect(underKey.stderr).toContain(`the key that ${sigstore.server.origin} has for clients of Rekor v1`);
    expect(underRoot).toMatchObject({ code: 0, stdout: expect.stringContaining(`entry ${entry().logIndex} of`) });
  });

  it('is handed out by the log as a bundle that verifies', async () => {
    const handed = await sigstore.http.json(`/v1/entries/${entry().logIndex}/bundle`);
    expect(verifyWith(client, configuration.trustedRoot, handed, artifact).name).toBe(SIGNER);
  });
});
