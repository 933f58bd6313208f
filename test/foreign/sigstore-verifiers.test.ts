/** cosign and sigstore-python verify what the log hands out, with the files of `sigstore-config`: the rest of the table. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Artifact, type Kind, newArtifact } from '../sigstore/artifact.ts';
import { newest, signThroughV1 } from '../sigstore/clients.ts';
import { ISSUER, SIGNER } from '../sigstore/mock-services.ts';
import { logNatively, useSigstore } from '../sigstore/sigstore.ts';
import { goProgram, type Outcome, type Program, pythonEnvironment, run, skipWhereAbsent } from './programs.ts';

const sigstore = useSigstore();

/** Runs a verifier on a file with a bundle and a file with an artifact. */
type Verify = (bundle: string, artifact: string, kind: Kind) => Promise<Outcome>;

interface Made {
  artifact: Artifact;
  bundle: unknown;
}

async function native(kind: Kind, leaf: object): Promise<Made> {
  const artifact = newArtifact(kind);
  return { artifact, bundle: await logNatively(sigstore, artifact, leaf) };
}

/** What sigstore-js itself keeps of an entry that it made through version 1 of the API. */
async function throughV1(kind: Kind): Promise<Made> {
  const artifact = newArtifact(kind);
  const { signingConfig } = await sigstore.configuration({ rekorApi: '1' });
  const entry = kind === 'messageSignature' ? 'hashedrekord' : 'dsse';
  return { artifact, bundle: await signThroughV1(newest, signingConfig, entry, artifact) };
}

const ACCEPTED: [string, () => Promise<Made>][] = [
  ['a signature over an artifact', () => native('messageSignature', {})],
  ['an attestation, logged from the digest of what was signed', () => native('dsseEnvelope', {})],
  ['a signature over an artifact, by sigstore-js through version 1', () => throughV1('messageSignature')],
  ['an attestation, by sigstore-js through version 1', () => throughV1('dsseEnvelope')],
];

/** Writes what there is to verify, and says where. */
async function written({ artifact, bundle }: Made): Promise<Record<'bundle' | 'artifact' | 'tampered', string>> {
  const { folder } = await sigstore.configuration();
  const file = (content: string | Buffer, as: string): string => {
    writeFileSync(join(folder, as), content);
    return join(folder, as);
  };
  return {
    bundle: file(JSON.stringify(bundle), 'bundle.json'),
    artifact: file(artifact.artifact, 'artifact'),
    tampered: file(Buffer.concat([artifact.artifact, Buffer.of(0)]), 'tampered'),
  };
}

function describeVerifier(name: string, program: () => Program, verify: Verify, refusesEnvelopes: string): void {
  describe(name, () => {
    skipWhereAbsent(program);

    it.each(ACCEPTED)('accepts %s, and for no other artifact', async (_, make) => {
      const made = await make();
      const files = await written(made);
      const { code, output } = await verify(files.bundle, files.artifact, made.artifact.kind);
      expect([code, output]).toEqual([0, expect.stringContaining('OK')]);
      expect((await verify(files.bundle, files.tampered, made.artifact.kind)).code).toBe(1);
    });

    it('refuses an attestation, logged as an envelope', async () => {
      const files = await written(await native('dsseEnvelope', { leaf: 'dsse' }));
      const { code, output } = await verify(files.bundle, files.artifact, 'dsseEnvelope');
      expect([code, output]).toEqual([1, expect.stringContaining(refusesEnvelopes)]);
    });
  });
}

let cosign: Program;
let python: Program;

beforeAll(async () => {
  cosign = await goProgram('github.com/sigstore/cosign/v3/cmd/cosign', 'v3.1.3');
  python = await pythonEnvironment('sigstore==4.5.1');
});

describeVerifier(
  'cosign',
  () => cosign,
  async (bundle, artifact, kind) => {
    const { folder } = await sigstore.configuration();
    const command =
      kind === 'dsseEnvelope' ? ['verify-blob-attestation', '--type', 'slsaprovenance1'] : ['verify-blob'];
    return run(cosign.path, [
      ...[...command, '--bundle', bundle, '--trusted-root', join(folder, 'trusted_root.json')],
      ...['--certificate-identity', SIGNER, '--certificate-oidc-issuer', ISSUER, artifact],
    ]);
  },
  // What it says of a bundle that it cannot read as one.
  '--trusted-root only supported with',
);

describeVerifier(
  'sigstore-python',
  () => python,
  async (bundle, artifact) => {
    const { folder } = await sigstore.configuration();
    return run(python.path, [
      ...['-m', 'sigstore', '--trust-config', join(folder, 'client_trust_config.json')],
      ...['verify', 'identity', '--offline', '--bundle', bundle],
      ...['--cert-identity', SIGNER, '--cert-oidc-issuer', ISSUER, artifact],
    ]);
  },
  'Unsupported DSSE log entry type: dsse/0.0.2',
);

describe('sigstore-python', () => {
  skipWhereAbsent(() => python);

  it('refuses a configuration without the key of a CT log', async () => {
    const { folder } = await sigstore.configuration();
    const path = join(folder, 'client_trust_config.json');
    const { trustedRoot, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as { trustedRoot: object };
    const without = join(folder, 'without-ct.json');
    writeFileSync(without, JSON.stringify({ ...rest, trustedRoot: { ...trustedRoot, ctlogs: [] } }));
    const { bundle, artifact } = await written(await native('messageSignature', {}));
    const identity = ['--cert-identity', SIGNER, '--cert-oidc-issuer', ISSUER];
    const asked = ['verify', 'identity', '--offline', '--bundle', bundle, ...identity, artifact];
    const { code, output } = await run(python.path, ['-m', 'sigstore', '--trust-config', without, ...asked]);
    expect([code, output]).toEqual([1, expect.stringMatching(/ctfe|ctlog/i)]);
  });
});
