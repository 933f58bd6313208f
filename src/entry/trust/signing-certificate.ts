/** Judges a signing certificate under a trusted root: chain at each proven time, certificate transparency, identity. */
import { isLogError, LogError } from '../../core/errors.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import type { Certificate } from '../x509/certificate.ts';
import { verifyCertificatePath } from '../x509/certificate-path.ts';
import { isWithin } from './time-range.ts';
import type { TrustedAuthority, TrustedLog, TrustedRoot } from './trusted-root.ts';
import { verifyScts } from './verify-sct.ts';

/** Who must have signed. */
export interface IdentityPolicy {
  /** One of the certificate's subject alternative names, exactly. */
  readonly name: string;
  /** Who vouched for it: the certificate's OIDC issuer (Fulcio .8, else .1), exactly. */
  readonly issuer: string;
}

export interface TrustedCertificate {
  /** Leaf first, trust anchor last. */
  readonly path: readonly Certificate[];
  readonly authority: TrustedAuthority;
  /** Certificate transparency logs whose SCTs hold; none where the trusted root names no such log. */
  readonly ctlogs: readonly TrustedLog[];
}

/**
 * Verifies that the certificate may sign code, under one of the root's authorities, at every one of the times. CAs that
 * came with a bundle do not count: which of them are trusted is what the root says.
 * @param times seconds since 1970, at least one
 * @throws LogError certificate_rejected
 */
export function verifySigningCertificate(
  certificate: Certificate,
  times: readonly number[],
  { certificateAuthorities, ctlogs }: TrustedRoot,
  checks: SignatureChecks,
): TrustedCertificate {
  const found = times.map((time) => trustedPath(certificate, time, certificateAuthorities, checks));
  const { path, authority } = found[0]!;
  return {
    path,
    authority,
    ctlogs: ctlogs.length === 0 ? [] : verifyScts(certificate, path[1]!, ctlogs, checks),
  };
}

function trustedPath(
  leaf: Certificate,
  time: number,
  authorities: readonly TrustedAuthority[],
  checks: SignatureChecks,
): Pick<TrustedCertificate, 'path' | 'authority'> {
  let complaint: LogError | undefined;
  for (const authority of authorities) {
    if (!isWithin(authority.validFor, time)) continue;
    const intermediates = authority.certificates.slice(0, -1);
    const anchors = authority.certificates.slice(-1);
    try {
      const path = verifyCertificatePath({ leaf, intermediates, anchors, time, purpose: 'code-signing', checks });
      return { path, authority };
    } catch (error) {
      if (!isLogError(error, 'certificate_rejected')) throw error;
      complaint = error;
    }
  }
  throw complaint ?? rejected('no certificate authority of the trusted root was trusted at the time of signing');
}

/** @throws LogError signer_mismatch */
export function verifyIdentity({ names, oidcIssuer }: Certificate, { name, issuer }: IdentityPolicy): void {
  if (!names.includes(name)) {
    throw new LogError('signer_mismatch', 'the signing certificate is for another name than the expected one');
  }
  if (oidcIssuer !== issuer) {
    throw new LogError('signer_mismatch', 'another issuer than the expected one vouched for the signer');
  }
}

function rejected(message: string): LogError {
  return new LogError('certificate_rejected', message);
}
