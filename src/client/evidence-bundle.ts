/**
 * Evidence bundles: all that a gate needs to decide on an artifact without a network, in one file. This is the form;
 * `verify-evidence-bundle.ts` says what of it holds.
 *
 * The file is the canonical JSON (RFC 8785) of one object, and a line feed. Its `sha256` is over the canonical JSON of
 * the object without `sha256` and `signature`, so that no byte can change unnoticed; who changes the digest too can
 * change only what is no more than the exporter's word, and not even that where `signature` is asked for.
 */
import { decodeUtf8, toHex, utf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { canonicalJson, type Json } from '../entry/encoding/canonical-json.ts';
import { type JsonLimits, parseStrictJsonText } from '../entry/encoding/strict-json.ts';
import { pae } from '../entry/leaf/dsse.ts';
import type { LookupKind } from '../entry/leaf/lookup.ts';
import { type JsonObject, readList, readNumber, readObject, readString } from './answer.ts';

const EVIDENCE_BUNDLE_SCHEMA = 'countersign/evidence-bundle/v1';

/** A look-up that a gate made, and what it found as of the tree size. */
export interface BundledLookup {
  kind: LookupKind;
  value: string;
  /** Most entries that were wanted. */
  limit: number;
  /** Whether more than `limit` would have been no answer. */
  all: boolean;
  /** Only entries below this index, and only of this type, where they are given. */
  before?: number;
  predicateType?: string;
  /** Indexes, in the order of the answer; null where there were more than `limit`. */
  found: number[] | null;
}

export interface BundledEntry {
  /** The log's own answer about the entry: leaf, signers with the marks of their chains, state of the payload. */
  stated: JsonObject;
  /** Inclusion proof in the tree of the checkpoint, base64. */
  proof: string[];
  /** Base64. */
  payload?: string;
  /** The first checkpoint that covers what the entry counts from, and the proof that the tree extends it, base64. */
  covered: { checkpoint: string; proof: string[] };
  /** The log's Sigstore bundle of it: chain and timestamps that came along. */
  bundle?: JsonObject;
}

export interface EvidenceBundle {
  /** POSIX seconds by the exporter's clock. */
  created: number;
  /** POSIX seconds from which it is no evidence any more. */
  expires: number;
  artifact: { name?: string; digests: Record<string, string> };
  /** The policy that it was made for, as text. */
  policy?: string;
  /** Signed note, whatever signatures it carries. Everything here is as of its size. */
  checkpoint: string;
  lookups: BundledLookup[];
  /** The genesis statement among them. */
  entries: BundledEntry[];
  revocations: {
    /** Of the feed, from its beginning. */
    pages: unknown[];
    /** Inclusion proof of the log's statement that names the last event, base64; none for the empty feed. */
    proof: string[];
  };
}

/** Of whoever exported it, over the PAE of the content. */
export interface EvidenceSignature {
  /** PEM. */
  publicKey: string;
  /** Base64. */
  signature: string;
}

const PAYLOAD_TYPE = 'application/vnd.countersign.evidence-bundle+json';

/** What an exporter signs. */
export function evidenceMessage(bundle: EvidenceBundle): Uint8Array {
  return pae(PAYLOAD_TYPE, utf8(contentText(bundle)));
}

/** @throws TypeError where it holds text that is no Unicode */
export function writeEvidenceBundle(bundle: EvidenceBundle, signature?: EvidenceSignature): string {
  const digest = toHex(sha256(utf8(contentText(bundle))));
  const whole = { ...contentOf(bundle), sha256: digest, ...(signature && { signature }) };
  return `${canonicalJson(whole as unknown as Json)}\n`;
}

/** Largest file, bytes. */
export const EVIDENCE_BUNDLE_LIMIT = 256 * 1024 * 1024;

const LIMITS: JsonLimits = { depth: 64, members: 5_000_000, safeIntegers: false };

/**
 * Reads the form. Nothing of the content is verified but the digest.
 * @throws LogError malformed_evidence, also where a byte of it was changed
 */
export function readEvidenceBundle(bytes: Uint8Array): {
  bundle: EvidenceBundle;
  signature: EvidenceSignature | undefined;
} {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw malformed('it is not text');
  let value: unknown;
  try {
    value = parseStrictJsonText(text, LIMITS);
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
  try {
    const whole = readObject(value, 'the file');
    if (whole.schema !== EVIDENCE_BUNDLE_SCHEMA) throw malformed(`its schema is not ${EVIDENCE_BUNDLE_SCHEMA}`);
    const { sha256: digest, signature, schema: _, ...content } = whole;
    const bundle = content as unknown as EvidenceBundle;
    const isUntouched =
      `${canonicalJson(whole as Json)}\n` === text && digest === toHex(sha256(utf8(contentText(bundle))));
    if (!isUntouched) throw malformed('it was changed after it was written');
    checkForm(content);
    return { bundle, signature: signature === undefined ? undefined : signatureOf(signature) };
  } catch (error) {
    if (error instanceof LogError && error.code === 'answer_unexpected') throw malformed(error.message, error);
    throw error;
  }
}

export function malformed(why: string, cause?: unknown): LogError {
  return new LogError('malformed_evidence', `the evidence bundle cannot be used: ${why}`, { cause });
}

function contentOf(bundle: EvidenceBundle): object {
  return { ...bundle, schema: EVIDENCE_BUNDLE_SCHEMA };
}

function contentText(bundle: EvidenceBundle): string {
  return canonicalJson(contentOf(bundle) as Json);
}

/** Members that are read without being checked elsewhere. */
function checkForm(content: JsonObject): void {
  readNumber(content, 'created');
  readNumber(content, 'expires');
  readString(content, 'checkpoint');
  if (content.policy !== undefined) readString(content, 'policy');
  const { digests, name } = readObject(content.artifact, 'artifact');
  for (const digest of Object.values(readObject(digests, 'digests'))) textOf(digest);
  if (name !== undefined) textOf(name);
  for (const one of readList(content, 'lookups')) {
    const lookup = readObject(one, 'a look-up');
    readString(lookup, 'kind');
    readString(lookup, 'value');
    readNumber(lookup, 'limit');
    if (typeof lookup.all !== 'boolean') throw malformed('a look-up is not readable');
    if (lookup.before !== undefined) readNumber(lookup, 'before');
    if (lookup.predicateType !== undefined) readString(lookup, 'predicateType');
    if (lookup.found !== null) for (const index of readList(lookup, 'found')) readNumber({ index }, 'index');
  }
  for (const one of readList(content, 'entries')) {
    const entry = readObject(one, 'an entry');
    readObject(entry.stated, 'an entry');
    if (entry.payload !== undefined) textOf(entry.payload);
    if (entry.bundle !== undefined) readObject(entry.bundle, 'a bundle');
    const covered = readObject(entry.covered, 'covered');
    readString(covered, 'checkpoint');
    for (const text of [...readList(entry, 'proof'), ...readList(covered, 'proof')]) textOf(text);
  }
  const revocations = readObject(content.revocations, 'revocations');
  readList(revocations, 'pages');
  for (const text of readList(revocations, 'proof')) textOf(text);
}

function signatureOf(value: unknown): EvidenceSignature {
  const stated = readObject(value, 'signature');
  return { publicKey: readString(stated, 'publicKey'), signature: readString(stated, 'signature') };
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw malformed('what should be text is not');
  return value;
}
