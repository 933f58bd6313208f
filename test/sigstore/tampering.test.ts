/** Nothing in a bundle can be altered without a verifier noticing. */
import { beforeAll, describe, expect, it } from 'vitest';
import { verifierOf } from '../../src/core/note.ts';
import { verifyBundle } from '../../src/entry/verification/verify-bundle.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { alterations } from './alterations.ts';
import { type Artifact, KINDS, newArtifact } from './artifact.ts';
import { newest, signWith, verifyWith } from './clients.ts';
import { type Configuration, logNatively, useSigstore } from './sigstore.ts';

const sigstore = useSigstore();

/** What sigstore-js reads and does not look at. It takes size and root from the checkpoint, which its key has signed. */
const IGNORED_BY_SIGSTORE_JS = [
  'verificationMaterial.tlogEntries.0.logIndex',
  'verificationMaterial.tlogEntries.0.inclusionProof.rootHash',
  'verificationMaterial.tlogEntries.0.inclusionProof.treeSize',
  // The line of the log's time key, of which it knows nothing.
  'verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope, line 6',
];

const MAKERS = {
  'signed through the Rekor v2 door': (artifact: Artifact, { signingConfig }: Configuration) =>
    signWith(newest, signingConfig, artifact),
  'handed out by the log': (artifact: Artifact) => logNatively(sigstore, artifact),
};
const cases = Object.entries(MAKERS).flatMap(([how, make]) => KINDS.map((kind) => [kind, how, make] as const));

describe.each(cases)('a bundle with a %s, %s', (kind, _, make) => {
  let artifact: Artifact;
  let configuration: Configuration;
  let bundle: unknown;
  beforeAll(async () => {
    configuration = await sigstore.configuration();
    artifact = newArtifact(kind);
    bundle = await make(artifact, configuration);
  });

  const bySigstore = (one: unknown) => verifyWith(newest, configuration.trustedRoot, one, artifact);
  const byCountersign = (one: unknown) => {
    const { verifierKey, timeVerifierKey, origin } = sigstore.server;
    const keys = { logVerifier: verifierOf(verifierKey), timeVerifier: verifierOf(timeVerifierKey) };
    return verifyBundle(one, { ...keys, origin, signer: 'any', checks: nativeChecks });
  };
  /** Of all paths, or of some, those at which an alteration is accepted; each once. */
  const accepted = (judge: (one: unknown) => unknown, among?: readonly string[]): string[] => {
    const tried = [...alterations(bundle)].filter(({ path }) => among?.includes(path) ?? true);
    return [...new Set(tried.filter(({ document }) => accepts(judge, document)).map(({ path }) => path))];
  };

  it('verifies as it is', () => {
    expect([accepts(bySigstore, bundle), accepts(byCountersign, bundle)]).toEqual([true, true]);
  });

  it('is refused by sigstore-js with any string altered that it looks at', () => {
    expect(accepted(bySigstore)).toEqual(IGNORED_BY_SIGSTORE_JS);
  });

  it('is refused by countersign where sigstore-js does not look', () => {
    expect(accepted(byCountersign, IGNORED_BY_SIGSTORE_JS)).toEqual([]);
  });
});

function accepts(judge: (bundle: unknown) => unknown, bundle: unknown): boolean {
  try {
    judge(bundle);
    return true;
  } catch {
    return false;
  }
}
