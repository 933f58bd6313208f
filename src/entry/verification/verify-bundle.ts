/** Verifies offline what a bundle says about an entry of a log: logged, rightly signed, by whom, and about what. */
import { equalBytes } from '../../core/bytes.ts';
import { openCheckpoint } from '../../core/checkpoint.ts';
import { openCosignature } from '../../core/cosignature.ts';
import { LogError } from '../../core/errors.ts';
import { leafHash } from '../../core/hash.ts';
import type { NoteVerifier } from '../../core/note.ts';
import { verifyInclusion } from '../../core/proof.ts';
import { openWithQuorum } from '../../core/require-quorum.ts';
import type { PolicyCheckpoint, WitnessPolicy } from '../../core/witness-policy.ts';
import { boundLeaf, type ExpectedDigest, verifyArtifact, verifySignatures } from '../bundle/bundle-binding.ts';
import { type BundleContent, readBundle } from '../bundle/sigstore-bundle.ts';
import {
  checkpointOf,
  type InclusionStatement,
  readLogEntry,
  type TransparencyLogEntry,
} from '../bundle/transparency-log-entry.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import type { LeafContent } from '../leaf/leaf.ts';
import { readStatement, type Subject } from '../leaf/statement.ts';
import { type Identity, identityOf } from '../x509/certificate.ts';
import { describeForeignEntries } from './foreign-entries.ts';

export interface BundleExpectations {
  /** The log's checkpoint key. */
  logVerifier: NoteVerifier;
  origin: string;
  /** The log's time key; without it the result states no time. */
  timeVerifier?: NoteVerifier;
  /** Names the log, and the witnesses whose cosignatures the checkpoint needs; without it nobody else need have seen it. */
  witnessPolicy?: WitnessPolicy;
  /** The artifact that the bundle must be about. */
  artifactDigest?: ExpectedDigest;
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
  /** Of the policy's witnesses, verified; undefined without a policy. */
  cosignatures: PolicyCheckpoint['cosignatures'] | undefined;
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
  const { index, hashes: proof, size, root, checkpoint: note } = inclusionOf(entry);
  const checkpoint = openCheckpoint(note, expected.logVerifier, expected.origin);
  const hash = leafHash(entry.body);
  if (size !== checkpoint.size || root === undefined || !equalBytes(root, checkpoint.root)) {
    throw invalid('the stated root or size is not the one of the checkpoint');
  }
  verifyInclusion({ index, size, leafHash: hash, proof, root });
  const time = expected.timeVerifier && openCosignature(note, expected.timeVerifier).time;
  const cosignatures = expected.witnessPolicy && openWithQuorum(note, expected.witnessPolicy).cosignatures;

  const leaf = boundLeaf(bundle, entry);
  verifySignatures(bundle, leaf, expected.checks);
  verifySigner(leaf, expected.signer);
  const payload = bundle.envelope && { bytes: bundle.envelope.payload, type: bundle.envelope.payloadType };
  const statement = payload && readStatement(payload.bytes, payload.type);
  const subjects = statement?.subjects ?? [];
  verifyArtifact(bundle, subjects, expected.artifactDigest);
  return {
    index,
    size,
    root,
    time,
    cosignatures,
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
function entryOfLog(bundle: BundleContent, origin: string): TransparencyLogEntry {
  const members = bundle.logEntries.find((entry) => checkpointOf(entry)?.startsWith(`${origin}\n`));
  if (members !== undefined) return readLogEntry(members);
  throw new LogError('not_logged', `the bundle carries ${describeForeignEntries(bundle.logEntries, origin)}`);
}

/** The proof of an entry of the form that this project's logs write. @throws LogError proof_invalid for another form */
function inclusionOf({ logIndex, integratedTime, promise, inclusion }: TransparencyLogEntry): InclusionStatement {
  if (inclusion === undefined) throw invalid('the log entry has no inclusion proof with a checkpoint');
  if (integratedTime !== 0 || promise !== undefined) {
    throw invalid('the log entry states an integrated time or a promise, which this log does not make');
  }
  if (inclusion.index !== logIndex) throw invalid('the indexes of the log entry differ');
  return inclusion;
}

function verifySigner(leaf: LeafContent, signer: BundleExpectations['signer']): void {
  if (signer === 'any') return;
  if (!leaf.signatures.some(({ verifier }) => equalBytes(verifier.key.spki, signer.key.spki))) {
    throw new LogError('signer_mismatch', 'the bundle is signed by another key than the expected one');
  }
}

function invalid(message: string): LogError {
  return new LogError('proof_invalid', message);
}
