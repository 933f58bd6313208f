/** Whether an entry may be logged on account of its signers: listed keys, trusted identities, chains. */
import { toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { PreparedEntry } from '../entry/submission/prepared-entry.ts';
import { type TrustedCertificates, verifyTrustedChain } from '../entry/trust/chain-trust.ts';
import { parseCertificate } from '../entry/x509/certificate.ts';
import { type IdentityRule, isIdentityOf } from '../entry/x509/identity-rule.ts';
import { nativeChecks } from './native/native-signatures.ts';

/** Plain data, which a worker thread is given. */
export interface CertificatePolicy {
  trusted: TrustedCertificates;
  /** trusted: entries whose certificates no trusted CA issued are refused. any: they are logged, marked unverified. */
  accept: 'trusted' | 'any';
  /** Holders of trusted certificates who may write without being admitted otherwise. */
  identities: IdentityRule[];
}

export interface SignerRules {
  /** Hex SHA-256 of the SPKI of signers that may write without being admitted otherwise. */
  listedKeys: ReadonlySet<string>;
  /** Undefined where no CA is trusted. */
  certificates?: CertificatePolicy | undefined;
}

/**
 * @param admitted somebody vouched for the request; else every signer must be a listed key or a listed identity
 * @returns certificate_rejected where certificates must be trusted and one is not: the entry is then only taken if the
 *   log has it, since a certificate that was valid when it was logged need not be so any more
 * @throws LogError forbidden
 */
export function checkSigners(
  prepared: Pick<PreparedEntry, 'signers' | 'certified' | 'companion'>,
  admitted: boolean,
  { listedKeys, certificates }: SignerRules,
): LogError | undefined {
  const { certified, signers } = prepared;
  if (!admitted) {
    const vouched = new Set(listedKeys);
    for (const one of certified) {
      if (certificates === undefined || !certificates.identities.some((rule) => isIdentityOf(rule, one.certificate)))
        continue;
      if (complaintOf(one, prepared, certificates) === undefined) vouched.add(toHex(sha256(one.certificate.spki)));
    }
    if (!signers.every((signer) => vouched.has(toHex(signer)))) {
      throw new LogError('forbidden', 'the signer is none of the keys and identities that may write here');
    }
  }
  if (certificates?.accept !== 'trusted') return undefined;
  for (const one of certified) {
    const complaint = complaintOf(one, prepared, certificates);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

/** Why no trusted CA stands behind a signature, if none does. */
function complaintOf(
  { signature, certificate }: PreparedEntry['certified'][number],
  { companion }: Pick<PreparedEntry, 'companion'>,
  { trusted }: CertificatePolicy,
): LogError | undefined {
  const chain = (companion?.chain ?? []).map(parseCertificate);
  const { timestamps = [], promises = [] } = companion ?? {};
  const signed = { signature, certificate, chain, timestamps, promises };
  try {
    verifyTrustedChain(signed, Date.now() / 1000, trusted, nativeChecks);
    return undefined;
  } catch (error) {
    if (isLogError(error, 'certificate_rejected')) return error;
    throw error;
  }
}
