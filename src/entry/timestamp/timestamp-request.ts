/** RFC 3161 §2.4.1 requests: read strictly, and judged by what RFC 3161 §2.4.2 lets an authority refuse. */
import { LogError } from '../../core/errors.ts';
import {
  children,
  content,
  DER_BOOLEAN,
  DER_INTEGER,
  DER_NULL,
  DER_OCTET_STRING,
  DER_OID,
  DER_SEQUENCE,
  type DerElement,
  DerError,
  expectTag,
  integer,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';
import { hashOfId } from '../keys/digest-algorithm.ts';
import { DIGEST_LENGTH } from '../keys/signature-scheme.ts';

export interface TimestampRequest {
  version: number;
  /** Dotted; empty where it is no identifier that anyone here knows. */
  hashAlgorithm: string;
  /** Parameters beside it: the imprint that comes back must be the one that was sent, to the letter. */
  hashParameters: 'absent' | 'null' | 'other';
  digest: Uint8Array;
  /** Dotted, as `hashAlgorithm`; undefined where any will do. */
  policy: string | undefined;
  /** Content of the INTEGER, which comes back as it is. */
  nonce: Uint8Array | undefined;
  /** Whether the answer is to carry the authority's certificates. */
  certificates: boolean;
  hasExtensions: boolean;
}

/** Bits of PKIFailureInfo (RFC 3161 §2.4.2). */
export const TIMESTAMP_FAILURE = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
} as const;

export interface TimestampRefusal {
  failure: keyof typeof TIMESTAMP_FAILURE;
  /** For people. */
  text: string;
}

/**
 * The policy under which this project's authorities stamp: the one that Sigstore's do (1.3.6.1.4.1.57264.2). One of
 * our own would need a registered arc, and 128-bit ones cannot be read by Go.
 */
export const TIMESTAMP_POLICY = '1.3.6.1.4.1.57264.2';

/** Longest nonce, bytes. */
const MAX_NONCE = 33;

/** Reads a TimeStampReq. @throws LogError malformed_request for anything else */
export function readTimestampRequest(der: Uint8Array): TimestampRequest {
  try {
    return readRequest(der);
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new LogError('malformed_request', 'the body is not the DER of an RFC 3161 TimeStampReq', { cause });
  }
}

/** Why a request that can be read gets no timestamp; undefined where it gets one. */
export function refusalOf(request: TimestampRequest): TimestampRefusal | undefined {
  if (request.version !== 1) return { failure: 'badRequest', text: 'only version 1 of the protocol is known here' };
  const hash = hashOfId(request.hashAlgorithm);
  if (hash === undefined || request.hashParameters === 'other') {
    return { failure: 'badAlg', text: 'the imprint must be a SHA-256, SHA-384 or SHA-512 hash' };
  }
  if (request.digest.length !== DIGEST_LENGTH[hash]) {
    return { failure: 'badDataFormat', text: 'the imprint has not the length of its hash' };
  }
  if (request.policy !== undefined && request.policy !== TIMESTAMP_POLICY) {
    return { failure: 'unacceptedPolicy', text: `this authority stamps under the policy ${TIMESTAMP_POLICY} only` };
  }
  if (request.hasExtensions) return { failure: 'unacceptedExtension', text: 'no extension is known here' };
  if (request.nonce !== undefined && request.nonce.length > MAX_NONCE) {
    return { failure: 'badRequest', text: `the nonce is longer than ${MAX_NONCE} bytes` };
  }
  return undefined;
}

function readRequest(der: Uint8Array): TimestampRequest {
  const fields = children(readDer(der, DER_SEQUENCE));
  const version = integer(fields.shift());
  const imprint = children(expectTag(fields.shift(), DER_SEQUENCE));
  const algorithm = children(expectTag(imprint[0], DER_SEQUENCE));
  const digest = content(expectTag(imprint[1], DER_OCTET_STRING));
  const take = (tag: number): DerElement | undefined => (fields[0]?.tag === tag ? fields.shift() : undefined);
  const policy = take(DER_OID);
  const nonce = take(DER_INTEGER);
  const certReq = take(DER_BOOLEAN);
  const extensions = take(0xa0);
  if (fields.length > 0 || imprint.length !== 2 || algorithm.length > 2) throw new DerError('unexpected elements');
  return {
    version: version.length === 1 ? version[0]! : -1,
    hashAlgorithm: identifier(algorithm[0]),
    hashParameters: parametersOf(algorithm[1]),
    digest,
    policy: policy && identifier(policy),
    nonce: nonce && integer(nonce),
    certificates: certReq !== undefined && boolean(certReq),
    hasExtensions: extensions !== undefined,
  };
}

function identifier(element: DerElement | undefined): string {
  expectTag(element, DER_OID);
  try {
    return objectIdentifier(element);
  } catch {
    return ''; // an arc beyond what is read here, and so none that is known
  }
}

function parametersOf(element: DerElement | undefined): TimestampRequest['hashParameters'] {
  if (element === undefined) return 'absent';
  return element.tag === DER_NULL && content(element).length === 0 ? 'null' : 'other';
}

/** DER leaves the default out, but programs that spell it out are in use. */
function boolean(element: DerElement): boolean {
  const [byte, ...rest] = content(element);
  if (rest.length > 0 || (byte !== 0x00 && byte !== 0xff)) throw new DerError('not a boolean');
  return byte === 0xff;
}
