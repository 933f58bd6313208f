/** Verifiers as Rekor v1 has them: one PEM text, a public key or a certificate. */
import { decodeUtf8, fromBase64 } from '../../core/bytes.ts';
import { formatPem } from '../keys/pem.ts';
import { parsePublicKeyPem } from '../keys/public-key.ts';
import { type Certificate, parseCertificateChainPem } from '../x509/certificate.ts';
import { leafText } from './leaf-members.ts';
import { certificateVerifier, keyVerifier, type Verifier } from './verifier.ts';

/** A verifier, and the certificates that its text brings above its own. */
export interface VerifierChain {
  readonly verifier: Verifier;
  readonly above: readonly Certificate[];
}

/**
 * Reads a PEM text: a public key, or certificates with the signing one first. White space may differ from what
 * `verifierPem` writes.
 * @throws LogError with the codes of public keys and certificates
 */
export function readVerifierPem(text: string): VerifierChain {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    return { verifier: keyVerifier(parsePublicKeyPem(text)), above: [] };
  }
  const [own, ...above] = parseCertificateChainPem(text);
  return { verifier: certificateVerifier(own!), above };
}

/** The verifier's canonical PEM text, which Rekor v1 stores whatever line ends came in. */
export function verifierPem({ key, certificate }: Verifier): string {
  return certificate === undefined ? formatPem(key.spki, 'PUBLIC KEY') : formatPem(certificate.der, 'CERTIFICATE');
}

/** Reads base64 of a PEM text as leaves of Rekor v1 hold it; throws for anything else. */
export function readStoredPem(value: unknown): { verifier: Verifier; pem: string } {
  const pem = decodeUtf8(fromBase64(leafText(value))) ?? '';
  return { verifier: readVerifierPem(pem).verifier, pem };
}
