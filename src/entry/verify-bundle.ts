/** Verifies offline what a bundle says about an entry of a log: logged, rightly signed, by whom, and about what. */
import { equalBytes, toHex } from '../core/bytes.ts';
import { openCheckpoint } from '../core/checkpoint.ts';
import { openCosignature } from '../core/cosignature.ts';
import { LogError } from '../core/errors.ts';
import { leafHash } from '../core/hash.ts';
import type { NoteVerifier } from '../core/note.ts';
import { verifyInclusion } from '../core/proof.ts';
import { type BundleLogEntry, checkpointOf, readLogEntry } from './bundle-log-entry.ts';
import { type Identity, identityOf } from './certificate.ts';
import { pae } from './dsse.ts';
import { encodeLeaf, type LeafContent, parseLeaf } from './leaf.ts';
import { leafBindsPayload } from './payload-binding.ts';
import type { PublicKey } from './public-key.ts';
import type { SignatureChecks } from './signature-checks.ts';
import { DIGEST_NAME } from './signature-scheme.ts';
import { type BundleContent, readBundle } from './sigstore-bundle.ts';
import { readStatement, type Subject } from './statement.ts';
import { verifySignedDigest, verifySignedMessage } from './verifier.ts';

export interface BundleExpectations {
  /** The log's checkpoint key. */
  logVerifier: NoteVerifier;
  origin: string;
  /** The log's time key; without it the result states no time. */
  timeVerifier?: NoteVerifier;
  /** The artifact that the bundle must be about. */
  artifactDigest?: { algorithm: 'sha256' | 'sha384' | 'sha512'; digest: Uint8Array };
  /** Who must have signed; `'any'` accepts every signer and says so in the code that calls. */
  signer: { key: PublicKey } | 'any';
  checks: SignatureChecks;
}

export interface VerifiedBundle {
  index: number;
  /** Tree size of the checkpoint that covers the entry. */
  size: number;
  root: Uint8Array;
  /** POSIX seconds by the log's clock at which the entry was in the log; undefined without a time key. */
  time: number | undefined;
  leaf: Uint8Array;
  leafHash: Uint8Array;
  /** SHA-256 of each signer's SPKI DER, 32 bytes. */
  signers: Uint8Array[];
  /** Of the certificates among the signers; nobody has verified their chains. */
  identities: Identity[];
  /** What the statement is about; empty for a message signature and for opaque payloads. */
  subjects: readonly Subject[];
  predicateType: string | undefined;
  payload: { bytes: Uint8Array; type: string } | undefined;
}

/**
 * Judges a parsed bundle. Nothing in it counts that neither the log nor a signer has signed.
 * @throws LogError malformed_bundle and the codes of its parts; not_logged where it carries no proof of this log;
 *   checkpoint_unverified, proof_invalid, signature_invalid, signer_mismatch, artifact_mismatch
 */
export function verifyBundle(bundleJson: unknown, expected: BundleExpectations): VerifiedBundle {
  const bundle = readBundle(bundleJson);
  const entry = entryOfLog(bundle, expected.origin);
  const checkpoint = openCheckpoint(entry.checkpoint, expected.logVerifier, expected.origin);
  const hash = leafHash(entry.body);
  const { index } = entry;
  if (entry.statedSize !== checkpoint.size || !equalBytes(entry.statedRoot, checkpoint.root)) {
    throw invalid('the stated root or size is not the one of the checkpoint');
  }
  verifyInclusion({ index, size: checkpoint.size, leafHash: hash, proof: entry.hashes, root: checkpoint.root });
  const time = expected.timeVerifier && openCosignature(entry.checkpoint, expected.timeVerifier).time;

  const leaf = boundLeaf(bundle, entry);
  verifySignatures(bundle, leaf, expected.checks);
  verifySigner(leaf, expected.signer);
  const payload = bundle.envelope && { bytes: bundle.envelope.payload, type: bundle.envelope.payloadType };
  const statement = payload && readStatement(payload.bytes, payload.type);
  const subjects = statement?.subjects ?? [];
  verifyArtifact(bundle, subjects, expected.artifactDigest);
  return {
    index,
    size: checkpoint.size,
    root: checkpoint.root,
    time,
    leaf: entry.body,
    leafHash: hash,
    signers: leaf.signatures.map(({ verifier }) => verifier.key.spkiHash),
    identities: leaf.signatures.flatMap(({ verifier }) =>
      verifier.certificate ? [identityOf(verifier.certificate)] : [],
    ),
    subjects,
    predicateType: statement?.predicateType,
    payload,
  };
}

/** The entry under this log's checkpoint; a bundle may carry those of other logs beside it. */
function entryOfLog(bundle: BundleContent, origin: string): BundleLogEntry {
  const members = bundle.logEntries.find((entry) => checkpointOf(entry)?.startsWith(`${origin}\n`));
  if (members !== undefined) return readLogEntry(members);
  throw new LogError('not_logged', 'the bundle carries no inclusion proof of this log');
}

/** The leaf, built again from what the bundle itself carries; it must be the logged one, byte for byte. */
function boundLeaf(bundle: BundleContent, entry: BundleLogEntry): LeafContent {
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

function verifySignatures({ envelope, message }: BundleContent, leaf: LeafContent, checks: SignatureChecks): void {
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

function verifySigner(leaf: LeafContent, signer: BundleExpectations['signer']): void {
  if (signer === 'any') return;
  if (!leaf.signatures.some(({ verifier }) => equalBytes(verifier.key.spki, signer.key.spki))) {
    throw new LogError('signer_mismatch', 'the bundle is signed by another key than the expected one');
  }
}

function verifyArtifact(
  { message }: BundleContent,
  subjects: readonly Subject[],
  artifact: BundleExpectations['artifactDigest'],
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
