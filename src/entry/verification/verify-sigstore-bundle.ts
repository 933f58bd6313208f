/**
 * Verifies offline a Sigstore bundle under a trusted root: entries of whatever logs it names, the times that logs and
 * timestamp authorities prove, the signing certificate at those times, and what was signed. The order is that of
 * Sigstore's client specification: times, certificate, log, signature.
 */
import { equalBytes } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { NoteVerifier } from '../../core/note.ts';
import type { WitnessPolicy } from '../../core/witness-policy.ts';
import { boundLeaf, type ExpectedDigest, verifyArtifact, verifySignatures } from '../bundle/bundle-binding.ts';
import { type BundleContent, readBundle } from '../bundle/sigstore-bundle.ts';
import { logIdOf, readLogEntry } from '../bundle/transparency-log-entry.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { type LeafContent, parseLeaf } from '../leaf/leaf.ts';
import { readStatement, type Subject } from '../leaf/statement.ts';
import {
  type IdentityPolicy,
  type TrustedCertificate,
  verifyIdentity,
  verifySigningCertificate,
} from '../trust/signing-certificate.ts';
import { isWithin } from '../trust/time-range.ts';
import type { TrustedRoot } from '../trust/trusted-root.ts';
import { verifyTimestamp } from '../trust/verify-timestamp.ts';
import { type VerifiedBundle, verifyBundle } from './verify-bundle.ts';
import { type VerifiedLogEntry, verifyLogEntry } from './verify-log-entry.ts';

export interface SigstoreExpectations {
  readonly trustedRoot: TrustedRoot;
  /** Who must have signed; `'any'` accepts every certificate under the root, and every key. */
  readonly signer: { readonly identity: IdentityPolicy } | { readonly key: PublicKey } | 'any';
  readonly artifactDigest?: ExpectedDigest;
  /** A log that must have the entry, whether the root names it or not; its time key proves a time as well. */
  readonly log?: {
    readonly verifier: NoteVerifier;
    readonly origin: string;
    readonly timeVerifier?: NoteVerifier;
    /** What the checkpoint of that log must satisfy. */
    readonly witnessPolicy?: WitnessPolicy;
  };
  readonly checks: SignatureChecks;
}

/** A time at which the signature was there, and who says so. */
export interface ProvenTime {
  /** Seconds since 1970, fractions kept. */
  readonly time: number;
  readonly by: 'log' | 'timestamp-authority';
  /** Base URL of the log, URI of the authority, or origin. */
  readonly name: string;
}

export interface VerifiedSigstoreBundle {
  /** Of the logs that the root names. */
  readonly entries: readonly VerifiedLogEntry[];
  /** Under the key of the log that was asked for. */
  readonly ownEntry: VerifiedBundle | undefined;
  readonly times: readonly ProvenTime[];
  readonly key: PublicKey;
  /** undefined where a bare key signed, or where the expected key did. */
  readonly certificate: TrustedCertificate | undefined;
  /** What the statement is about; empty for a message signature and for opaque payloads. */
  readonly subjects: readonly Subject[];
  readonly predicateType: string | undefined;
  readonly payload: { readonly bytes: Uint8Array; readonly type: string } | undefined;
}

/**
 * Judges a parsed bundle.
 * @throws LogError malformed_bundle and the codes of its parts; not_logged, proof_invalid, checkpoint_unverified,
 *   time_unproven, certificate_rejected, signature_invalid, signer_mismatch, artifact_mismatch
 */
export function verifySigstoreBundle(bundleJson: unknown, expected: SigstoreExpectations): VerifiedSigstoreBundle {
  const { trustedRoot, checks, log } = expected;
  const bundle = readBundle(bundleJson);
  const signature = onlySignature(bundle);
  const ownEntry =
    log &&
    verifyBundle(bundleJson, {
      logVerifier: log.verifier,
      origin: log.origin,
      ...(log.timeVerifier && { timeVerifier: log.timeVerifier }),
      ...(log.witnessPolicy && { witnessPolicy: log.witnessPolicy }),
      signer: 'any',
      checks,
    });
  const entries = entriesOf(bundle, trustedRoot, checks);
  const times: ProvenTime[] = [
    ...entries.flatMap(promiseOf),
    ...(ownEntry?.time === undefined ? [] : [{ time: ownEntry.time, by: 'log' as const, name: log!.origin }]),
    ...timestampsOf(bundle, signature, trustedRoot, checks),
  ];
  checkLogPeriods(entries, times);

  const leaves = entries.map(({ entry }) => boundLeaf(bundle, entry));
  const leaf = leaves[0] ?? (ownEntry && parseLeaf(ownEntry.leaf));
  if (leaf === undefined) {
    throw new LogError('not_logged', 'the bundle has no entry of a log that the trusted root names');
  }
  const certificate = verifySigner(bundle, leaf, times, expected);
  verifySignatures(bundle, leaf, checks);
  const payload = bundle.envelope && { bytes: bundle.envelope.payload, type: bundle.envelope.payloadType };
  const statement = payload && readStatement(payload.bytes, payload.type);
  const subjects = statement?.subjects ?? [];
  verifyArtifact(bundle, subjects, expected.artifactDigest);
  const { key } = leaf.signatures[0]!.verifier;
  return { entries, ownEntry, times, key, certificate, subjects, predicateType: statement?.predicateType, payload };
}

