/** Judges whether a certificate was shown to a certificate transparency log that is trusted (RFC 6962 §3.2, §5.2). */
import { equalBytes } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import type { SignatureScheme } from '../keys/signature-scheme.ts';
import type { Certificate } from '../x509/certificate.ts';
import { readScts, type SignedCertificateTimestamp, signedBySct } from './sct.ts';
import { isWithin } from './time-range.ts';
import type { TrustedLog } from './trusted-root.ts';

/**
 * Verifies the SCTs in a certificate. Those of other logs say nothing.
 * @param issuer the certificate above it on its verified path: its key is part of what was signed
 * @returns the logs whose SCTs hold, at least one
 * @throws LogError certificate_rejected where there is none, or one of a trusted log does not hold
 */
export function verifyScts(
  certificate: Certificate,
  issuer: Certificate,
  ctlogs: readonly TrustedLog[],
  checks: SignatureChecks,
): TrustedLog[] {
  const vouching: TrustedLog[] = [];
  for (const sct of readScts(certificate)) {
    const named = ctlogs.filter(({ logId }) => equalBytes(logId, sct.logId));
    if (named.length === 0) continue;
    const log = named.find((one) => holds(sct, one, certificate, issuer, checks));
    if (log === undefined) {
      throw new LogError(
        'certificate_rejected',
        'an SCT in the signing certificate does not verify with the key of its certificate transparency log, or is from outside the time for which the log is trusted',
      );
    }
    vouching.push(log);
  }
  if (vouching.length > 0) return vouching;
  throw new LogError(
    'certificate_rejected',
    'the signing certificate has no SCT of a certificate transparency log that the trusted root names',
  );
}

function holds(
  sct: SignedCertificateTimestamp,
  { key: trusted, validFor }: TrustedLog,
  certificate: Certificate,
  issuer: Certificate,
  checks: SignatureChecks,
): boolean {
  if (trusted === undefined || !isWithin(validFor, sct.timestamp / 1000)) return false;
  const { key, scheme } = trusted;
  const named = TLS_ALGORITHMS[scheme.algorithm];
  // RFC 6962 §2.1.4: P-256 or RSA, both with SHA-256.
  if (named !== sct.signatureAlgorithm || sct.hashAlgorithm !== TLS_SHA256 || scheme.hash !== 'SHA2_256') return false;
  return checks.verifyMessage(key, scheme, signedBySct(sct, certificate, issuer), sct.signature);
}

/** RFC 5246 §7.4.1.4.1 */
const TLS_SHA256 = 4;
const TLS_ALGORITHMS: Readonly<Partial<Record<SignatureScheme['algorithm'], number>>> = { 'rsa-pkcs1v15': 1, ecdsa: 3 };
