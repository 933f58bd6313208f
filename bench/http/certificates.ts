/**
 * Certificates such as a Fulcio issues to a build system, each with a key and a serial number of its own. Their issuer
 * is nobody that a log would know.
 */
import { createECDH, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { BitString, Integer, type OctetString, type Sequence, Utf8String } from 'asn1js';
import {
  AlgorithmIdentifier,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  PublicKeyInfo,
  RelativeDistinguishedNames,
  Time,
  TimeType,
} from 'pkijs';
import { DER_BIT_STRING, DER_SEQUENCE } from '../../src/entry/encoding/der.ts';
import { encodeDer } from '../../src/entry/encoding/der-encoding.ts';
import { ECDSA_WITH_SHA256 } from '../../src/entry/x509/certificate.ts';
import { EXTENDED_KEY_USAGE, KEY_USAGE, SUBJECT_ALT_NAME } from '../../src/entry/x509/certificate-extensions.ts';
import { PURPOSES } from '../../src/entry/x509/certificate-path.ts';
import { randomBytes } from './random-bytes.ts';

const REPOSITORY = 'https://example.com/team/project';
const WORKFLOW = `${REPOSITORY}/.ci/workflows/release.yml@refs/heads/main`;
const COMMIT = '4f3c2b1a09e8d7c6b5a4938271605f4e3d2c1b0a';
/** What Fulcio states about a build (1.3.6.1.4.1.57264.1.N), by N. */
const FACTS: Readonly<Record<number, string>> = {
  8: 'https://token.ci.example.com',
  9: WORKFLOW,
  10: COMMIT,
  11: 'hosted',
  12: REPOSITORY,
  13: COMMIT,
  14: 'refs/heads/main',
  15: '123456789',
  16: 'https://example.com/team',
  17: '987654',
  18: WORKFLOW,
  19: COMMIT,
  20: 'push',
  21: `${REPOSITORY}/runs/1234567890/attempts/1`,
  22: 'private',
};
/** Longer than any run, since the log stamps signatures only while their certificate is valid. */
const VALID_MS = 3_600_000;

/** As long as what takes its place: a positive serial number, an uncompressed point. */
const SERIAL = Buffer.alloc(16, 0x5a);
const POINT = Buffer.alloc(65, 0xa5);
const ALGORITHM = new AlgorithmIdentifier({ algorithmId: ECDSA_WITH_SHA256 });

export interface Issued {
  privateKey: KeyObject;
  certificate: Buffer;
}

const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const template = tbsTemplate();
const serialAt = template.indexOf(SERIAL);
const pointAt = template.indexOf(POINT);
const algorithm = new Uint8Array(ALGORITHM.toSchema().toBER());

/** Changes the template alone, since a certificate put together by the library takes a multiple of its signature. */
export function issueCertificate(): Issued {
  const { privateKey, point } = generateKey();
  const tbs = Buffer.from(template);
  randomBytes(SERIAL.length).copy(tbs, serialAt);
  tbs[serialAt] = 0x40 | (tbs[serialAt]! & 0x3f);
  point.copy(tbs, pointAt);
  const signature = encodeDer(DER_BIT_STRING, Uint8Array.of(0), sign('sha256', tbs, issuer.privateKey));
  return { privateKey, certificate: Buffer.from(encodeDer(DER_SEQUENCE, tbs, algorithm, signature)) };
}

/**
 * Not by `generateKeyPairSync`: Node 20 locks a key while it writes it as a JWK, and waits for itself for ever where a
 * garbage collection just then clears what generated the key. A SubjectPublicKeyInfo takes twice as long.
 */
function generateKey(): { privateKey: KeyObject; point: Buffer } {
  const ecdh = createECDH('prime256v1');
  const point = ecdh.generateKeys();
  const key = {
    ...{ kty: 'EC', crv: 'P-256', d: ecdh.getPrivateKey('base64url') },
    ...{ x: point.toString('base64url', 1, 33), y: point.toString('base64url', 33) },
  };
  return { privateKey: createPrivateKey({ key, format: 'jwk' }), point };
}

function tbsTemplate(): Buffer {
  const key = new PublicKeyInfo({
    algorithm: PublicKeyInfo.fromBER(arrayBuffer(issuer.publicKey.export({ type: 'spki', format: 'der' }))).algorithm,
    subjectPublicKey: new BitString({ valueHex: arrayBuffer(POINT) }),
  });
  const now = Date.now();
  const certificate = new Certificate({
    version: 2,
    serialNumber: new Integer({ valueHex: arrayBuffer(SERIAL) }),
    signature: ALGORITHM,
    issuer: new RelativeDistinguishedNames(),
    notBefore: new Time({ type: TimeType.UTCTime, value: new Date(now) }),
    notAfter: new Time({ type: TimeType.UTCTime, value: new Date(now + VALID_MS) }),
    subject: new RelativeDistinguishedNames(),
    subjectPublicKeyInfo: key,
    extensions: extensions(),
  });
  return Buffer.from(certificate.encodeTBS().toBER());
}

function extensions(): Extension[] {
  const names = new GeneralNames({ names: [new GeneralName({ type: 6, value: WORKFLOW })] });
  const digitalSignature = new BitString({ valueHex: Uint8Array.of(0x80).buffer, unusedBits: 7 });
  return [
    extension(KEY_USAGE, digitalSignature),
    extension(EXTENDED_KEY_USAGE, new ExtKeyUsage({ keyPurposes: [PURPOSES['code-signing']] }).toSchema()),
    extension(SUBJECT_ALT_NAME, names.toSchema()),
    ...Object.entries(FACTS).map(([n, value]) => extension(`1.3.6.1.4.1.57264.1.${n}`, new Utf8String({ value }))),
  ];
}

function extension(extnID: string, value: Sequence | OctetString | BitString | Utf8String): Extension {
  return new Extension({ extnID, critical: extnID === SUBJECT_ALT_NAME, extnValue: value.toBER() });
}

/** The library takes whole buffers, never views. */
function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
