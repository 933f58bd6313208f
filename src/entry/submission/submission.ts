/** Reads what is submitted to the log, in any of its forms, and prepares the entry that it becomes. */
import { compareBytes, fromHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { type BundleContent, readBundle } from '../bundle/sigstore-bundle.ts';
import { promiseOf } from '../bundle/transparency-log-entry.ts';
import { bytesOf, isObject, listOf, type Members, membersOf, textOf } from '../encoding/members.ts';
import { preferringPrivateKeys } from '../keys/private-key.ts';
import { parsePublicKeyPem } from '../keys/public-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { companionOf } from '../leaf/companion.ts';
import { type Envelope, readEnvelope } from '../leaf/dsse.ts';
import { isPromiseOf, type LogPromise } from '../leaf/log-promise.ts';
import { certificateVerifier, keyVerifier, type Verifier } from '../leaf/verifier.ts';
import { type Certificate, parseCertificateChainPem } from '../x509/certificate.ts';
import { type LeafKind, prepareDigest, preparePayload } from './prepare.ts';
import type { PreparedEntry } from './prepared-entry.ts';

/**
 * The forms of a submission. In msgpack, members that hold base64 or hexadecimal may be byte strings instead.
 */
export type Submission =
  | {
      envelope: unknown;
      /** PEM; exactly one of the three, unless the envelope brings a certificate with every signature. */
      publicKey?: string;
      /** PEM, the signing certificate first. */
      certificate?: string;
      /** One per signature, in the same order. */
      verifiers?: { publicKey?: string; certificate?: string }[];
      leaf?: LeafKind;
    }
  | {
      /** Exactly one digest, of the key's own hash. */
      artifact: { sha256?: string | Uint8Array; sha384?: string | Uint8Array; sha512?: string | Uint8Array };
      signature: string | Uint8Array;
      publicKey?: string;
      certificate?: string;
    }
  | { bundle: unknown; publicKey?: string; leaf?: LeafKind }
  /** A Sigstore bundle as it is. */
  | { mediaType: string };

const MAX_PEM_LENGTH = 400_000;

/**
 * Reads and checks a submission: a strictly parsed JSON value, or a msgpack map of the same shape.
 * @throws LogError with the codes of what cannot be read (`malformed_…`, `limit_exceeded`), is not accepted
 *   (`unsupported_…`, `key_missing`, `signature_invalid`), or must not be sent (`private_key_submitted`)
 */
export function prepareSubmission(value: unknown, checks: SignatureChecks): PreparedEntry {
  return preferringPrivateKeys(value, () => prepare(value, checks));
}

function prepare(value: unknown, checks: SignatureChecks): PreparedEntry {
  if (!isObject(value)) throw new LogError('malformed_submission', 'a submission must be an object');
  if (value.mediaType !== undefined) return prepareBundle(readBundle(value), {}, checks);
  if (value.envelope !== undefined) {
    const known = ['envelope', 'publicKey', 'certificate', 'verifiers', 'leaf'];
    return prepareEnvelope(membersOf(value, known, 'submission', CODE), checks);
  }
  if (value.artifact !== undefined) {
    return prepareArtifact(
      membersOf(value, ['artifact', 'signature', 'publicKey', 'certificate'], 'submission', CODE),
      checks,
    );
  }
  if (value.bundle !== undefined) {
    const members = membersOf(value, ['bundle', 'publicKey', 'leaf'], 'submission', CODE);
    return prepareBundle(readBundle(members.bundle), members, checks);
  }
  throw new LogError(
    CODE,
    'a submission has a member envelope, artifact or bundle, or is a Sigstore bundle; see the API documentation',
  );
}

const CODE = 'malformed_submission';

function prepareEnvelope(members: Members, checks: SignatureChecks): PreparedEntry {
  const envelope = readEnvelope(members.envelope);
  const chains = envelopeChains(members, envelope);
  // In the leaf's order, so that what comes along can be matched with the signatures later.
  const signatures = envelope.signatures
    .map((signature, i) => ({ ...signature, ...chains[i]! }))
    .sort((a, b) => compareBytes(a.signature, b.signature));
  const companion = companionOf({
    chain: signatures.flatMap(({ above }) => above.map(({ der }) => der)),
    timestamps: signatures.flatMap(({ timestamps }) => [...timestamps]),
    keyids: signatures.map(({ keyid }) => keyid),
    keyHint: undefined,
  });
  return preparePayload({ ...envelope, signatures }, companion, checks, leafKindOf(members));
}

/** A verifier and the certificates above its own. */
interface Chain {
  verifier: Verifier;
  above: readonly Certificate[];
}

/** Verifiers stated beside the envelope go before the certificates within it. */
function envelopeChains(members: Members, envelope: Envelope): Chain[] {
  const { publicKey, certificate, verifiers } = members;
  const stated = [publicKey, certificate, verifiers].filter((member) => member !== undefined).length;
  if (stated > 1) throw new LogError(CODE, 'send one of publicKey, certificate and verifiers');
  const count = envelope.signatures.length;
  if (stated === 0) return envelope.signatures.map(({ certificates }) => certificateChain(certificates));
  const chains =
    verifiers === undefined
      ? [readChain({ publicKey, certificate })]
      : listOf(verifiers, 'verifiers', CODE).map((item) =>
          readChain(membersOf(item, ['publicKey', 'certificate'], 'verifiers', CODE)),
        );
  if (chains.length < count) {
    throw new LogError('key_missing', 'the envelope has several signatures: send verifiers, one per signature');
  }
  if (chains.length > count) throw new LogError(CODE, 'there are more verifiers than signatures');
  return chains;
}

function certificateChain(certificates: readonly Certificate[]): Chain {
  const [own, ...above] = certificates;
  if (own === undefined) {
    throw new LogError('key_missing', 'a signature has no key: send publicKey, certificate or verifiers');
  }
  return { verifier: certificateVerifier(own), above };
}

/** @throws LogError key_missing where there is neither, malformed_submission where there are both */
function readChain({ publicKey, certificate }: Members): Chain {
  if (publicKey !== undefined && certificate !== undefined) {
    throw new LogError(CODE, 'send either publicKey or certificate');
  }
  if (certificate !== undefined) {
    return certificateChain(parseCertificateChainPem(textOf(certificate, 'certificate', CODE, MAX_PEM_LENGTH)));
  }
  if (publicKey === undefined) throw new LogError('key_missing', 'send publicKey or certificate');
  return { verifier: keyVerifier(parsePublicKeyPem(textOf(publicKey, 'publicKey', CODE, MAX_PEM_LENGTH))), above: [] };
}

function prepareArtifact(members: Members, checks: SignatureChecks): PreparedEntry {
  const digests = membersOf(members.artifact, ['sha256', 'sha384', 'sha512'], 'artifact', CODE);
  const [named, ...more] = Object.entries(digests);
  if (named === undefined || more.length > 0) throw new LogError(CODE, 'artifact must have exactly one digest');
  const [name, value] = named;
  const what = `artifact.${name}`;
  const digest = value instanceof Uint8Array ? new Uint8Array(value) : fromHex(textOf(value, what, CODE, 128), what);
  if (digest.length * 8 !== Number(name.slice('sha'.length))) throw new LogError(CODE, `${what} has a wrong length`);
  const { verifier, above } = readChain(members);
  const companion = companionOf({ chain: above.map(({ der }) => der), timestamps: [], keyids: [], keyHint: undefined });
  return prepareDigest(
    { digest, signature: bytesOf(members.signature, 'signature', CODE), verifier },
    companion,
    checks,
  );
}

function prepareBundle(bundle: BundleContent, members: Members, checks: SignatureChecks): PreparedEntry {
  const { verifier, above } = bundleChain(bundle, members.publicKey);
  const { message } = bundle;
  const chain = above.map(({ der }) => der);
  if (message !== undefined) {
    const companion = companionOf({
      chain,
      timestamps: [...bundle.timestamps],
      promises: promisesOf(bundle, [message]),
      keyids: [],
      keyHint: bundle.keyHint,
    });
    return prepareDigest({ ...message, verifier, legacy: true }, companion, checks);
  }
  const envelope = bundle.envelope!;
  const signatures = envelope.signatures
    .map((signature) => ({ ...signature, verifier }))
    .sort((a, b) => compareBytes(a.signature, b.signature));
  const companion = companionOf({
    chain,
    timestamps: [...bundle.timestamps, ...signatures.flatMap(({ timestamps }) => timestamps)],
    promises: promisesOf(bundle, signatures),
    keyids: signatures.map(({ keyid }) => keyid),
    keyHint: bundle.keyHint,
  });
  return preparePayload({ ...envelope, signatures }, companion, checks, leafKindOf(members));
}

/** Those of the bundle's logs that are about one of its signatures. Who the logs are is for later. */
function promisesOf(
  { logEntries, certificates: [certificate] }: BundleContent,
  signatures: readonly { readonly signature: Uint8Array }[],
): LogPromise[] {
  if (certificate === undefined) return [];
  return logEntries.flatMap((entry) => {
    const promise = promiseOf(entry);
    const isAbout = promise && signatures.some(({ signature }) => isPromiseOf(promise, signature, certificate));
    return isAbout ? [promise] : [];
  });
}

function bundleChain(bundle: BundleContent, publicKey: unknown): Chain {
  if (bundle.certificates.length === 0) {
    if (publicKey !== undefined) return readChain({ publicKey });
    throw new LogError(
      'key_missing',
      'the bundle names its key by a hint only: send {"bundle": …, "publicKey": "<PEM>"}',
    );
  }
  if (publicKey !== undefined)
    throw new LogError(CODE, 'the bundle brings its own certificate: send it without publicKey');
  return certificateChain(bundle.certificates);
}

function leafKindOf({ leaf }: Members): LeafKind {
  if (leaf === undefined || leaf === 'hashedrekord' || leaf === 'dsse') return leaf ?? 'hashedrekord';
  throw new LogError(CODE, 'leaf must be "dsse" or "hashedrekord"');
}
