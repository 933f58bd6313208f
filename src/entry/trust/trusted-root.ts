/**
 * Sigstore trusted roots (protobuf-specs `sigstore_trustroot.proto`, in protobuf JSON): whose logs, certificates and
 * timestamps count. Versions 0.1 and 0.2, in both spellings of their media type. Members that are not known are passed
 * over, since later versions add some; what is known must be right, since a root read by half would judge by half.
 */

import { LogError } from '../../core/errors.ts';
import { anyBytesOf, isObject, listOf, type Members, textOf } from '../encoding/members.ts';
import { type Certificate, parseCertificateChain } from '../x509/certificate.ts';
import { readTimeRange, type TimeRange } from './time-range.ts';
import { readTrustedKey, type TrustedKey } from './trusted-key.ts';

/** A transparency log, or a certificate transparency log. */
export interface TrustedLog {
  /** As written; the host name in it is the origin of a v2 log's checkpoints. */
  readonly baseUrl: string;
  /** What entries and SCTs name the log by: 32 bytes for those of Sigstore, 1 to 64 here. */
  readonly logId: Uint8Array;
  /** What its lines below checkpoints are known by, where that is not the start of `logId`. */
  readonly checkpointKeyId: Uint8Array | undefined;
  /** Undefined where the key is of a kind that is not known here: nothing verifies under it. */
  readonly key: TrustedKey | undefined;
  /** When the log may have signed. */
  readonly validFor: TimeRange;
}

/** A certificate authority, or a timestamp authority. */
export interface TrustedAuthority {
  readonly uri: string;
  /** As written: the lowest certificate first, the trust anchor last. For timestamps the first may be the signing one. */
  readonly certificates: readonly Certificate[];
  /** When the authority may have signed. */
  readonly validFor: TimeRange;
}

export interface TrustedRoot {
  readonly tlogs: readonly TrustedLog[];
  readonly certificateAuthorities: readonly TrustedAuthority[];
  readonly ctlogs: readonly TrustedLog[];
  readonly timestampAuthorities: readonly TrustedAuthority[];
}

const CODE = 'malformed_trusted_root';
const MAX_ITEMS = 256;
const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.trustedroot(\+json;version=0\.[12]|\.v0\.[12]\+json)$/;

/**
 * Reads a trusted root from parsed JSON.
 * @throws LogError malformed_trusted_root, also for certificates and base64 within it; its `at` says where
 */
export function readTrustedRoot(value: unknown): TrustedRoot {
  const root = objectOf(value, 'the trusted root');
  if (typeof root.mediaType !== 'string' || !MEDIA_TYPE.test(root.mediaType)) {
    throw new LogError(CODE, 'the file is not a Sigstore trusted root of version 0.1 or 0.2 (mediaType says which)');
  }
  return {
    tlogs: itemsOf(root, 'tlogs', readLog),
    certificateAuthorities: itemsOf(root, 'certificateAuthorities', readAuthority),
    ctlogs: itemsOf(root, 'ctlogs', readLog),
    timestampAuthorities: itemsOf(root, 'timestampAuthorities', readAuthority),
  };
}

function itemsOf<Item>(root: Members, name: string, read: (value: Members, at: string) => Item): Item[] {
  const list = listOf(root[name] ?? [], name, CODE);
  if (list.length > MAX_ITEMS) throw new LogError(CODE, `a trusted root has at most ${MAX_ITEMS} ${name}`);
  return list.map((item, i) => {
    const at = `${name}[${i}]`;
    try {
      return read(objectOf(item, at), at);
    } catch (error) {
      if (!(error instanceof LogError) || error.code === CODE) throw error;
      throw new LogError(CODE, error.message, { at, cause: error });
    }
  });
}

function readLog(log: Members, at: string): TrustedLog {
  const { baseUrl, hashAlgorithm, publicKey, checkpointKeyId } = log;
  if (hashAlgorithm !== undefined && hashAlgorithm !== 'SHA2_256') {
    throw new LogError(CODE, 'the tree of a log must be hashed with SHA2_256', { at });
  }
  const key = objectOf(publicKey, `${at}.publicKey`);
  return {
    baseUrl: textOf(baseUrl ?? '', `${at}.baseUrl`, CODE, 2048),
    logId: readKeyId(log.logId, `${at}.logId`),
    checkpointKeyId: isSet(checkpointKeyId) ? readKeyId(checkpointKeyId, `${at}.checkpointKeyId`) : undefined,
    key: readTrustedKey(
      anyBytesOf(key.rawBytes, `${at}.publicKey.rawBytes`, CODE),
      textOf(key.keyDetails ?? '', `${at}.publicKey.keyDetails`, CODE, 256),
    ),
    validFor: readTimeRange(key.validFor, `${at}.publicKey.validFor`),
  };
}

function readKeyId(value: unknown, at: string): Uint8Array {
  const keyId = anyBytesOf(objectOf(value, at).keyId, `${at}.keyId`, CODE);
  if (keyId.length < 1 || keyId.length > 64) throw new LogError(CODE, 'a log id has 1 to 64 bytes', { at });
  return keyId;
}

function readAuthority(authority: Members, at: string): TrustedAuthority {
  const chain = objectOf(authority.certChain, `${at}.certChain`);
  const list = listOf(chain.certificates ?? [], `${at}.certChain.certificates`, CODE);
  const ders = list.map((item) => anyBytesOf(objectOf(item, at).rawBytes, `${at}.certChain.certificates`, CODE));
  return {
    uri: textOf(authority.uri ?? '', `${at}.uri`, CODE, 2048),
    certificates: parseCertificateChain(ders),
    validFor: readTimeRange(authority.validFor, `${at}.validFor`),
  };
}

function objectOf(value: unknown, at: string): Members {
  if (!isObject(value)) throw new LogError(CODE, `${at} must be an object`, { at });
  return value;
}

/** Protobuf JSON: null means that the field is not set. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
