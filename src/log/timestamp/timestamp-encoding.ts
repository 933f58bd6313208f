/**
 * The DER of RFC 3161 answers: TSTInfo, the attributes that are signed, the TimeStampResp around them (RFC 3161 §2.4.2,
 * RFC 5652 §5, RFC 5816). Loads an ASN.1 library and takes milliseconds, so it makes patterns (`timestamp-shape.ts`)
 * and never a single answer.
 */
import {
  type BaseBlock,
  BitString,
  fromBER,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Sequence,
  Set as SetOf,
  Utf8String,
} from 'asn1js';
import {
  Accuracy,
  AlgorithmIdentifier,
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  MessageImprint,
  PKIStatus,
  PKIStatusInfo,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
  TimeStampResp,
  TSTInfo,
} from 'pkijs';
import { sha256 } from '../../core/hash.ts';
import { HASH_ID } from '../../entry/keys/digest-algorithm.ts';
import { CONTENT_TYPE, MESSAGE_DIGEST } from '../../entry/timestamp/cms-signed-data.ts';
import { TST_INFO } from '../../entry/timestamp/timestamp.ts';
import { TIMESTAMP_FAILURE, TIMESTAMP_POLICY, type TimestampRefusal } from '../../entry/timestamp/timestamp-request.ts';
import { SIGNING_CERTIFICATE_V2 } from '../../entry/trust/verify-timestamp.ts';
import { ECDSA_WITH_SHA256 } from '../../entry/x509/certificate.ts';

/** How far a stamped time may be from the right one, seconds. */
const ACCURACY = 1;

export interface StampedFacts {
  /** Dotted. */
  hashAlgorithm: string;
  nullParameters: boolean;
  digest: Uint8Array;
  /** Content of a positive INTEGER. */
  serial: Uint8Array;
  /** POSIX seconds. */
  time: number;
  /** Content of an INTEGER. */
  nonce: Uint8Array | undefined;
}

/** TSTInfo. The time has whole seconds: a fraction that ends in 0 is read by no two programs alike. */
export function encodeTstInfo(facts: StampedFacts): Uint8Array {
  const { hashAlgorithm, nullParameters, digest, serial, time, nonce } = facts;
  const info = new TSTInfo({
    version: 1,
    policy: TIMESTAMP_POLICY,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({
        algorithmId: hashAlgorithm,
        ...(nullParameters && { algorithmParams: new Null() }),
      }),
      hashedMessage: octets(digest),
    }),
    serialNumber: new Integer({ valueHex: buffer(serial) }),
    genTime: new Date(time * 1000),
    accuracy: new Accuracy({ seconds: ACCURACY }),
    ...(nonce && { nonce: new Integer({ valueHex: buffer(nonce) }) }),
  });
  return der(info);
}

/**
 * The signed attributes as they are signed, a SET (RFC 5652 §5.4).
 * @param digest SHA-256 of the TSTInfo
 * @param leaf DER of the authority's certificate
 */
export function encodeSignedAttributes(digest: Uint8Array, leaf: Uint8Array): Uint8Array {
  return new Uint8Array(new SetOf({ value: attributesOf(digest, leaf).map((one) => one.toSchema()) }).toBER());
}

/**
 * A TimeStampResp that grants.
 * @param token what `encodeTstInfo` made, and the digest and signature that go with it
 * @param leaf DER of the authority's certificate
 * @param certificates DER of those that the answer carries
 */
export function encodeGranted(
  token: { tstInfo: Uint8Array; digest: Uint8Array; signature: Uint8Array },
  leaf: Uint8Array,
  certificates: readonly Uint8Array[],
): Uint8Array {
  const signer = parsed(leaf);
  const sha256Identifier = () => new AlgorithmIdentifier({ algorithmId: HASH_ID.SHA2_256 });
  const encapsulated = new EncapsulatedContentInfo({ eContentType: TST_INFO });
  // Set here, since the constructor would cut the string into pieces, which is BER and not DER.
  encapsulated.eContent = octets(token.tstInfo);
  const signedData = new SignedData({
    version: 3,
    digestAlgorithms: [sha256Identifier()],
    encapContentInfo: encapsulated,
    ...(certificates.length > 0 && { certificates: [...certificates].sort(Buffer.compare).map(parsed) }),
    signerInfos: [
      new SignerInfo({
        version: 1,
        sid: new IssuerAndSerialNumber({ issuer: signer.issuer, serialNumber: signer.serialNumber }),
        digestAlgorithm: sha256Identifier(),
        signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes: attributesOf(token.digest, leaf) }),
        signatureAlgorithm: new AlgorithmIdentifier({ algorithmId: ECDSA_WITH_SHA256 }),
        signature: octets(token.signature),
      }),
    ],
  });
  const timeStampToken = new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content: signedData.toSchema(true) });
  return der(new TimeStampResp({ status: new PKIStatusInfo({ status: PKIStatus.granted }), timeStampToken }));
}

/** A TimeStampResp that refuses, and says why in both languages of RFC 3161 §2.4.2. */
export function encodeRejection({ failure, text }: TimestampRefusal): Uint8Array {
  const bit = TIMESTAMP_FAILURE[failure];
  // A named bit list ends with its last one bit (X.690 §11.2.2).
  const bits = new Uint8Array((bit >> 3) + 1);
  bits[bit >> 3] = 0x80 >> (bit & 7);
  const status = new PKIStatusInfo({
    status: PKIStatus.rejection,
    statusStrings: [new Utf8String({ value: text })],
    failInfo: new BitString({ valueHex: buffer(bits), unusedBits: 7 - (bit & 7) }),
  });
  return der(new TimeStampResp({ status }));
}

/** In the order of a DER SET (X.690 §11.6). */
function attributesOf(digest: Uint8Array, leaf: Uint8Array): Attribute[] {
  // RFC 5816: the certificate by its SHA-256, which is the default and so not named.
  const certificateId = new Sequence({ value: [octets(sha256(leaf))] });
  const signingCertificate = new Sequence({ value: [new Sequence({ value: [certificateId] })] });
  const attribute = (type: string, value: BaseBlock) => new Attribute({ type, values: [value] });
  return [
    attribute(CONTENT_TYPE, new ObjectIdentifier({ value: TST_INFO })),
    attribute(MESSAGE_DIGEST, octets(digest)),
    attribute(SIGNING_CERTIFICATE_V2, signingCertificate),
  ].sort((a, b) => Buffer.compare(der(a), der(b)));
}

function parsed(certificate: Uint8Array): Certificate {
  return new Certificate({ schema: fromBER(buffer(certificate)).result });
}

function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: buffer(bytes) });
}

function der(value: { toSchema(): { toBER(): ArrayBuffer } }): Uint8Array {
  return new Uint8Array(value.toSchema().toBER());
}

/** The library takes whole buffers, never views. */
function buffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
