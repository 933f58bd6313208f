/** Our own verifier under the trusted root that `sigstore-config` writes, on bundles of the log that sigstore-js signed. */
import { beforeAll, describe, expect, it } from 'vitest';
import { isLogError } from '../../src/core/errors.ts';
import { readTrustedRoot } from '../../src/entry/trust/trusted-root.ts';
import { verifySigstoreBundle } from '../../src/entry/verification/verify-sigstore-bundle.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { alterations } from './alterations.ts';
import { type Artifact, KINDS, newArtifact } from './artifact.ts';
import { declaringNode20, newest, signWith } from './clients.ts';
import { ISSUER, SIGNER } from './mock-services.ts';
import { type Configuration, logNatively, useSigstore } from './sigstore.ts';

const sigstore = useSigstore();

function verify(bundle: unknown, { trustedRoot }: Configuration, { digest }: Artifact) {
  return verifySigstoreBundle(bundle, {
    trustedRoot: readTrustedRoot(trustedRoot),
    signer: { identity: { name: SIGNER, issuer: ISSUER } },
    artifactDigest: { algorithm: 'sha256', digest: Uint8Array.from(Buffer.from(digest, 'hex')) },
    checks: nativeChecks,
  });
}

describe.each(KINDS)('a %s', (kind) => {
  it('is verified as the log hands it out, with its own timestamp', async () => {
    const artifact = newArtifact(kind);
    const verified = verify(await logNatively(sigstore, artifact), await sigstore.configuration(), artifact);
    expect(verified.times).toMatchObject([{ by: 'timestamp-authority' }]);
    expect(verified.certificate!.ctlogs).toHaveLength(1);
  });

  it.each(['own', 'mock'] as const)(
    'is verified as sigstore-js makes it, with the %s timestamps',
    async (timestamps) => {
      const configuration = await sigstore.configuration({ timestamps, rekorApi: '2' });
      for (const client of [declaringNode20, newest]) {
        const artifact = newArtifact(kind);
        const bundle = await signWith(client, configuration.signingConfig, artifact);
        expect(verify(bundle, configuration, artifact).entries).toHaveLength(1);
      }
    },
  );

  describe('altered', () => {
    let artifact: Artifact;
    let configuration: Configuration;
    let bundle: unknown;
    beforeAll(async () => {
      configuration = await sigstore.configuration();
      artifact = newArtifact(kind);
      bundle = await logNatively(sigstore, artifact);
    });

    it('in any string is refused', () => {
      const accepted = [...alterations(bundle)].filter(({ document }) => accepts(document)).map(({ path }) => path);
      // The line of the log's time key, which a trusted root does not name.
      expect([...new Set(accepted)]).toEqual([
        'verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope, line 6',
      ]);
    });

    function accepts(document: unknown): boolean {
      try {
        verify(document, configuration, artifact);
        return true;
      } catch (error) {
        if (isLogError(error)) return false;
        throw error;
      }
    }
  });
});
