/** What ties a bundle's content to the entry that was logged, to its signers, and to an artifact. */
import { equalBytes, toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { DIGEST_NAME } from '../keys/signature-scheme.ts';
import { pae } from '../leaf/dsse.ts';
import { encodeLeaf, type LeafContent, parseLeaf } from '../leaf/leaf.ts';
import { leafBindsPayload } from '../leaf/payload-binding.ts';
import type { Subject } from '../leaf/statement.ts';
import { verifySignedDigest, verifySignedMessage } from '../leaf/verifier.ts';
import type { BundleContent } from './sigstore-bundle.ts';

/** A leaf as a log entry of a bundle carries it. */
export interface LoggedLeaf {
  readonly kind: string;
  readonly version: string;
  readonly body: Uint8Array;
}

/** Digest of an artifact that a bundle must be about. */
export interface ExpectedDigest {
  readonly algorithm: 'sha256' | 'sha384' | 'sha512';
  readonly digest: Uint8Array;
}

/**
 * The leaf, built again from what the bundle itself carries; it must be the logged one, byte for byte.
 * @throws LogError malformed_leaf, proof_invalid
 */
export function boundLeaf(bundle: BundleContent, entry: LoggedLeaf): LeafContent {
  const leaf = parseLeaf(entry.body);
  const { envelope, message, certificates } = bundle;
  if (leaf.kind !== entry.kind || leaf.version !== entry.version)
    throw invalid('the leaf is of another kind than stated');
  const contents = message ? [message.signature] : envelope!.signatures.map(({ signature }) => signature);
  // A bundle has room for one certificate; the keys of further signatures, and keys named by a hint, are the leaf's.
  const own = certificates[0];
  if (
    own !== undefined &&
    !leaf.signatures.some(({ verifier }) => verifier.certificate && equalBytes(verifier.certificate.der, own.der))
  ) {
    throw invalid('the logged entry is of another certificate');
  }
  if (own === undefined && leaf.signatures[0]!.verifier.certificate) throw invalid('the bundle lacks its certificate');
  const signatures = contents.map((signature) => {
    const logged = leaf.signatures.find((one) => equalBytes(one.signature, signature));
    if (logged === undefined) throw invalid('the logged entry is of another signature');
    return { ...logged, signature };
  });
  const binds = message
    ? leaf.kind === 'hashedrekord' && leaf.algorithm === message.algorithm && equalBytes(leaf.digest, message.digest)
    : leafBindsPayload(leaf, { bytes: envelope!.payload, type: envelope!.payloadType });
  if (!binds) throw invalid('the logged entry is about other content');
  // Each of them is one of the leaf's own signatures, so that the kind still fits.
  const again = { ...leaf, signatures } as LeafContent;
  if (!equalBytes(encodeLeaf(again), entry.body)) throw invalid('the logged entry is not the one of this bundle');
  return leaf;
}

/** Every signature of the leaf, over the bundle's own content. @throws LogError signature_invalid, unsupported_key */
export function verifySignatures(
  { envelope, message }: BundleContent,
  leaf: LeafContent,
  checks: SignatureChecks,
): void {
  const signed = envelope && pae(envelope.payloadType, envelope.payload);
  for (const logged of leaf.signatures) {
    const { signature, verifier } = logged;
    if (!('scheme' in logged)) {
      if (signed) verifySignedMessage(verifier, signed, signature, checks);
      else verifySignedDigest(verifier, message!.digest, signature, checks, { legacy: true });
      continue;
    }
    const valid = signed
      ? checks.verifyMessage(verifier.key, logged.scheme, signed, signature)
      : checks.verifyDigest(verifier.key, logged.scheme, message!.digest, signature);
    if (!valid) throw new LogError('signature_invalid', 'a signature of the bundle does not verify');
  }
}

/** That a message signature or a statement is about the artifact. @throws LogError artifact_mismatch */
export function verifyArtifact(
  { message }: BundleContent,
  subjects: readonly Subject[],
  artifact: ExpectedDigest | undefined,
): void {
  if (artifact === undefined) return;
  const { algorithm, digest } = artifact;
  const found = message
    ? DIGEST_NAME[message.algorithm] === algorithm && equalBytes(message.digest, digest)
    : subjects.some(({ digests }) => digests.get(algorithm) === toHex(digest));
  if (!found) throw new LogError('artifact_mismatch', 'the bundle is not about this artifact');
}

function invalid(message: string): LogError {
  return new LogError('proof_invalid', message);
}
