/** Sigstore bundles v0.1 to v0.3 as input (protobuf-specs `sigstore_bundle.proto`, in protobuf JSON). */
import { LogError } from '../../core/errors.ts';
import { anyBytesOf, listOf, type Members, membersOf, textOf } from '../encoding/members.ts';
import { DIGEST_LENGTH, type HashAlgorithm } from '../keys/signature-scheme.ts';
import { type Envelope, readEnvelope } from '../leaf/dsse.ts';
import { checkTimestamp } from '../timestamp/timestamp.ts';
import { type Certificate, parseCertificateChain } from '../x509/certificate.ts';
import { checkLogEntries, type LogEntryMembers } from './transparency-log-entry.ts';

/** What a bundle says, apart from what other logs said about it. Exactly one of `envelope` and `message` is there. */
export interface BundleContent {
  readonly version: '0.1' | '0.2' | '0.3';
  readonly envelope: Envelope | undefined;
  readonly message:
    | { readonly digest: Uint8Array; readonly algorithm: HashAlgorithm; readonly signature: Uint8Array }
    | undefined;
  /** The signing certificate first; empty where the key is named by a hint. */
  readonly certificates: readonly Certificate[];
  readonly keyHint: string | undefined;
  /** RFC 3161 responses, DER. */
  readonly timestamps: readonly Uint8Array[];
  readonly logEntries: readonly LogEntryMembers[];
}

const VERSIONS: ReadonlyMap<unknown, BundleContent['version']> = new Map([
  ['application/vnd.dev.sigstore.bundle+json;version=0.1', '0.1'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', '0.2'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.3', '0.3'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', '0.3'],
]);

const CODE = 'malformed_bundle';
const MAX_TIMESTAMPS = 64;
const MAX_HINT_LENGTH = 1024;

/**
 * Reads a bundle. Entries of other logs must be well-formed and are not judged.
 * @throws LogError malformed_bundle, and the codes of envelopes and certificates
 */
export function readBundle(value: unknown): BundleContent {
  const known = ['mediaType', 'verificationMaterial', 'messageSignature', 'dsseEnvelope'];
  const bundle = present(membersOf(value, known, 'bundle', CODE));
  const version = VERSIONS.get(bundle.mediaType);
  if (version === undefined) throw malformed('the bundle is of an unknown version; 0.1, 0.2 and 0.3 are known');
  if ((bundle.messageSignature === undefined) === (bundle.dsseEnvelope === undefined)) {
    throw malformed('a bundle has either a messageSignature or a dsseEnvelope');
  }
  const material = present(
    membersOf(
      bundle.verificationMaterial,
      ['publicKey', 'x509CertificateChain', 'certificate', 'tlogEntries', 'timestampVerificationData'],
      'verificationMaterial',
      CODE,
    ),
  );
  return {
    version,
    envelope: bundle.dsseEnvelope === undefined ? undefined : readEnvelope(bundle.dsseEnvelope),
    message: bundle.messageSignature === undefined ? undefined : readMessage(bundle.messageSignature),
    ...readKey(material),
    timestamps: readTimestamps(material.timestampVerificationData),
    logEntries: checkLogEntries(material.tlogEntries),
  };
}

function readKey(material: Members): Pick<BundleContent, 'certificates' | 'keyHint'> {
  const { publicKey, x509CertificateChain, certificate } = material;
  if ([publicKey, x509CertificateChain, certificate].filter((member) => member !== undefined).length !== 1) {
    throw malformed('verificationMaterial has exactly one of publicKey, x509CertificateChain and certificate');
  }
  if (publicKey !== undefined) {
    const { hint } = present(membersOf(publicKey, ['hint'], 'publicKey', CODE));
    return { certificates: [], keyHint: textOf(hint ?? '', 'publicKey.hint', CODE, MAX_HINT_LENGTH) };
  }
  const list =
    certificate === undefined
      ? listOf(
          membersOf(x509CertificateChain, ['certificates'], 'x509CertificateChain', CODE).certificates,
          'certificates',
          CODE,
        )
      : [certificate];
  if (list.length === 0) throw malformed('the certificate chain is empty');
  return { certificates: parseCertificateChain(list.map((item) => rawBytes(item, 'certificate'))), keyHint: undefined };
}

function readMessage(value: unknown): BundleContent['message'] {
  const members = present(membersOf(value, ['messageDigest', 'signature'], 'messageSignature', CODE));
  const stated = present(membersOf(members.messageDigest, ['algorithm', 'digest'], 'messageDigest', CODE));
  const algorithm = stated.algorithm;
  if (algorithm !== 'SHA2_256' && algorithm !== 'SHA2_384' && algorithm !== 'SHA2_512') {
    throw malformed('messageDigest.algorithm must be SHA2_256, SHA2_384 or SHA2_512');
  }
  const digest = anyBytesOf(stated.digest, 'messageDigest.digest', CODE);
  if (digest.length !== DIGEST_LENGTH[algorithm])
    throw malformed('messageDigest.digest is not as long as its algorithm says');
  return { algorithm, digest, signature: anyBytesOf(members.signature, 'messageSignature.signature', CODE) };
}

function readTimestamps(value: unknown): Uint8Array[] {
  if (value === undefined) return [];
  const { rfc3161Timestamps: list = [] } = present(
    membersOf(value, ['rfc3161Timestamps'], 'timestampVerificationData', CODE),
  );
  const items = listOf(list, 'rfc3161Timestamps', CODE);
  if (items.length > MAX_TIMESTAMPS)
    throw new LogError('limit_exceeded', `a bundle has at most ${MAX_TIMESTAMPS} timestamps`);
  return items.map((item) => {
    const { signedTimestamp } = membersOf(item, ['signedTimestamp'], 'rfc3161Timestamps', CODE);
    return checkTimestamp(anyBytesOf(signedTimestamp, 'signedTimestamp', CODE), CODE);
  });
}

function rawBytes(value: unknown, what: string): Uint8Array {
  return anyBytesOf(membersOf(value, ['rawBytes'], what, CODE).rawBytes, `${what}.rawBytes`, CODE);
}

/** Protobuf JSON: null means that the field is not set. */
function present(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

function malformed(message: string): LogError {
  return new LogError(CODE, message);
}
