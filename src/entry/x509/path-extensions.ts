/** What a certificate says about the paths it may be part of (RFC 5280 §4.2.1). */
import { toHex } from '../../core/bytes.ts';
import {
  bitStringFlags,
  children,
  content,
  DER_BOOLEAN,
  DER_OCTET_STRING,
  DER_SEQUENCE,
  DerError,
  expectTag,
  integer,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';
import type { Certificate } from './certificate.ts';
import {
  AUTHORITY_KEY_ID,
  BASIC_CONSTRAINTS,
  EXTENDED_KEY_USAGE,
  KEY_USAGE,
  NAME_CONSTRAINTS,
  SUBJECT_ALT_NAME,
  SUBJECT_KEY_ID,
} from './certificate-extensions.ts';
import { type NameConstraints, readNameConstraints } from './name-constraints.ts';

export interface PathExtensions {
  /** basicConstraints: it may issue certificates. */
  readonly isCa: boolean;
  /** Most certificates of other CAs that may follow below it; Infinity where it does not say. */
  readonly pathLength: number;
  /** undefined where there is no keyUsage, which then restricts nothing. */
  readonly keyUsage: KeyUsage | undefined;
  /** Purposes by identifier; undefined where there is no extKeyUsage. */
  readonly purposes: ReadonlySet<string> | undefined;
  readonly purposesCritical: boolean;
  readonly nameConstraints: NameConstraints | undefined;
  /** Key identifiers, hex. */
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  /** It has a critical extension that nothing here interprets. */
  readonly unknownCritical: boolean;
}

interface KeyUsage {
  readonly digitalSignature: boolean;
  readonly contentCommitment: boolean;
  readonly keyCertSign: boolean;
}

/** Those that may be critical: path validation here does all that they demand. */
const INTERPRETED = new Set([SUBJECT_ALT_NAME, KEY_USAGE, BASIC_CONSTRAINTS, NAME_CONSTRAINTS, EXTENDED_KEY_USAGE]);

const read = new WeakMap<Certificate, PathExtensions>();

/**
 * Reads them when a path is judged, not with the certificate: what is logged without a judgement may have any.
 * @throws DerError
 */
export function pathExtensions(certificate: Certificate): PathExtensions {
  let extensions = read.get(certificate);
  if (extensions === undefined) {
    extensions = readPathExtensions(certificate);
    read.set(certificate, extensions);
  }
  return extensions;
}

function readPathExtensions({ extensions }: Certificate): PathExtensions {
  const value = <T>(oid: string, reader: (value: Uint8Array, critical: boolean) => T): T | undefined => {
    const extension = extensions.get(oid);
    return extension && reader(extension.value, extension.critical);
  };
  return {
    ...(value(BASIC_CONSTRAINTS, readBasicConstraints) ?? { isCa: false, pathLength: Number.POSITIVE_INFINITY }),
    keyUsage: value(KEY_USAGE, readKeyUsage),
    purposes: value(EXTENDED_KEY_USAGE, readPurposes),
    purposesCritical: extensions.get(EXTENDED_KEY_USAGE)?.critical ?? false,
    nameConstraints: value(NAME_CONSTRAINTS, readNameConstraints),
    subjectKeyId: value(SUBJECT_KEY_ID, (bytes) => toHex(content(readDer(bytes, DER_OCTET_STRING)))),
    authorityKeyId: value(AUTHORITY_KEY_ID, readAuthorityKeyId),
    unknownCritical: [...extensions].some(([oid, { critical }]) => critical && !INTERPRETED.has(oid)),
  };
}

/** RFC 5280 §4.2.1.9: SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
function readBasicConstraints(bytes: Uint8Array): Pick<PathExtensions, 'isCa' | 'pathLength'> {
  const parts = children(readDer(bytes, DER_SEQUENCE));
  const isCa = parts[0]?.tag === DER_BOOLEAN && content(parts.shift()!)[0] === 0xff;
  if (parts.length === 0) return { isCa, pathLength: Number.POSITIVE_INFINITY };
  const length = integer(parts.shift());
  if (parts.length > 0 || length[0]! >= 0x80) throw new DerError('not basic constraints');
  // Anything above one byte is far beyond the longest path that is looked at.
  return { isCa, pathLength: length.length === 1 ? length[0]! : 255 };
}

/** RFC 5280 §4.2.1.3 */
function readKeyUsage(bytes: Uint8Array): KeyUsage {
  const flags = bitStringFlags(readDer(bytes));
  return { digitalSignature: flags(0), contentCommitment: flags(1), keyCertSign: flags(5) };
}

/** RFC 5280 §4.2.1.12 */
function readPurposes(bytes: Uint8Array): ReadonlySet<string> {
  const purposes = children(readDer(bytes, DER_SEQUENCE)).map(objectIdentifier);
  if (purposes.length === 0) throw new DerError('no purpose');
  return new Set(purposes);
}

/** RFC 5280 §4.2.1.1: SEQUENCE { keyIdentifier [0] IMPLICIT OCTET STRING OPTIONAL, … } */
function readAuthorityKeyId(bytes: Uint8Array): string | undefined {
  const [first] = children(readDer(bytes, DER_SEQUENCE));
  return first?.tag === 0x80 ? toHex(content(expectTag(first, 0x80))) : undefined;
}