/** Protobuf-specs: the envelope of a bundle has one signature. It is what timestamps are about. */
function onlySignature({ envelope, message, version, certificates }: BundleContent): Uint8Array {
  const [signature, ...others] = message ? [message] : envelope!.signatures;
  if (signature === undefined || others.length > 0) {
    throw new LogError('malformed_bundle', 'the envelope of a bundle must have exactly one signature');
  }
  if (version === '0.3' && certificates.length > 1) {
    throw new LogError(
      'malformed_bundle',
      'a bundle of version 0.3 has the signing certificate alone, without its chain',
    );
  }
  return signature.signature;
}

/** Entries of logs that are not known say nothing; those of known logs must all hold. */
function entriesOf(bundle: BundleContent, { tlogs }: TrustedRoot, checks: SignatureChecks): VerifiedLogEntry[] {
  // In version 0.1 the log's promise was required, and the inclusion proof was not.
  const mayBePromised = bundle.version === '0.1';
  return bundle.logEntries.flatMap((members) => {
    const logId = logIdOf(members);
    const log = tlogs.find((one) => equalBytes(one.logId, logId));
    return log === undefined ? [] : [verifyLogEntry(readLogEntry(members), log, mayBePromised, checks)];
  });
}

function promiseOf({ integratedTime, log }: VerifiedLogEntry): ProvenTime[] {
  return integratedTime === undefined ? [] : [{ time: integratedTime, by: 'log', name: log.baseUrl }];
}

function timestampsOf(
  { timestamps }: BundleContent,
  signature: Uint8Array,
  { timestampAuthorities }: TrustedRoot,
  checks: SignatureChecks,
): ProvenTime[] {
  return timestamps.flatMap((response) => {
    const verified = verifyTimestamp(response, signature, timestampAuthorities, checks);
    if (verified === undefined) return [];
    return [{ time: verified.time, by: 'timestamp-authority', name: verified.authority.uri }];
  });
}

/** A log that promises no time took the entry about when the signature was made; its key must have been trusted then. */
function checkLogPeriods(entries: readonly VerifiedLogEntry[], times: readonly ProvenTime[]): void {
  for (const { integratedTime, log } of entries) {
    if (integratedTime !== undefined) continue;
    const isTrusted =
      times.length === 0 ? log.validFor.end === undefined : times.every(({ time }) => isWithin(log.validFor, time));
    if (isTrusted) continue;
    throw new LogError('proof_invalid', 'nothing proves that the log took the entry while it was trusted');
  }
}

function verifySigner(
  { certificates: [certificate] }: BundleContent,
  leaf: LeafContent,
  times: readonly ProvenTime[],
  { trustedRoot, signer, checks }: SigstoreExpectations,
): TrustedCertificate | undefined {
  if (signer !== 'any' && 'key' in signer) {
    if (equalBytes(leaf.signatures[0]!.verifier.key.spki, signer.key.spki)) return undefined;
    throw new LogError('signer_mismatch', 'the bundle is signed by another key than the expected one');
  }
  if (certificate === undefined) {
    if (signer === 'any') return undefined;
    throw new LogError(
      'signer_mismatch',
      'the bundle is signed by a bare key, which is nobody in particular: expect that key',
    );
  }
  if (times.length === 0) {
    throw new LogError(
      'time_unproven',
      'nothing proves when the bundle was signed, so its certificate may have expired by then: it has no timestamp by an authority, and no promise by a log, that the trusted root names',
    );
  }
  const moments = times.map(({ time }) => time);
  const trusted = verifySigningCertificate(certificate, moments, trustedRoot, checks);
  if (signer !== 'any') verifyIdentity(certificate, signer.identity);
  return trusted;
}
