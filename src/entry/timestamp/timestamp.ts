/** RFC 3161 timestamps: what they are about. Who made them is not judged here; that takes a trusted root. */
import { equalBytes, toHex } from '../../core/bytes.ts';
import { type ErrorCode, LogError } from '../../core/errors.ts';
import {
  children,
  DER_SEQUENCE,
  type DerElement,
  DerError,
  expectTag,
  integer,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';
import { digestOf } from '../keys/signature-scheme.ts';
import { encapsulatedContent, readSignedData } from './cms-signed-data.ts';
import { readTstInfo, type TstInfo } from './tst-info.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
/** Content type of a timestamp's SignedData (RFC 3161 §2.4.2). */
export const TST_INFO = '1.2.840.113549.1.9.16.1.4';

const MAX_TIMESTAMP_LENGTH = 16 * 1024;

/** Bytes that may be kept as a timestamp: DER of bounded length. @throws LogError limit_exceeded, or the given code */
export function checkTimestamp(der: Uint8Array, code: ErrorCode): Uint8Array {
  if (der.length > MAX_TIMESTAMP_LENGTH) {
    throw new LogError('limit_exceeded', `a timestamp is longer than ${MAX_TIMESTAMP_LENGTH} bytes`);
  }
  try {
    readDer(der, DER_SEQUENCE);
    return der;
  } catch {
    throw new LogError(code, 'a timestamp is not DER');
  }
}

/** True for a TimeStampResp whose message imprint is a SHA-2 hash of the signature; false for anything unreadable. */
export function isTimestampOf(response: Uint8Array, signature: Uint8Array): boolean {
  try {
    const { algorithm, digest } = readImprint(response);
    return equalBytes(digest, digestOf(algorithm, signature));
  } catch {
    return false;
  }
}

/**
 * What a TimeStampResp says, in one text: whose key, about which imprint, at what time. Two that say the same count as
 * one; Sigstore's verifiers refuse a bundle that carries both. Undefined for anything unreadable.
 */
export function timestampClaim(response: Uint8Array): string | undefined {
  try {
    const { content, signer } = readSignedData(timestampToken(response));
    const { imprint, time } = readTstInfo(content);
    const { id } = signer;
    const who = 'keyId' in id ? id.keyId : `${toHex(id.issuerName)} ${toHex(id.serial)}`;
    return `${who} ${imprint.algorithm} ${toHex(imprint.digest)} ${time}`;
  } catch {
    return undefined;
  }
}

/**
 * The SignedData within a TimeStampResp that grants (RFC 3161 §2.4.2, RFC 5652 §3).
 * @throws DerError
 */
export function timestampToken(response: Uint8Array): DerElement {
  const [status, token] = sequence(readDer(response));
  const granted = integer(sequence(status)[0]);
  if (granted.length !== 1 || granted[0]! > 1) throw new DerError('not granted');
  const [contentType, signedData] = sequence(token);
  if (objectIdentifier(contentType) !== SIGNED_DATA) throw new DerError('not signed');
  return expectTag(children(expectTag(signedData, 0xa0))[0], DER_SEQUENCE);
}

function readImprint(response: Uint8Array): TstInfo['imprint'] {
  const { contentType, content } = encapsulatedContent(timestampToken(response));
  if (contentType !== TST_INFO) throw new DerError('not a timestamp');
  return readTstInfo(content).imprint;
}

function sequence(element: DerElement | undefined): DerElement[] {
  return children(expectTag(element, DER_SEQUENCE));
}
