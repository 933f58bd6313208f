/** RFC 3161 timestamps: what they are about. Who made them is not judged here; that takes a trusted root. */
import { equalBytes, toHex } from '../core/bytes.ts';
import { type ErrorCode, LogError } from '../core/errors.ts';
import {
  children,
  content,
  DER_OCTET_STRING,
  DER_SEQUENCE,
  type DerElement,
  encoding,
  expectTag,
  integer,
  objectIdentifier,
  readDer,
} from './der.ts';
import { digestOf, type HashAlgorithm } from './signature-scheme.ts';

const DER_SET = 0x31;
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const HASHES: Readonly<Record<string, HashAlgorithm>> = {
  '2.16.840.1.101.3.4.2.1': 'SHA2_256',
  '2.16.840.1.101.3.4.2.2': 'SHA2_384',
  '2.16.840.1.101.3.4.2.3': 'SHA2_512',
};

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
    const imprint = readImprint(response);
    return imprint !== undefined && equalBytes(imprint.digest, digestOf(imprint.algorithm, signature));
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
    const { info, signers } = readToken(response) ?? {};
    // TSTInfo (RFC 3161 §2.4.2): version, policy, imprint, serial number, time, …
    const [, , imprint, , time] = info ?? [];
    const [, signer] = sequence(children(expectTag(signers, DER_SET))[0]);
    return [signer, imprint, time].map((part) => toHex(encoding(part!))).join(' ');
  } catch {
    return undefined;
  }
}

function readImprint(response: Uint8Array): { algorithm: HashAlgorithm; digest: Uint8Array } | undefined {
  const token = readToken(response);
  if (token === undefined) return undefined;
  const [, , imprint] = token.info;
  const [algorithm, digest] = sequence(imprint);
  const named = HASHES[objectIdentifier(sequence(algorithm)[0])];
  return named && { algorithm: named, digest: content(expectTag(digest, DER_OCTET_STRING)) };
}

/**
 * TimeStampResp (RFC 3161 §2.4.2) → ContentInfo → SignedData (RFC 5652 §5.1) → members of TSTInfo, and SignerInfos.
 * Undefined where it is no timestamp. Throws DerError.
 */
function readToken(response: Uint8Array): { info: DerElement[]; signers: DerElement | undefined } | undefined {
  const [status, token] = sequence(readDer(response));
  const granted = integer(sequence(status)[0]);
  if (granted.length !== 1 || granted[0]! > 1) return undefined;
  const [contentType, signedData] = sequence(token);
  if (objectIdentifier(contentType) !== SIGNED_DATA) return undefined;
  const members = sequence(explicit(signedData));
  const [, , encapsulated] = members;
  const [innerType, inner] = sequence(encapsulated);
  if (objectIdentifier(innerType) !== TST_INFO) return undefined;
  const info = sequence(readDer(content(expectTag(explicit(inner), DER_OCTET_STRING))));
  return { info, signers: members.at(-1) };
}

function sequence(element: DerElement | undefined): DerElement[] {
  return children(expectTag(element, DER_SEQUENCE));
}

function explicit(element: DerElement | undefined): DerElement | undefined {
  return children(expectTag(element, 0xa0))[0];
}
