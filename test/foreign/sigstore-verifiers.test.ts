/** cosign and sigstore-python verify what the log hands out, with the files of `sigstore-config`: the rest of the table. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { newArtifact } from '../sigstore/artifact.ts';
import { ISSUER, SIGNER } from '../sigstore/mock-services.ts';
import { logNatively, useSigstore } from '../sigstore/sigstore.ts';
import { goProgram, type Outcome, type Program, pythonEnvironment, run, skipWhereAbsent } from './programs.ts';

const sigstore = useSigstore();

/** Runs a verifier on a file with a bundle and a file with an artifact. */
type Verify = (bundle: string, artifact: string, kind: 'messageSignature' | 'dsseEnvelope') => Promise<Outcome>;

const LEAVES = [
  ['a signature over an artifact', 'messageSignature', {}],
  ['an attestation, logged from the digest of what was signed', 'dsseEnvelope', {}],
  ['an attestation, logged as an envelope', 'dsseEnvelope', { leaf: 'dsse' }],
] as const;

function describeVerifier(name: string, program: () => Program, verify: Verify, refusesEnvelopes: string): void {
  describe(name, () => {
    skipWhereAbsent(program);

    it.each(LEAVES)('%s', async (_, kind, leaf) => {
      const { folder } = await sigstore.configuration();
      const artifact = newArtifact(kind);
      const files = [join(folder, 'bundle.json'), join(folder, 'artifact'), join(folder, 'tampered')] as const;
      writeFileSync(files[0], JSON.stringify(await logNatively(sigstore, artifact, leaf)));
      writeFileSync(files[1], artifact.artifact);
      writeFileSync(files[2], Buffer.concat([artifact.artifact, Buffer.of(0)]));
      const { code, output } = await verify(files[0], files[1], kind);
      if ('leaf' in leaf) {
        expect([code, output]).toEqual([1, expect.stringContaining(refusesEnvelopes)]);
        return;
      }
      expect([code, output]).toEqual([0, expect.stringContaining('OK')]);
      expect((await verify(files[0], files[2], kind)).code).toBe(1);
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
