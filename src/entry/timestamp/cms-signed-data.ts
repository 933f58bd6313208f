/** CMS SignedData (RFC 5652 §5) of one signer, as RFC 3161 tokens are: read strictly, checked against a certificate. */
import { equalBytes, toHex } from '../../core/bytes.ts';
import {
  children,
  content,
  DER_OCTET_STRING,
  DER_OID,
  DER_SEQUENCE,
  DER_SET,
  type DerElement,
  DerError,
  encoding,
  expectTag,
  integer,
  objectIdentifier,
} from '../encoding/der.ts';
import { encodeDer } from '../encoding/der-encoding.ts';
import { readDigestAlgorithm } from '../keys/digest-algorithm.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { digestOf, type HashAlgorithm } from '../keys/signature-scheme.ts';
import { type Certificate, certificateKey, schemeOfAlgorithm } from '../x509/certificate.ts';
import { pathExtensions } from '../x509/path-extensions.ts';

export interface SignedData {
  readonly contentType: string;
  readonly content: Uint8Array;
  /** DER of the certificates that came along. Nothing about them is believed. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: SignerInfo;
}

export interface SignerInfo {
  /** Who signed, by the issuer's name and the serial number of a certificate, or by its key's identifier, hex. */
  readonly id: { readonly issuerName: Uint8Array; readonly serial: Uint8Array } | { readonly keyId: string };
  readonly digestAlgorithm: HashAlgorithm;
  /** The one value of each signed attribute, by its type. */
  readonly attributes: ReadonlyMap<string, DerElement>;
  /** What is signed: the attributes as a SET (RFC 5652 §5.4). */
  readonly signed: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

const IMPLICIT_0 = 0xa0;
const IMPLICIT_1 = 0xa1;
const MAX_CERTIFICATES = 10;

/** The content and its type, without looking at the signature. Throws DerError. */
export function encapsulatedContent(signedData: DerElement): { contentType: string; content: Uint8Array } {
  const [type, wrapped] = sequence(sequence(signedData)[2]);
  const [octets] = children(expectTag(wrapped, IMPLICIT_0));
  return { contentType: objectIdentifier(type), content: content(expectTag(octets, DER_OCTET_STRING)) };
}

/** Reads a SignedData that has exactly one signer, and signed attributes. Throws DerError. */
export function readSignedData(signedData: DerElement): SignedData {
  const [version, , , ...rest] = sequence(signedData);
  integer(version);
  const certificates = rest[0]?.tag === IMPLICIT_0 ? children(rest.shift()!) : [];
  if (rest[0]?.tag === IMPLICIT_1) rest.shift(); // revocation lists, which nothing here asks
  const [signers, ...more] = rest;
  const [signer, ...others] = children(expectTag(signers, DER_SET));
  if (more.length > 0 || others.length > 0) throw new DerError('not exactly one signer');
  if (certificates.length > MAX_CERTIFICATES) throw new DerError('too many certificates');
  return {
    ...encapsulatedContent(signedData),
    certificates: certificates.filter(({ tag }) => tag === DER_SEQUENCE).map(encoding),
    signer: readSigner(signer),
  };
}

function readSigner(element: DerElement | undefined): SignerInfo {
  const [version, id, digestAlgorithm, attributes, signatureAlgorithm, signature, ...unsigned] = sequence(element);
  integer(version);
  if (unsigned.length > 1 || (unsigned[0] !== undefined && unsigned[0].tag !== IMPLICIT_1)) {
    throw new DerError('unexpected elements');
  }
  return {
    id: readSignerId(id),
    digestAlgorithm: readDigestAlgorithm(digestAlgorithm),
    attributes: readAttributes(expectTag(attributes, IMPLICIT_0)),
    signed: encodeDer(DER_SET, content(attributes!)),
    signatureAlgorithm: objectIdentifier(sequence(signatureAlgorithm)[0]),
    signature: content(expectTag(signature, DER_OCTET_STRING)),
  };
}

function readSignerId(element: DerElement | undefined): SignerInfo['id'] {
  if (element?.tag === 0x80) return { keyId: toHex(content(element)) };
  const [issuer, serial] = sequence(element);
  return { issuerName: encoding(expectTag(issuer, DER_SEQUENCE)), serial: integer(serial) };
}

function readAttributes(set: DerElement): Map<string, DerElement> {
  const attributes = new Map<string, DerElement>();
  for (const attribute of children(set)) {
    const [type, values] = sequence(attribute);
    const [value, ...more] = children(expectTag(values, DER_SET));
    const name = objectIdentifier(type);
    if (value === undefined || more.length > 0 || attributes.has(name)) throw new DerError('not one value');
    attributes.set(name, value);
  }
  return attributes;
}

/** True where the signer's identifier is that of the certificate. */
export function isSigner({ id }: SignerInfo, certificate: Certificate): boolean {
  if (!('keyId' in id)) {
    return equalBytes(id.issuerName, certificate.issuerName) && equalBytes(id.serial, certificate.serial);
  }
  return pathExtensions(certificate).subjectKeyId === id.keyId;
}

export const CONTENT_TYPE = '1.2.840.113549.1.9.3';
export const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';

/**
 * True where the attributes are about the content, and signed with the certificate's key (RFC 5652 §5.4, §5.6, §11).
 * Throws DerError, and LogError for a key that is not accepted here.
 */
export function isSignedBy(data: SignedData, certificate: Certificate, checks: SignatureChecks): boolean {
  const { signer } = data;
  const type = objectIdentifier(expectTag(signer.attributes.get(CONTENT_TYPE), DER_OID));
  const digest = content(expectTag(signer.attributes.get(MESSAGE_DIGEST), DER_OCTET_STRING));
  if (type !== data.contentType || !equalBytes(digest, digestOf(signer.digestAlgorithm, data.content))) return false;
  const key = certificateKey(certificate);
  const scheme = schemeOfAlgorithm(key, algorithmOf(signer));
  return scheme !== undefined && checks.verifyMessage(key, scheme, signer.signed, signer.signature);
}

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const RSA_WITH: Readonly<Record<HashAlgorithm, string>> = {
  SHA2_256: '1.2.840.113549.1.1.11',
  SHA2_384: '1.2.840.113549.1.1.12',
  SHA2_512: '1.2.840.113549.1.1.13',
};

/** RFC 3370 §3.2: for RSA the hash may be named by the digest algorithm alone. */
function algorithmOf({ signatureAlgorithm, digestAlgorithm }: SignerInfo): string {
  return signatureAlgorithm === RSA_ENCRYPTION ? RSA_WITH[digestAlgorithm] : signatureAlgorithm;
}

function sequence(element: DerElement | undefined): DerElement[] {
  return children(expectTag(element, DER_SEQUENCE));
}
