/**
 * X.509 certificates (RFC 5280) as facts. Nothing here judges a chain: anyone can put any name into a certificate that
 * they signed themselves, so every identity says whether somebody else did (`certificate-path.ts`).
 */
import { equalBytes } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import {
  bitString,
  children,
  content,
  DER_SEQUENCE,
  type DerElement,
  DerError,
  encoding,
  expectTag,
  integer,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';
import { readPemBlocks } from '../keys/pem.ts';
import { isPrivateKeyDer, refusePrivateKey } from '../keys/private-key.ts';
import { type PublicKey, parsePublicKey } from '../keys/public-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import type { SignatureScheme } from '../keys/signature-scheme.ts';
import { schemesOf } from '../keys/signature-scheme.ts';
import { type CertificateExtensions, readExtensions } from './certificate-extensions.ts';
import type { FulcioFacts } from './fulcio-facts.ts';

/** Longest certificate that is accepted, bytes of DER. */
const MAX_CERTIFICATE_LENGTH = 16 * 1024;
/** Most certificates in a chain, the signing one included. */
const MAX_CHAIN_LENGTH = 10;

/** Whether a certificate has a path to a trusted CA. */
export type ChainMark = 'trusted' | 'unverified';

/** Who a certificate says its holder is. */
export interface Identity {
  /** Subject alternative names in the certificate's order. */
  names: string[];
  /** OIDC issuer (Fulcio .8, else .1), if it names one. */
  issuer: string | undefined;
  /** All that Fulcio says of the holder. */
  facts: FulcioFacts;
  /** `unverified` where nobody has checked who issued the certificate, or no trusted CA did. */
  chain: ChainMark;
}

export interface Certificate extends CertificateExtensions {
  readonly der: Uint8Array;
  /** DER of the SubjectPublicKeyInfo; not yet judged, see `certificateKey`. */
  readonly spki: Uint8Array;
  /** Big-endian two's complement. */
  readonly serial: Uint8Array;
  /** DER of the distinguished names. */
  readonly issuerName: Uint8Array;
  readonly subjectName: Uint8Array;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** What the issuer signed, and how. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

/**
 * Reads one certificate.
 * @throws LogError malformed_certificate, limit_exceeded or private_key_submitted
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_CERTIFICATE_LENGTH) {
    throw new LogError('limit_exceeded', `a certificate is longer than ${MAX_CERTIFICATE_LENGTH} bytes`);
  }
  try {
    return readCertificate(der);
  } catch (cause) {
    if (cause instanceof LogError) throw cause;
    if (isPrivateKeyDer(der)) refusePrivateKey(der);
    throw malformed('a certificate is not canonical DER of X.509 version 3', cause);
  }
}

/**
 * Reads PEM certificates, the signing one first.
 * @throws LogError malformed_certificate, limit_exceeded or private_key_submitted
 */
export function parseCertificateChainPem(pem: string): Certificate[] {
  if (pem.length > 2 * MAX_CHAIN_LENGTH * MAX_CERTIFICATE_LENGTH) {
    throw new LogError('limit_exceeded', 'a certificate chain is too long');
  }
  return parseCertificateChain(readPemBlocks(pem, 'CERTIFICATE'));
}

/** Reads DER certificates, the signing one first. Errors as `parseCertificateChainPem`. */
export function parseCertificateChain(ders: readonly Uint8Array[]): Certificate[] {
  if (ders.length === 0) throw malformed('a certificate chain is empty');
  if (ders.length > MAX_CHAIN_LENGTH) {
    throw new LogError('limit_exceeded', `a chain has more than ${MAX_CHAIN_LENGTH} certificates`);
  }
  return ders.map(parseCertificate);
}

/** The key that the certificate is about. Errors as `parsePublicKey`. */
export function certificateKey(certificate: Certificate): PublicKey {
  return parsePublicKey(certificate.spki);
}

/** Who the certificate says its holder is. */
export function identityOf(certificate: Certificate, chain: ChainMark = 'unverified'): Identity {
  const { names, oidcIssuer, facts } = certificate;
  return { names: [...names], issuer: oidcIssuer, facts, chain };
}

/**
 * True where the issuer's name and key match. That is no path validation: CA flags, constraints and validity are not
 * looked at. It only keeps what is unrelated out of a bundle.
 */
export function signedBy(certificate: Certificate, issuer: Certificate, checks: SignatureChecks): boolean {
  if (!equalBytes(certificate.issuerName, issuer.subjectName)) return false;
  let key: PublicKey;
  try {
    key = certificateKey(issuer);
  } catch {
    return false;
  }
  const scheme = schemeOfAlgorithm(key, certificate.signatureAlgorithm);
  return scheme !== undefined && checks.verifyMessage(key, scheme, certificate.tbs, certificate.signature);
}

/**
 * The scheme that a signature algorithm's identifier stands for; undefined where it is unknown or not the key's. Unlike
 * for entries, an authority's key may be used with any SHA-2 hash.
 */
export function schemeOfAlgorithm(key: PublicKey, oid: string): SignatureScheme | undefined {
  const named = SIGNATURE_ALGORITHMS[oid];
  const base = named && schemesOf(key).find((scheme) => scheme.algorithm === named.algorithm);
  return base && { ...base, hash: named.hash };
}

export const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const SIGNATURE_ALGORITHMS: Readonly<Record<string, Pick<SignatureScheme, 'algorithm' | 'hash'>>> = {
  [ECDSA_WITH_SHA256]: { algorithm: 'ecdsa', hash: 'SHA2_256' },
  '1.2.840.10045.4.3.3': { algorithm: 'ecdsa', hash: 'SHA2_384' },
  '1.2.840.10045.4.3.4': { algorithm: 'ecdsa', hash: 'SHA2_512' },
  '1.2.840.113549.1.1.11': { algorithm: 'rsa-pkcs1v15', hash: 'SHA2_256' },
  '1.2.840.113549.1.1.12': { algorithm: 'rsa-pkcs1v15', hash: 'SHA2_384' },
  '1.2.840.113549.1.1.13': { algorithm: 'rsa-pkcs1v15', hash: 'SHA2_512' },
  '1.3.101.112': { algorithm: 'ed25519', hash: 'SHA2_512' },
};

/** RFC 5280 §4.1 */
function readCertificate(der: Uint8Array): Certificate {
  const [tbs, outerAlgorithm, signature, ...rest] = children(readDer(der, DER_SEQUENCE));
  if (rest.length > 0) throw new DerError('unexpected elements');
  const fields = children(expectTag(tbs, DER_SEQUENCE));
  const version = children(expectTag(fields[0], 0xa0));
  if (version.length !== 1 || integer(version[0])[0] !== 2) throw new DerError('not version 3');
  const serial = integer(fields[1]);
  const innerAlgorithm = expectTag(fields[2], DER_SEQUENCE);
  const issuerName = expectTag(fields[3], DER_SEQUENCE);
  const validity = children(expectTag(fields[4], DER_SEQUENCE));
  const subjectName = expectTag(fields[5], DER_SEQUENCE);
  const spki = expectTag(fields[6], DER_SEQUENCE);
  const extensions = readOptionalFields(fields.slice(7));
  if (!equalBytes(encoding(innerAlgorithm), encoding(expectTag(outerAlgorithm, DER_SEQUENCE)))) {
    throw new DerError('two different signature algorithms'); // RFC 5280 §4.1.1.2
  }
  if (validity.length !== 2) throw new DerError('not a validity');
  return {
    der,
    spki: encoding(spki),
    serial,
    issuerName: encoding(issuerName),
    subjectName: encoding(subjectName),
    notBefore: readTime(validity[0]!),
    notAfter: readTime(validity[1]!),
    tbs: encoding(tbs!),
    signatureAlgorithm: objectIdentifier(children(innerAlgorithm)[0]),
    signature: bitString(signature),
    ...readExtensions(extensions),
  };
}

/** issuerUniqueID [1], subjectUniqueID [2] and extensions [3], each once at most and in this order. */
function readOptionalFields(fields: DerElement[]): DerElement[] {
  let last = 0;
  let extensions: DerElement[] = [];
  for (const field of fields) {
    const position = [0x81, 0x82, 0xa3].indexOf(field.tag) + 1;
    if (position <= last) throw new DerError('unexpected elements');
    last = position;
    if (field.tag !== 0xa3) continue;
    const [list, ...more] = children(field);
    if (more.length > 0) throw new DerError('unexpected elements');
    extensions = children(expectTag(list, DER_SEQUENCE));
    if (extensions.length === 0) throw new DerError('an empty extension list');
  }
  return extensions;
}

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** RFC 5280 §4.1.2.5: YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ from 2050. */
function readTime(element: DerElement): number {
  const text = String.fromCharCode(...content(element).subarray(0, 20));
  let digits: string;
  if (element.tag === UTC_TIME && /^[0-9]{12}Z$/.test(text))
    digits = (Number(text.slice(0, 2)) < 50 ? '20' : '19') + text;
  else if (element.tag === GENERALIZED_TIME && /^[0-9]{14}Z$/.test(text)) digits = text;
  else throw new DerError('not a time');
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)(..)(..)(..)Z$/.exec(digits)!.map(Number);
  const milliseconds = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
  if (new Date(milliseconds).getUTCDate() !== day || month! > 12 || hour! > 23 || minute! > 59 || second! > 59) {
    throw new DerError('not a time');
  }
  return milliseconds / 1000;
}

function malformed(message: string, cause?: unknown): LogError {
  return new LogError('malformed_certificate', message, cause === undefined ? {} : { cause });
}
