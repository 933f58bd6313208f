/** `verify` with the key of a log: that the log has the entry, and whose key signed it. Nothing about names is known. */
import type { LogKey } from '../client/log-key.ts';
import { toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { WitnessPolicy } from '../core/witness-policy.ts';
import { type BundleExpectations, type VerifiedBundle, verifyBundle } from '../entry/verification/verify-bundle.ts';
import { nativeChecks } from '../log/native/native-signatures.ts';
import { type AboutArtifact, type ArtifactDigest, verifyAbout } from './artifact.ts';
import { factLines, holderText } from './identity-text.ts';
import { printable, type Result } from './output.ts';
import { cosignedText } from './witness-policy.ts';

/** What was proven, for programs and for people. */
export interface Proven {
  result: Result;
  text: string;
}

/** @throws LogError as `verifyBundle` */
export function verifyUnderLogKey(
  bundle: unknown,
  digests: readonly ArtifactDigest[],
  log: LogKey,
  signer: BundleExpectations['signer'],
  witnessPolicy?: WitnessPolicy,
): Proven {
  const about = advised(() =>
    verifyAbout(digests, (artifactDigest) =>
      verifyBundle(bundle, {
        logVerifier: log.verifier,
        origin: log.origin,
        ...(log.timeVerifier && { timeVerifier: log.timeVerifier }),
        ...(witnessPolicy && { witnessPolicy }),
        ...(artifactDigest && { artifactDigest }),
        signer,
        checks: nativeChecks,
      }),
    ),
  );
  const { verified, digest, isPayload } = about;
  const result = {
    artifact: { [digest.algorithm]: digest.digest },
    isPayload,
    origin: log.origin,
    index: verified.index,
    treeSize: verified.size,
    rootHash: toHex(verified.root),
    leafHash: toHex(verified.leafHash),
    time: verified.time,
    cosignatures: verified.cosignatures,
    signers: verified.signers.map(toHex),
    signerRequired: signer !== 'any',
    identities: verified.identities,
    predicateType: verified.predicateType,
  };
  return { result, text: whatWasProven(about, log.origin, signer) };
}

/** The key of a log says nothing of other keys, not even of those that the log has for clients of Rekor v1. */
function advised<T>(verify: () => T): T {
  try {
    return verify();
  } catch (error) {
    if (!isLogError(error, 'not_logged')) throw error;
    const advice = '--trusted-root verifies entries of the logs that it names (countersign sigstore-config writes one)';
    throw new LogError('not_logged', `${error.message}; ${advice}`, { cause: error });
  }
}

function whatWasProven(
  about: AboutArtifact<VerifiedBundle>,
  origin: string,
  signer: BundleExpectations['signer'],
): string {
  const { index, size, time, cosignatures, signers, identities, predicateType } = about.verified;
  const when =
    time === undefined
      ? 'at a time that was not checked (give --time-key)'
      : `by ${new Date(time * 1000).toISOString()}`;
  const who =
    signer === 'any'
      ? `by ${signers.map(toHex).join(', ')} (any signer was accepted)`
      : `by the given key, ${toHex(signer.key.spkiHash)}`;
  const lines = [`verified: entry ${index} of ${size} in ${origin}, logged ${when}`, `signed ${who}`];
  if (cosignatures !== undefined) lines.push(cosignedText(cosignatures));
  for (const identity of identities) {
    lines.push(`certificate says ${holderText(identity)} (chain: unverified, so anyone may have written this)`);
    lines.push(...factLines(identity, '  '));
  }
  if (predicateType !== undefined) lines.push(`states ${printable(predicateType)}`);
  if (about.isPayload)
    lines.push('the artifact is the signed payload itself, which is no statement about anything else');
  return lines.join('\n');
}
