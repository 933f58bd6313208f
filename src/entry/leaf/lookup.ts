/** What an entry can be found by. Derived from stored bytes alone, so that an index can be rebuilt at any time. */
import { toHex } from '../../core/bytes.ts';
import { leafHash, sha256 } from '../../core/hash.ts';
import { DIGEST_NAME } from '../keys/signature-scheme.ts';
import { type ClaimTermKind, claimTerms } from '../predicate/claim-terms.ts';
import { readClaim } from '../predicate/read-claim.ts';
import { identityOf } from '../x509/certificate.ts';
import { type LeafContent, parseLeaf } from './leaf.ts';
import { readStatement, type Statement } from './statement.ts';

/**
 * - `leaf`: leaf hash, hex
 * - `payload`: SHA-256 of the payload, hex
 * - `subject`: `<algorithm>:<digest>`, the algorithm as stated (`sha256`, `gitCommit`), hexadecimal digests in lower
 *   case; the signed digest of a hashedrekord leaf too (an artifact's, or that of an envelope's PAE), and the hash of
 *   the envelope's text in a dsse leaf of Rekor v1
 * - `signer`: SHA-256 of the signer's SPKI DER, hex
 * - `identity`: subject alternative name as in the certificate, whose chain nobody has verified
 * - `issuer`: OIDC issuer as in the certificate, likewise
 * - `fact`: `<name>=<value>`, what Fulcio says in the certificate (`fulcio-facts.ts`), likewise
 * - `predicateType`: URI
 * - `invocation`, `repository`, `builder`, `dependency`, `package`: what the statement claims (`claim-terms.ts`)
 */
export type LookupKind =
  | 'leaf'
  | 'payload'
  | 'subject'
  | 'signer'
  | 'identity'
  | 'issuer'
  | 'fact'
  | 'predicateType'
  | ClaimTermKind;

export interface LookupTerm {
  kind: LookupKind;
  value: string;
}

/** Most terms of one entry: what lies beyond them in a statement with more subjects cannot be found by them. */
export const MAX_TERMS = 4096;
/** Longest value, in UTF-16 units; longer ones make no term. */
const MAX_TERM_LENGTH = 4096;

/**
 * Terms of an entry without duplicates, the leaf's before the payload's, at most `MAX_TERMS`.
 * @throws LogError malformed_leaf
 */
export function lookupTerms(leaf: Uint8Array, payload: { bytes: Uint8Array; type: string } | undefined): LookupTerm[] {
  const content = parseLeaf(leaf);
  return termsOf(content, leafHash(leaf), payload && { statement: readLoosely(payload), hash: sha256(payload.bytes) });
}

/** Terms that the leaf alone gives: leaf, subject (signed digest), signer, identity, issuer, fact. */
export function leafTerms(leaf: Uint8Array): LookupTerm[] {
  return termsOf(parseLeaf(leaf), leafHash(leaf), undefined);
}

/** Terms that the payload gives: payload, predicateType, subject, and those of its claim. An unreadable statement gives its hash only. */
export function payloadTerms(payload: { bytes: Uint8Array; type: string }): LookupTerm[] {
  return distinctTerms(statementTerms({ statement: readLoosely(payload), hash: sha256(payload.bytes) }));
}

/** A payload that is read already. */
export interface ReadPayload {
  statement: Statement | undefined;
  /** SHA-256 of its bytes. */
  hash: Uint8Array;
}

/** `lookupTerms` of what is read already; `hash` is the leaf's. */
export function termsOf(leaf: LeafContent, hash: Uint8Array, payload: ReadPayload | undefined): LookupTerm[] {
  const terms = leafContentTerms(leaf, hash);
  if (payload !== undefined) terms.push(...statementTerms(payload));
  return distinctTerms(terms);
}

function readLoosely(payload: { bytes: Uint8Array; type: string }): Statement | undefined {
  try {
    return readStatement(payload.bytes, payload.type);
  } catch {
    // Refused when it is submitted; whoever rebuilds an index from stored bytes must get through all the same.
    return undefined;
  }
}

function leafContentTerms(leaf: LeafContent, hash: Uint8Array): LookupTerm[] {
  const terms: LookupTerm[] = [{ kind: 'leaf', value: toHex(hash) }];
  if (leaf.kind === 'hashedrekord') {
    terms.push({ kind: 'subject', value: `${DIGEST_NAME[leaf.algorithm]}:${toHex(leaf.digest)}` });
  } else if (leaf.kind === 'dsse' && leaf.version === '0.0.1') {
    terms.push({ kind: 'subject', value: `sha256:${toHex(leaf.envelopeHash)}` });
  }
  for (const { verifier } of leaf.signatures) {
    terms.push({ kind: 'signer', value: toHex(verifier.key.spkiHash) });
    if (verifier.certificate === undefined) continue;
    const { names, issuer, facts } = identityOf(verifier.certificate);
    for (const name of names) terms.push({ kind: 'identity', value: name });
    if (issuer !== undefined) terms.push({ kind: 'issuer', value: issuer });
    for (const [name, value] of Object.entries(facts)) terms.push({ kind: 'fact', value: `${name}=${value}` });
  }
  return terms;
}

function statementTerms({ statement, hash }: ReadPayload): LookupTerm[] {
  const terms: LookupTerm[] = [{ kind: 'payload', value: toHex(hash) }];
  if (statement === undefined) return terms;
  terms.push({ kind: 'predicateType', value: statement.predicateType });
  for (const subject of statement.subjects) {
    for (const [algorithm, digest] of subject.digests) terms.push({ kind: 'subject', value: `${algorithm}:${digest}` });
  }
  for (const term of claimTerms(readClaim(statement), statement)) terms.push(term);
  return terms;
}

/** Without duplicates and without what is too long, at most `MAX_TERMS`, the order kept. */
function distinctTerms(terms: readonly LookupTerm[]): LookupTerm[] {
  /** By value: joining kind and value into one key costs more than all the rest, and few values are of two kinds. */
  const seen = new Map<string, LookupKind[]>();
  const distinct: LookupTerm[] = [];
  for (const term of terms) {
    const { kind, value } = term;
    if (distinct.length === MAX_TERMS) break;
    if (value.length === 0 || value.length > MAX_TERM_LENGTH) continue;
    const kinds = seen.get(value);
    if (kinds === undefined) seen.set(value, [kind]);
    else if (kinds.includes(kind)) continue;
    else kinds.push(kind);
    distinct.push(term);
  }
  return distinct;
}
