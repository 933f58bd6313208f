/** sigstore-python signs against this log, with its timestamps, and verifies what it made. Its certificates are mocked. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Artifact, newArtifact } from '../sigstore/artifact.ts';
import { type BundleJson, newest, verifyWith } from '../sigstore/clients.ts';
import { ISSUER, identityToken, SIGNER } from '../sigstore/mock-services.ts';
import { type Configuration, useSigstore } from '../sigstore/sigstore.ts';
import { type Outcome, type Program, pythonEnvironment, run, skipWhereAbsent } from './programs.ts';

const sigstore = useSigstore();
let python: Program;
beforeAll(async () => {
  python = await pythonEnvironment('sigstore==4.5.1');
});
skipWhereAbsent(() => python);

const PREDICATE = {
  buildDefinition: { buildType: 'https://example.com/build', externalParameters: {} },
  runDetails: { builder: { id: 'https://example.com/builder' } },
};

const COMMANDS = [
  ['an artifact', 'messageSignature', ['sign']],
  ['an attestation', 'dsseEnvelope', ['attest', '--predicate-type', 'https://slsa.dev/provenance/v1']],
] as const;
/** Of Rekor's API. */
const VERSIONS = ['2', '1'] as const;
const cases = COMMANDS.flatMap(([name, kind, command]) =>
  VERSIONS.map((version) => [name, version, kind, command] as const),
);

describe.each(cases)('%s, through version %s of the API', (_, version, kind, command) => {
  let configuration: Configuration;
  let artifact: Artifact;
  let bundle: BundleJson;
  let signed: Outcome;
  const file = (name: string): string => join(configuration.folder, `${kind}-${name}`);
  const sigstorePython = (...args: string[]): Promise<Outcome> =>
    run(python.path, [
      ...['-m', 'sigstore', '--trust-config', join(configuration.folder, 'client_trust_config.json')],
      ...args,
    ]);

  beforeAll(async () => {
    if (python.absent !== undefined) return;
    configuration = await sigstore.configuration({ rekorApi: version });
    artifact = newArtifact(kind);
    writeFileSync(file('artifact'), artifact.artifact);
    writeFileSync(file('predicate'), JSON.stringify(PREDICATE));
    const predicate = kind === 'dsseEnvelope' ? ['--predicate', file('predicate')] : [];
    const given = ['--identity-token', identityToken(), '--bundle', file('bundle'), file('artifact')];
    signed = await sigstorePython(...command, ...predicate, ...given);
    if (signed.code === 0) bundle = JSON.parse(readFileSync(file('bundle'), 'utf8')) as BundleJson;
  });

  const verify = (name: string): Promise<Outcome> => {
    const identity = ['--cert-identity', SIGNER, '--cert-oidc-issuer', ISSUER];
    return sigstorePython('verify', 'identity', '--bundle', file('bundle'), ...identity, file(name));
  };

  it('is signed and logged', () => {
    expect(signed).toEqual({ code: 0, output: expect.stringContaining('Transparency log entry created') });
  });

  it('verifies', async () => {
    expect(await verify('artifact')).toEqual({ code: 0, output: expect.stringContaining('OK') });
  });

  it('is refused for another artifact', async () => {
    writeFileSync(file('tampered'), 'something else');
    expect((await verify('tampered')).code).toBe(1);
  });

  it('verifies with sigstore-js', () => {
    expect(verifyWith(newest, configuration.trustedRoot, bundle, artifact).name).toBe(SIGNER);
  });

  // The first version has leaves of its own.
  it.runIf(version === '2')('is submitted natively as the entry that it is', async () => {
    const { index } = await sigstore.http.log({ body: JSON.stringify(bundle), payload: undefined });
    expect(index).toBe(Number(bundle.verificationMaterial!.tlogEntries[0]!.logIndex));
  });
});
