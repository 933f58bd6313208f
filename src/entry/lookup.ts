/** What an entry can be found by. Derived from stored bytes alone, so that an index can be rebuilt at any time. */

/**
 * - `leaf`: leaf hash, hex
 * - `payload`: SHA-256 of the payload, hex
 * - `subject`: `<algorithm>:<digest>`, the algorithm as stated (`sha256`, `gitCommit`), hexadecimal digests in lower
 *   case; the signed digest of a hashedrekord leaf too (an artifact's, or that of an envelope's PAE)
 * - `signer`: SHA-256 of the signer's SPKI DER, hex
 * - `identity`: subject alternative name as in the certificate, whose chain nobody has verified
 * - `issuer`: OIDC issuer as in the certificate, likewise
 * - `predicateType`: URI
 */
export type LookupKind = 'leaf' | 'payload' | 'subject' | 'signer' | 'identity' | 'issuer' | 'predicateType';

export interface LookupTerm {
  kind: LookupKind;
  value: string;
}
