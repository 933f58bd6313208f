/** A second verifier, which shares no code with sigstore-js: @freedomofpress/sigstore-browser. */
import { type SigstoreBundle, SigstoreVerifier, type TrustedRoot } from '@freedomofpress/sigstore-browser';
import type { Artifact } from './artifact.ts';
import type { Json } from './clients.ts';
import { ISSUER, SIGNER } from './mock-services.ts';

/** @throws Error where it does not verify */
export async function verifyInBrowser(trustedRoot: Json, bundle: unknown, { artifact }: Artifact): Promise<void> {
  const verifier = new SigstoreVerifier();
  await verifier.loadSigstoreRoot(trustedRoot as unknown as TrustedRoot);
  await verifier.verifyArtifact(SIGNER, ISSUER, bundle as SigstoreBundle, artifact);
}
