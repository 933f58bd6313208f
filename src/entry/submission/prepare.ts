/** Turns checked parts into an entry that is ready to be logged: which leaf, which identities, which look-up terms. */
import { decodeUtf8, equalBytes, toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { leafHash as treeLeafHash } from '../../core/hash.ts';
import { readControlStatement } from '../control/control-statement.ts';
import { isControlType } from '../control/control-type.ts';
import { refusePrivateKey, refusePrivateKeyText, refusePrivateKeyWithin } from '../keys/private-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { digestOf, type HashAlgorithm, schemeNamed } from '../keys/signature-scheme.ts';
import type { Companion } from '../leaf/companion.ts';
import { pae } from '../leaf/dsse.ts';
import { eventId } from '../leaf/event-id.ts';
import { encodeLeaf, type LeafContent } from '../leaf/leaf.ts';
import { type ReadPayload, termsOf } from '../leaf/lookup.ts';
import { isStatementType, readStatement, readStatementText, type Statement } from '../leaf/statement.ts';
import { type VerifiedSignature, type Verifier, verifySignedDigest, verifySignedMessage } from '../leaf/verifier.ts';
import type { PreparedEntry } from './prepared-entry.ts';

export type LeafKind = 'hashedrekord' | 'dsse';

/** A signed envelope, its verifiers already found: one per signature, in the same order. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly payloadType: string;
  readonly signatures: readonly { readonly signature: Uint8Array; readonly verifier: Verifier }[];
}

/** A signature over an artifact, known by its digest. */
export interface SignedDigest {
  /** Digest of the key's own hash. */
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly verifier: Verifier;
  /** What the submitter says the key and hash are; must be so. */
  readonly keyDetails?: string;
  /** Accept the hash of a legacy scheme too: for bundles, which were signed long ago. */
  readonly legacy?: boolean;
}

/** An envelope whose signatures have been checked. */
export interface VerifiedPayload {
  readonly payload: Uint8Array;
  readonly payloadType: string;
  /** Its PAE. */
  readonly message: Uint8Array;
  readonly signatures: readonly VerifiedSignature[];
}

/**
 * Checks every signature of an envelope and prepares its entry. One signature over a digest becomes a hashedrekord
 * leaf unless a dsse leaf is asked for; several signatures, and pure Ed25519, need a dsse leaf.
 * @throws LogError signature_invalid, malformed_statement, malformed_control, malformed_envelope, limit_exceeded,
 *   private_key_submitted
 */
export function preparePayload(
  signed: SignedPayload,
  companion: Companion | undefined,
  checks: SignatureChecks,
  leafKind: LeafKind = 'hashedrekord',
): PreparedEntry {
  const { payload, payloadType } = signed;
  const message = pae(payloadType, payload);
  const signatures = signed.signatures.map(({ signature, verifier }) =>
    verifySignedMessage(verifier, message, signature, checks),
  );
  return prepareVerifiedPayload({ payload, payloadType, message, signatures }, companion, leafKind);
}

/** Prepares the entry of an envelope whose signatures have been checked. Errors as `preparePayload`, those apart. */
export function prepareVerifiedPayload(
  verified: VerifiedPayload,
  companion: Companion | undefined,
  leafKind: LeafKind,
): PreparedEntry {
  const content = inspectEnvelope(verified);
  const signatures = verified.signatures as readonly [VerifiedSignature];
  const [first] = signatures;
  const asDigest = leafKind === 'hashedrekord' && signatures.length === 1 && first.scheme.algorithm !== 'ed25519';
  const leaf: LeafContent = asDigest
    ? {
        kind: 'hashedrekord',
        version: '0.0.2',
        algorithm: first.scheme.hash,
        digest: content.digests.get(first.scheme.hash)!,
        signatures: [first],
      }
    : { kind: 'dsse', version: '0.0.2', payloadHash: content.payload.hash, signatures };
  return assemble(leaf, content, companion);
}

/**
 * Reads what the payload of an envelope states, having looked for what must not be logged.
 * @throws LogError malformed_statement, malformed_control, malformed_envelope, private_key_submitted
 */
export function inspectEnvelope(verified: VerifiedPayload): CheckedContent & { payload: StatedPayload } {
  const { payload, payloadType, message, signatures } = verified;
  refuseRepetition(signatures);
  const statement = inspectPayload(payload, payloadType);
  const hash = digestOf('SHA2_256', payload);
  const digests = new Map<HashAlgorithm, Uint8Array>();
  for (const { scheme } of signatures) {
    if (!digests.has(scheme.hash)) digests.set(scheme.hash, digestOf(scheme.hash, message));
  }
  return { signatures, digests, payload: { bytes: payload, type: payloadType, hash, statement } };
}

/**
 * Checks a signature over a digest and prepares its entry, a hashedrekord leaf.
 * @throws LogError signature_invalid, unsupported_key, limit_exceeded, private_key_submitted
 */
export function prepareDigest(
  signed: SignedDigest,
  companion: Companion | undefined,
  checks: SignatureChecks,
): PreparedEntry {
  const { digest, signature, verifier, keyDetails, legacy = false } = signed;
  if (keyDetails !== undefined && schemeNamed(verifier.key, keyDetails) === undefined) {
    throw new LogError('unsupported_key', 'keyDetails does not name a scheme of the key that was sent');
  }
  const verified = verifySignedDigest(verifier, digest, signature, checks, { legacy });
  if (keyDetails !== undefined && verified.scheme.keyDetails !== keyDetails) {
    throw new LogError('signature_invalid', 'the signature is of another scheme than keyDetails says');
  }
  const algorithm = verified.scheme.hash;
  const leaf: LeafContent = { kind: 'hashedrekord', version: '0.0.2', algorithm, digest, signatures: [verified] };
  const signatures = [verified];
  return assemble(leaf, { signatures, digests: new Map([[algorithm, digest]]), payload: undefined }, companion);
}

interface StatedPayload extends ReadPayload {
  bytes: Uint8Array;
  type: string;
}

/** What is signed, and the signatures over it, checked. */
export interface CheckedContent {
  readonly signatures: readonly VerifiedSignature[];
  /** Of what was signed, by each hash that one of the signatures is over. */
  readonly digests: ReadonlyMap<HashAlgorithm, Uint8Array>;
  readonly payload: StatedPayload | undefined;
}

/**
 * An entry from its leaf and the checked content that the leaf was made of.
 * @throws LogError limit_exceeded, private_key_submitted
 */
export function assemble(
  content: LeafContent,
  { signatures, digests, payload }: CheckedContent,
  companion: Companion | undefined,
): PreparedEntry {
  refusePrivateKeysIn(content, companion);
  const leaf = encodeLeaf(content);
  const leafHash = treeLeafHash(leaf);
  return {
    leaf,
    leafHash,
    payload: payload && { bytes: payload.bytes, type: payload.type, sha256: payload.hash },
    control: payload?.statement !== undefined && isControlType(payload.statement.predicateType),
    companion,
    signers: distinct(content.signatures.map(({ verifier }) => verifier.key.spkiHash)),
    get eventIds() {
      return distinct(signatures.map(({ scheme, verifier }) => eventId(digests.get(scheme.hash)!, verifier.key.spki)));
    },
    certified: content.signatures.flatMap(({ signature, verifier: { certificate } }) =>
      certificate === undefined ? [] : [{ signature, certificate }],
    ),
    terms: termsOf(content, leafHash, payload),
  };
}

/** Reads what the payload states, having looked for private keys in it. */
function inspectPayload(payload: Uint8Array, payloadType: string): Statement | undefined {
  refusePrivateKeyText(payloadType);
  const text = decodeUtf8(payload);
  refusePrivateKey(payload, 'payload', text);
  if (text?.includes('"kty"')) refusePrivateKeyWithin(looselyParsed(text));
  if (!isStatementType(payloadType)) return undefined;
  const statement = text === undefined ? readStatement(payload, payloadType) : readStatementText(text);
  // One that is not well formed would be logged and never take effect, and its signer would believe that it did.
  if (statement !== undefined && isControlType(statement.predicateType)) readControlStatement(payload);
  return statement;
}

function looselyParsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Certificates and what came along are stored as they are, so a key hidden in one would be published. */
function refusePrivateKeysIn(content: LeafContent, companion: Companion | undefined): void {
  for (const { verifier } of content.signatures) {
    if (verifier.certificate) refusePrivateKey(verifier.certificate.der, 'certificate');
  }
  if (companion === undefined) return;
  for (const bytes of companion.chain) refusePrivateKey(bytes, 'certificate');
  for (const bytes of companion.timestamps) refusePrivateKey(bytes, 'timestamp');
  for (const { body } of companion.promises ?? []) refusePrivateKey(body, 'canonicalizedBody');
  for (const text of [...companion.keyids, companion.keyHint ?? '']) refusePrivateKeyWithin(text);
}

/** The same signature twice says nothing more, and would make two leaves of one event. */
function refuseRepetition(signatures: readonly VerifiedSignature[]): void {
  if (signatures.length === 1) return;
  const seen = new Set(signatures.map(({ signature }) => toHex(signature)));
  if (seen.size !== signatures.length) {
    throw new LogError('malformed_envelope', 'the envelope brings the same signature twice');
  }
}

function distinct(values: Uint8Array[]): Uint8Array[] {
  return values.filter((value, i) => values.findIndex((other) => equalBytes(other, value)) === i);
}
