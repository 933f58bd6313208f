/** Signed certificate timestamps within certificates (RFC 6962 §3.2, §3.3): read, and what they sign built again. */
import { concat, u64be } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import {
  children,
  content,
  DER_OCTET_STRING,
  DER_SEQUENCE,
  type DerElement,
  encoding,
  expectTag,
  objectIdentifier,
  readDer,
} from '../encoding/der.ts';
import { encodeDer } from '../encoding/der-encoding.ts';
import type { Certificate } from '../x509/certificate.ts';

export interface SignedCertificateTimestamp {
  /** SHA-256 of the log's key, 32 bytes. */
  readonly logId: Uint8Array;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Opaque here, and signed: static CT logs state the entry's index in it. */
  readonly extensions: Uint8Array;
  /** TLS numbers of hash and signature algorithm (RFC 5246 §7.4.1.4.1). */
  readonly hashAlgorithm: number;
  readonly signatureAlgorithm: number;
  readonly signature: Uint8Array;
}

const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';
const MAX_SCTS = 16;

/**
 * The SCTs that a certificate carries; none where it has no such extension.
 * @throws LogError certificate_rejected where the list cannot be read; those of unknown versions are passed over
 */
export function readScts(certificate: Certificate): SignedCertificateTimestamp[] {
  const extension = certificate.extensions.get(SCT_LIST);
  if (extension === undefined) return [];
  try {
    const list = new TlsReader(content(readDer(extension.value, DER_OCTET_STRING)));
    const scts = new TlsReader(list.vector(2));
    list.end();
    const read: SignedCertificateTimestamp[] = [];
    for (let count = 0; !scts.isAtEnd; count++) {
      if (count === MAX_SCTS) throw new RangeError('too many');
      const sct = readSct(scts.vector(2));
      if (sct !== undefined) read.push(sct);
    }
    return read;
  } catch (cause) {
    throw new LogError('certificate_rejected', 'the SCTs in the signing certificate cannot be read', { cause });
  }
}

const V1 = 0;

function readSct(bytes: Uint8Array): SignedCertificateTimestamp | undefined {
  const reader = new TlsReader(bytes);
  if (reader.number(1) !== V1) return undefined;
  const sct = {
    logId: reader.take(32),
    timestamp: reader.number(8),
    extensions: reader.vector(2),
    hashAlgorithm: reader.number(1),
    signatureAlgorithm: reader.number(1),
    signature: reader.vector(2),
  };
  reader.end();
  return sct;
}

const CERTIFICATE_TIMESTAMP = 0;
const PRECERT_ENTRY = 1;

/**
 * What an SCT within the certificate signs (RFC 6962 §3.2, `digitally-signed`), for an issuer's key.
 * @throws DerError
 */
export function signedBySct(
  sct: SignedCertificateTimestamp,
  certificate: Certificate,
  issuer: Certificate,
): Uint8Array {
  const tbs = precertificateTbs(certificate);
  return concat(
    Uint8Array.of(V1, CERTIFICATE_TIMESTAMP),
    u64be(sct.timestamp),
    bigEndian(PRECERT_ENTRY, 2),
    sha256(issuer.spki),
    bigEndian(tbs.length, 3),
    tbs,
    bigEndian(sct.extensions.length, 2),
    sct.extensions,
  );
}

/** The TBSCertificate as the log saw it: without the extension that holds the SCTs. */
function precertificateTbs({ tbs }: Certificate): Uint8Array {
  const fields = children(readDer(tbs, DER_SEQUENCE)).flatMap((field) => {
    if (field.tag !== EXTENSIONS) return [encoding(field)];
    const kept = children(expectTag(children(field)[0], DER_SEQUENCE)).filter((one) => !isSctList(one));
    return kept.length === 0 ? [] : [encodeDer(EXTENSIONS, encodeDer(DER_SEQUENCE, ...kept.map(encoding)))];
  });
  return encodeDer(DER_SEQUENCE, ...fields);
}

/** TBSCertificate's extensions [3], RFC 5280 §4.1. */
const EXTENSIONS = 0xa3;

function isSctList(extension: DerElement): boolean {
  return objectIdentifier(children(extension)[0]) === SCT_LIST;
}

function bigEndian(value: number, length: number): Uint8Array {
  return u64be(value).subarray(8 - length);
}

/** Reads TLS structures (RFC 5246 §4). Its position is all that it owns. Throws RangeError at the end of the bytes. */
class TlsReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('cut off');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  number(length: number): number {
    const value = this.take(length).reduce((sum, byte) => sum * 256 + byte, 0);
    if (!Number.isSafeInteger(value)) throw new RangeError('too large');
    return value;
  }

  /** A byte string with its length before it. */
  vector(lengthBytes: number): Uint8Array {
    return this.take(this.number(lengthBytes));
  }

  end(): void {
    if (!this.isAtEnd) throw new RangeError('bytes after the end');
  }
}
