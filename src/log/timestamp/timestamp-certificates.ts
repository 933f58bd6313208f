/**
 * Issues the certificates of the log's timestamp authority: a root of its own, and the leaf below it (RFC 5280, RFC
 * 3161 §2.3). Loads an ASN.1 library, so it is imported only where a log is created.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { BitString, Integer, ObjectIdentifier, OctetString, Sequence, Set as SetOf, Utf8String } from 'asn1js';
import {
  AlgorithmIdentifier,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  PublicKeyInfo,
  RelativeDistinguishedNames,
  Time,
  TimeType,
} from 'pkijs';
import { sha256 } from '../../core/hash.ts';
import { ECDSA_WITH_SHA256 } from '../../entry/x509/certificate.ts';
import {
  AUTHORITY_KEY_ID,
  BASIC_CONSTRAINTS,
  EXTENDED_KEY_USAGE,
  KEY_USAGE,
  SUBJECT_KEY_ID,
} from '../../entry/x509/certificate-extensions.ts';
import { PURPOSES } from '../../entry/x509/certificate-path.ts';

const ROOT_YEARS = 20;
const LEAF_YEARS = 10;
/** Longest organizationName, characters (RFC 5280 appendix A.1, ub-organization-name). */
const MAX_ORGANIZATION = 64;

const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';

/**
 * Issues the chain for a new timestamp key. The root's private key is made here, signs both certificates and is
 * forgotten: nobody can issue another leaf.
 * @param origin the log's; the certificates' organization
 * @param publicKey of the authority, ECDSA P-256
 * @param now POSIX seconds: the begin of both validities
 * @returns DER of leaf and root, in this order
 */
export function issueTimestampChain(origin: string, publicKey: KeyObject, now: number): [Uint8Array, Uint8Array] {
  const root = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const organization = origin.slice(0, MAX_ORGANIZATION);
  const issuer = { name: nameOf(organization, 'Countersign timestamp root'), key: root.privateKey };
  const rootKey = subjectKey(root.publicKey);
  const leafKey = subjectKey(publicKey);
  const rootCertificate = issue(issuer, issuer.name, rootKey, now, ROOT_YEARS, [
    extension(BASIC_CONSTRAINTS, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema()),
    extension(KEY_USAGE, true, bits(0x06, 1)), // keyCertSign, cRLSign
    extension(SUBJECT_KEY_ID, false, octets(rootKey.identifier)),
  ]);
  const leafCertificate = issue(
    issuer,
    nameOf(organization, 'Countersign timestamp authority'),
    leafKey,
    now,
    LEAF_YEARS,
    [
      extension(BASIC_CONSTRAINTS, true, new BasicConstraints({ cA: false }).toSchema()),
      extension(KEY_USAGE, true, bits(0x80, 7)), // digitalSignature
      // The only purpose, and critical: RFC 3161 §2.3.
      extension(EXTENDED_KEY_USAGE, true, new ExtKeyUsage({ keyPurposes: [PURPOSES['time-stamping']] }).toSchema()),
      extension(SUBJECT_KEY_ID, false, octets(leafKey.identifier)),
      extension(
        AUTHORITY_KEY_ID,
        false,
        new AuthorityKeyIdentifier({ keyIdentifier: octets(rootKey.identifier) }).toSchema(),
      ),
    ],
  );
  return [leafCertificate, rootCertificate];
}

interface SubjectKey {
  info: PublicKeyInfo;
  /** RFC 7093 §2, method 1: the leftmost 160 bits of the SHA-256 of the key's bits. */
  identifier: Uint8Array;
}

function subjectKey(key: KeyObject): SubjectKey {
  const info = PublicKeyInfo.fromBER(buffer(key.export({ type: 'spki', format: 'der' })));
  return { info, identifier: sha256(info.subjectPublicKey.valueBlock.valueHexView).subarray(0, 20) };
}

function issue(
  issuer: { name: RelativeDistinguishedNames; key: KeyObject },
  subject: RelativeDistinguishedNames,
  { info }: SubjectKey,
  now: number,
  years: number,
  extensions: Extension[],
): Uint8Array {
  const algorithm = new AlgorithmIdentifier({ algorithmId: ECDSA_WITH_SHA256 });
  const certificate = new Certificate({
    version: 2,
    serialNumber: new Integer({ valueHex: randomSerial() }),
    signature: algorithm,
    issuer: issuer.name,
    notBefore: time(new Date(now * 1000)),
    notAfter: time(yearsAfter(now, years)),
    subject,
    subjectPublicKeyInfo: info,
    extensions,
    signatureAlgorithm: algorithm,
  });
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER());
  certificate.signatureValue = new BitString({ valueHex: buffer(sign('sha256', certificate.tbsView, issuer.key)) });
  return new Uint8Array(certificate.toSchema(true).toBER());
}

/** Positive, 126 random bits, always of 16 bytes (RFC 5280 §4.1.2.2). */
function randomSerial(): ArrayBuffer {
  const serial = new Uint8Array(randomBytes(16));
  serial[0] = 0x40 | (serial[0]! & 0x3f);
  return serial.buffer;
}

/** One attribute to each relative name; the library's own constructor would put both into one. */
function nameOf(organization: string, commonName: string): RelativeDistinguishedNames {
  const relativeName = (type: string, value: string) =>
    new SetOf({ value: [new Sequence({ value: [new ObjectIdentifier({ value: type }), new Utf8String({ value })] })] });
  const name = new Sequence({
    value: [relativeName(ORGANIZATION, organization), relativeName(COMMON_NAME, commonName)],
  });
  return RelativeDistinguishedNames.fromBER(name.toBER());
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on. */
function time(value: Date): Time {
  return new Time({ type: value.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime, value });
}

function yearsAfter(seconds: number, years: number): Date {
  const date = new Date(seconds * 1000);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date;
}

function extension(extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() });
}

function bits(byte: number, unusedBits: number): BitString {
  return new BitString({ valueHex: buffer(Uint8Array.of(byte)), unusedBits });
}

function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: buffer(bytes) });
}

/** The library takes whole buffers, never views. */
function buffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
