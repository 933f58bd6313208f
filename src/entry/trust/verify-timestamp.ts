/** Judges RFC 3161 timestamps under a trusted root: who stamped what, and when. */
import { sha1 } from '@noble/hashes/legacy.js';
import { equalBytes } from '../../core/bytes.ts';
import { isLogError, LogError } from '../../core/errors.ts';
import {
  children,
  content,
  DER_OCTET_STRING,
  DER_SEQUENCE,
  type DerElement,
  DerError,
  expectTag,
} from '../encoding/der.ts';
import { readDigestAlgorithm } from '../keys/digest-algorithm.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { digestOf } from '../keys/signature-scheme.ts';
import { isSignedBy, isSigner, readSignedData, type SignedData } from '../timestamp/cms-signed-data.ts';
import { TST_INFO, timestampToken } from '../timestamp/timestamp.ts';
import { readTstInfo, type TstInfo } from '../timestamp/tst-info.ts';
import { type Certificate, parseCertificate } from '../x509/certificate.ts';
import { verifyCertificatePath } from '../x509/certificate-path.ts';
import { pathExtensions } from '../x509/path-extensions.ts';
import { isWithin } from './time-range.ts';
import type { TrustedAuthority } from './trusted-root.ts';

export interface VerifiedTimestamp {
  /** Seconds since 1970, fractions kept. */
  readonly time: number;
  readonly authority: TrustedAuthority;
}

/**
 * Verifies a TimeStampResp over a signature.
 * @returns undefined where it is by none of the authorities, and so says nothing
 * @throws LogError time_unproven where one of them is said to have made it, and it does not hold
 */
export function verifyTimestamp(
  response: Uint8Array,
  signature: Uint8Array,
  authorities: readonly TrustedAuthority[],
  checks: SignatureChecks,
): VerifiedTimestamp | undefined {
  const { token, info } = readToken(response);
  let complaint: LogError | undefined;
  for (const authority of authorities) {
    const signer = signerUnder(authority, token);
    if (signer === undefined) continue;
    try {
      checkToken(token, info, signer, authority, checks);
      checkImprint(info, signature);
      return { time: info.time, authority };
    } catch (error) {
      if (!isLogError(error)) throw error;
      complaint ??=
        error.code === 'time_unproven'
          ? error
          : unproven(`the certificate of a timestamp's authority: ${error.message}`, error);
    }
  }
  if (complaint !== undefined) throw complaint;
  return undefined;
}

function readToken(response: Uint8Array): { token: SignedData; info: TstInfo } {
  try {
    const token = readSignedData(timestampToken(response));
    if (token.contentType !== TST_INFO) throw new DerError('not a timestamp');
    return { token, info: readTstInfo(token.content) };
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw unproven('a timestamp is not the DER of a granted RFC 3161 response with one signer', cause);
  }
}

/**
 * The certificate that the token names as its signer's, if it can be of this authority. Where the authority's own list
 * starts with a signing certificate, that one alone counts; else one that came along, under the authority's CAs.
 */
function signerUnder({ certificates }: TrustedAuthority, token: SignedData): Certificate | undefined {
  try {
    const first = certificates[0]!;
    if (!pathExtensions(first).isCa) return isSigner(token.signer, first) ? first : undefined;
    return token.certificates
      .map(parseCertificate)
      .find(
        (own) => isSigner(token.signer, own) && certificates.some((ca) => equalBytes(ca.subjectName, own.issuerName)),
      );
  } catch (error) {
    if (error instanceof DerError || isLogError(error)) return undefined;
    throw error;
  }
}

function checkToken(
  token: SignedData,
  { time }: TstInfo,
  signer: Certificate,
  { certificates, validFor }: TrustedAuthority,
  checks: SignatureChecks,
): void {
  if (!isWithin(validFor, time))
    throw unproven('a timestamp is from outside the time for which its authority is trusted');
  let isSigned = false;
  try {
    isSigned = namesSigner(token, signer) && isSignedBy(token, signer, checks);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
  }
  if (!isSigned) throw unproven('a timestamp is not signed by the authority that it names');
  const intermediates = certificates.slice(0, -1).filter((one) => one !== signer);
  verifyCertificatePath({
    leaf: signer,
    intermediates,
    anchors: certificates.slice(-1),
    time,
    purpose: 'time-stamping',
    checks,
  });
}

function checkImprint({ imprint }: TstInfo, signature: Uint8Array): void {
  if (!equalBytes(imprint.digest, digestOf(imprint.algorithm, signature))) {
    throw unproven('a timestamp is of another signature');
  }
}

const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
export const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';

/** RFC 3161 §2.4.1, RFC 5816 §2.2.1: a signed attribute holds the certificate's hash, so that no other can be put in. */
function namesSigner({ signer: { attributes } }: SignedData, certificate: Certificate): boolean {
  const [v1, v2] = [attributes.get(SIGNING_CERTIFICATE), attributes.get(SIGNING_CERTIFICATE_V2)];
  if (v1 !== undefined) {
    const [hash] = certificateId(v1);
    if (!equalBytes(content(expectTag(hash, DER_OCTET_STRING)), sha1(certificate.der))) return false;
  }
  if (v2 !== undefined) {
    const fields = certificateId(v2);
    // RFC 5035 §4: SHA-256 is the default and then not named.
    const algorithm = fields[0]?.tag === DER_SEQUENCE ? readDigestAlgorithm(fields.shift()) : 'SHA2_256';
    if (!equalBytes(content(expectTag(fields[0], DER_OCTET_STRING)), digestOf(algorithm, certificate.der)))
      return false;
  }
  return v1 !== undefined || v2 !== undefined;
}

/** Fields of the first ESSCertID, which is the signer's (RFC 5035 §3). */
function certificateId(attribute: DerElement): DerElement[] {
  const [ids] = children(expectTag(attribute, DER_SEQUENCE));
  const [first] = children(expectTag(ids, DER_SEQUENCE));
  return children(expectTag(first, DER_SEQUENCE));
}

function unproven(message: string, cause?: unknown): LogError {
  return new LogError('time_unproven', message, { cause });
}
