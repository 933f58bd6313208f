/** Reads the files of CAs that the configuration names. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { decodeUtf8, equalBytes } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { parseStrictJson } from '../entry/encoding/strict-json.ts';
import { readPemBlocks } from '../entry/keys/pem.ts';
import { readTrustedRoot, type TrustedRoot } from '../entry/trust/trusted-root.ts';
import { type Certificate, parseCertificate } from '../entry/x509/certificate.ts';
import type { CertificatePolicy } from '../log/certificate-policy.ts';
import type { HttpConfig } from './config.ts';

const MAX_FILE_LENGTH = 4 * 2 ** 20;
const TRUSTED_ROOT_LIMITS = { depth: 32, members: 100_000, safeIntegers: false };

/**
 * What follows from the configuration for certificates; undefined where no CA is trusted.
 * @param folder that relative names start from
 * @throws LogError config_invalid, `at` naming the member whose file cannot be read
 */
export function loadCertificatePolicy(
  { sigstore, admission }: Pick<HttpConfig, 'sigstore' | 'admission'>,
  folder: string,
): CertificatePolicy | undefined {
  const { roots, trustedRoot, accept = 'trusted' } = sigstore;
  if (roots.length === 0 && trustedRoot === undefined) return undefined;
  const files = roots.map((file, i) => readMember(`sigstore.roots.${i}`, resolve(folder, file), readRoots));
  const sigstoreRoot: Pick<TrustedRoot, 'certificateAuthorities' | 'timestampAuthorities' | 'tlogs'> =
    trustedRoot === undefined
      ? { certificateAuthorities: [], timestampAuthorities: [], tlogs: [] }
      : readMember('sigstore.trustedRoot', resolve(folder, trustedRoot), (text) =>
          readTrustedRoot(parseStrictJson(new TextEncoder().encode(text), TRUSTED_ROOT_LIMITS)),
        );
  return {
    trusted: {
      roots: files.flatMap(({ anchors }) => anchors),
      intermediates: files.flatMap(({ intermediates }) => intermediates),
      authorities: sigstoreRoot.certificateAuthorities,
      timestampAuthorities: sigstoreRoot.timestampAuthorities,
      logs: sigstoreRoot.tlogs,
    },
    accept,
    identities: admission?.identities ?? [],
  };
}

/**
 * Self-issued certificates are the anchors and the others lie below them; a file without one is a chain whose last
 * certificate is trusted.
 */
function readRoots(text: string): { anchors: Certificate[]; intermediates: Certificate[] } {
  const certificates = readPemBlocks(text, 'CERTIFICATE').map(parseCertificate);
  const anchors = certificates.filter(({ issuerName, subjectName }) => equalBytes(issuerName, subjectName));
  if (anchors.length === 0) anchors.push(certificates.at(-1)!);
  return { anchors, intermediates: certificates.filter((certificate) => !anchors.includes(certificate)) };
}

function readMember<T>(at: string, file: string, read: (text: string) => T): T {
  try {
    const bytes = readFileSync(file);
    const text = bytes.length > MAX_FILE_LENGTH ? undefined : decodeUtf8(bytes);
    if (text === undefined) throw new LogError('limit_exceeded', 'the file is not text, or too long');
    return read(text);
  } catch (cause) {
    const reason = isLogError(cause) ? cause.message : 'the file cannot be read';
    throw new LogError('config_invalid', `the configuration is wrong at ${at}: ${reason}`, { cause, at });
  }
}
