/** Makes shapes of answers: lets the library encode one with known values, and finds where they lie. */
import { randomBytes } from 'node:crypto';
import { HASH_ID } from '../../entry/keys/digest-algorithm.ts';
import { DIGEST_LENGTH } from '../../entry/keys/signature-scheme.ts';
import { encodeGranted, encodeRejection, encodeSignedAttributes, encodeTstInfo } from './timestamp-encoding.ts';
import {
  generalizedTime,
  type ResponseShape,
  SERIAL_LENGTH,
  type ShapeOf,
  type TimestampEncoder,
} from './timestamp-shape.ts';

/** All but one of a hundred P-256 signatures in DER have one of these lengths. */
const SIGNATURE_LENGTHS = [70, 71, 72];
/** A time that no certificate of an authority names. */
const PLACEHOLDER_TIME = Date.UTC(2000, 0, 2, 3, 4, 5) / 1000;

/** Encodes on this very thread. @param chain DER of the authority's certificates, leaf first */
export function libraryEncoder(chain: readonly Uint8Array[]): TimestampEncoder {
  return {
    shape: async (of) => makeShape(chain, of),
    rejection: async (refusal) => encodeRejection(refusal),
  };
}

function makeShape(
  chain: readonly Uint8Array[],
  { hash, nullParameters, nonceLength, certificates }: ShapeOf,
): ResponseShape {
  const leaf = chain[0]!;
  const digest = randomBytes(DIGEST_LENGTH[hash]);
  const serial = positive(SERIAL_LENGTH);
  const nonce = nonceLength === undefined ? undefined : positive(nonceLength);
  const facts = { hashAlgorithm: HASH_ID[hash], nullParameters, digest, serial, time: PLACEHOLDER_TIME, nonce };
  const tstInfo = encodeTstInfo(facts);
  const messageDigest = randomBytes(32);
  const attributes = encodeSignedAttributes(messageDigest, leaf);
  return {
    tstInfo,
    digestAt: find(tstInfo, digest),
    serialAt: find(tstInfo, serial),
    timeAt: find(tstInfo, generalizedTime(PLACEHOLDER_TIME)),
    // The last field: a nonce may be too short to be found.
    nonceAt: nonce && tstInfo.length - nonce.length,
    attributes,
    messageDigestAt: find(attributes, messageDigest),
    responses: SIGNATURE_LENGTHS.map((signatureLength) => {
      const signature = randomBytes(signatureLength);
      const token = { tstInfo, digest: messageDigest, signature };
      const bytes = encodeGranted(token, leaf, chain.slice(0, certificates));
      return {
        signatureLength,
        bytes,
        tstInfoAt: find(bytes, tstInfo),
        attributesAt: find(bytes, attributes.subarray(1)) - 1,
        signatureAt: find(bytes, signature),
      };
    }),
  };
}

function positive(length: number): Uint8Array {
  const bytes = new Uint8Array(randomBytes(length));
  bytes[0] = 0x40 | (bytes[0]! & 0x3f);
  return bytes;
}

function find(bytes: Uint8Array, part: Uint8Array): number {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = whole.indexOf(part);
  if (at === -1 || whole.indexOf(part, at + 1) !== -1)
    throw new Error('a part of the answer cannot be told from the rest');
  return at;
}
