/** Whose certificates count: whether the certificate of a signature has a path to a trusted CA, at a proven time. */
import { equalBytes } from '../../core/bytes.ts';
import { isLogError, LogError } from '../../core/errors.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { isPromiseOf, type LogPromise } from '../leaf/log-promise.ts';
import { isTimestampOf } from '../timestamp/timestamp.ts';
import type { Certificate } from '../x509/certificate.ts';
import { verifyCertificatePath } from '../x509/certificate-path.ts';
import { isWithin } from './time-range.ts';
import type { TrustedAuthority, TrustedLog } from './trusted-root.ts';
import { verifyPromise } from './verify-promise.ts';
import { verifyTimestamp } from './verify-timestamp.ts';

/** Plain data, which a thread can be given. */
export interface TrustedCertificates {
  /** Trust anchors; what came along with a signature may lead to them. */
  readonly roots: readonly Certificate[];
  /** Candidates between, known beforehand. */
  readonly intermediates: readonly Certificate[];
  /** Those of a Sigstore trusted root: only their own chains lead to them, as for Sigstore's clients. */
  readonly authorities: readonly TrustedAuthority[];
  /** Whose timestamps prove that a signature was there. */
  readonly timestampAuthorities: readonly TrustedAuthority[];
  /** Whose promises prove the same. */
  readonly logs: readonly TrustedLog[];
}

/** A signature that verifies, the certificate of its key, and what came along. */
export interface CertifiedSignature {
  readonly signature: Uint8Array;
  readonly certificate: Certificate;
  /** Certificates that may lie above it, in any order. */
  readonly chain: readonly Certificate[];
  /** RFC 3161 responses, also of other signatures. */
  readonly timestamps: readonly Uint8Array[];
  /** Of logs to have taken an entry, also of other signatures. */
  readonly promises: readonly LogPromise[];
}

/** Most of what came along that is looked at. */
const MAX_OFFERED = 32;
const MAX_TIMESTAMPS = 8;
const MAX_PROMISES = 8;

/**
 * Verifies that a trusted CA issued the certificate, at the given time or at one that a trusted timestamp or a trusted
 * log proves.
 * @param time seconds since 1970 at which the signature is known to have been there
 * @returns the path, leaf first
 * @throws LogError certificate_rejected, for the reason at the given time
 */
export function verifyTrustedChain(
  signed: CertifiedSignature,
  time: number,
  trusted: TrustedCertificates,
  checks: SignatureChecks,
): Certificate[] {
  try {
    return pathAt(signed, time, trusted, checks);
  } catch (complaint) {
    const proven = [...stampedTimes(signed, trusted, checks), ...promisedTimes(signed, trusted, checks)];
    for (const moment of proven) {
      try {
        return pathAt(signed, moment, trusted, checks);
      } catch (error) {
        if (!isLogError(error, 'certificate_rejected')) throw error;
      }
    }
    throw complaint;
  }
}

function pathAt(
  { certificate, chain }: CertifiedSignature,
  time: number,
  { roots, intermediates, authorities }: TrustedCertificates,
  checks: SignatureChecks,
): Certificate[] {
  const question = { leaf: certificate, time, purpose: 'code-signing', checks } as const;
  let complaint: unknown;
  // What came along is used under the roots alone, so the tries that a submitter can cause are those of one search.
  if (roots.length > 0) {
    const offered = [...intermediates, ...chain.slice(0, MAX_OFFERED)];
    try {
      return verifyCertificatePath({ ...question, anchors: roots, intermediates: offered });
    } catch (error) {
      complaint = error;
    }
  }
  for (const { certificates, validFor } of authorities) {
    if (!isWithin(validFor, time)) continue;
    try {
      const [anchors, between] = [certificates.slice(-1), certificates.slice(0, -1)];
      return verifyCertificatePath({ ...question, anchors, intermediates: between });
    } catch (error) {
      complaint ??= error;
    }
  }
  throw complaint ?? new LogError('certificate_rejected', 'no certificate authority was trusted at the time');
}

/** Times that trusted timestamps of this signature prove; one that does not hold says nothing. */
function stampedTimes(
  { signature, timestamps }: CertifiedSignature,
  { timestampAuthorities }: TrustedCertificates,
  checks: SignatureChecks,
): number[] {
  if (timestampAuthorities.length === 0) return [];
  const own = timestamps.filter((response) => isTimestampOf(response, signature)).slice(0, MAX_TIMESTAMPS);
  return own.flatMap((response) => {
    const time = unlessWrong(() => verifyTimestamp(response, signature, timestampAuthorities, checks)?.time);
    return time ?? [];
  });
}

/** Times that trusted logs say they took this signature at, likewise. */
function promisedTimes(
  { signature, certificate, promises }: CertifiedSignature,
  { logs }: TrustedCertificates,
  checks: SignatureChecks,
): number[] {
  const logsOf = ({ logId }: LogPromise) => logs.filter((log) => equalBytes(log.logId, logId));
  const own = promises
    .filter((promise) => logsOf(promise).length > 0 && isPromiseOf(promise, signature, certificate))
    .slice(0, MAX_PROMISES);
  return own.flatMap((promise) =>
    logsOf(promise).flatMap((log) => unlessWrong(() => verifyPromise(promise, log, checks)) ?? []),
  );
}

function unlessWrong<T>(verify: () => T): T | undefined {
  try {
    return verify();
  } catch (error) {
    if (isLogError(error)) return undefined;
    throw error;
  }
}
