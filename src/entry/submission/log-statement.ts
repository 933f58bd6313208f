/**
 * The log's own statements: in-toto statements in DSSE envelopes, signed by the statement key and logged as ordinary
 * hashedrekord leaves. There is no second mechanism for what the log itself has to say.
 */
import { decodeUtf8, fromHex, toHex, utf8 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { canonicalJson, type Json } from '../encoding/canonical-json.ts';
import { isObject, type Members } from '../encoding/members.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { pae } from '../leaf/dsse.ts';
import { readStatementText } from '../leaf/statement.ts';
import { keyVerifier } from '../leaf/verifier.ts';
import { portableChecks } from './portable-signatures.ts';
import { preparePayload } from './prepare.ts';
import type { PreparedEntry } from './prepared-entry.ts';

export const STATEMENT_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const GENESIS_PREDICATE = 'urn:countersign:statement:genesis:v1';
export const ATTACHED_PREDICATE = 'urn:countersign:statement:attached:v1';
const FROZEN_PREDICATE = 'urn:countersign:statement:frozen:v1';
const KEY_PREDICATE = 'urn:countersign:statement:key:v1';

/** Keys that a log may have beside its three. Genesis names those that it was made with, later statements the others. */
export interface ServiceKeys {
  /** Certificates of the log's timestamp authority, PEM, leaf first. */
  timestampChain?: string | undefined;
  /** SubjectPublicKeyInfo PEM of the key that signs for clients of Rekor v1. */
  rekorV1Key?: string | undefined;
}

/** Entry 0: names the log, its origin and its keys. */
export interface Genesis extends ServiceKeys {
  origin: string;
  /** 32 bytes. */
  logId: Uint8Array;
  /** C2SP verifier key of the checkpoint key. */
  checkpointKey: string;
  /** C2SP verifier key of the time key. */
  timeKey: string;
  /** SubjectPublicKeyInfo PEM. */
  statementKey: string;
  /** POSIX seconds. */
  time: number;
}

/** Names a key that the log got after its genesis. */
export interface KeyStatement extends ServiceKeys {
  origin: string;
  /** 32 bytes. */
  logId: Uint8Array;
  /** Its own, so that it counts nowhere else. */
  index: number;
  /** POSIX seconds. */
  time: number;
}

/** An entry as statements name it. */
export interface LoggedLeaf {
  index: number;
  /** 32 bytes. */
  leafHash: Uint8Array;
}

/** A payload that arrived after its leaf was logged. */
export interface AttachedPayload extends LoggedLeaf {
  payloadSha256: Uint8Array;
  payloadType: string;
}

/** The last entry of a log: it takes no more. */
export interface Frozen {
  origin: string;
  /** 32 bytes. */
  logId: Uint8Array;
  /** Entries before it, which is its own index. */
  size: number;
  /** Root of the tree of these. */
  rootHash: Uint8Array;
  /** POSIX seconds. */
  time: number;
}

/** Bytes of the genesis statement; its subject is the log id. */
export function genesisStatement({ logId, ...named }: Genesis): Uint8Array {
  const id = toHex(logId);
  return logStatement(GENESIS_PREDICATE, [{ name: named.origin, digest: { sha256: id } }], { ...named, logId: id });
}

/** Bytes of the statement that logs the arrival of payloads; its subjects are the leaves that they belong to. */
export function attachedStatement({ items }: { items: readonly AttachedPayload[] }): Uint8Array {
  const payloads = items.map(({ index, leafHash, payloadSha256, payloadType }) => ({
    index,
    leafHash: toHex(leafHash),
    payloadSha256: toHex(payloadSha256),
    payloadType,
  }));
  return logStatement(ATTACHED_PREDICATE, leafSubjects(items), { payloads });
}

/** Bytes of the statement that ends a log; its subject is the log id. */
export function frozenStatement({ logId, rootHash, ...named }: Frozen): Uint8Array {
  const id = toHex(logId);
  const subjects = [{ name: named.origin, digest: { sha256: id } }];
  return logStatement(FROZEN_PREDICATE, subjects, { ...named, logId: id, rootHash: toHex(rootHash) });
}

/** Bytes of the statement that names a later key; its subject is the log id. */
export function keyStatement({ logId, ...named }: KeyStatement): Uint8Array {
  const id = toHex(logId);
  return logStatement(KEY_PREDICATE, [{ name: named.origin, digest: { sha256: id } }], { ...named, logId: id });
}

/** @throws LogError malformed_statement for any other payload */
export function readGenesisStatement(payload: Uint8Array): Genesis {
  const predicate = readLogPredicate(payload, GENESIS_PREDICATE);
  const { origin, checkpointKey, timeKey, statementKey, time } = predicate;
  if (!isText(origin) || !isText(checkpointKey) || !isText(timeKey) || !isText(statementKey) || !isIndex(time)) {
    throw malformed('a genesis statement lacks a member');
  }
  const keys = { checkpointKey, timeKey, statementKey, ...readServiceKeys(predicate) };
  return { origin, logId: readHash(predicate.logId), ...keys, time };
}

/** @throws LogError malformed_statement for any other payload */
export function readKeyStatement(payload: Uint8Array): KeyStatement {
  const predicate = readLogPredicate(payload, KEY_PREDICATE);
  const { origin, logId, index, time } = predicate;
  if (!isText(origin) || !isIndex(index) || !isIndex(time)) throw malformed('a key statement lacks a member');
  return { origin, logId: readHash(logId), index, ...readServiceKeys(predicate), time };
}

/** @throws LogError malformed_statement for any other payload */
export function readAttachedStatement(payload: Uint8Array): AttachedPayload[] {
  const { payloads } = readLogPredicate(payload, ATTACHED_PREDICATE);
  if (!Array.isArray(payloads)) throw malformed('an attached statement names no payloads');
  return payloads.map((item: unknown) => {
    const { index, leafHash, payloadSha256, payloadType } = membersOfItem(item);
    if (!isIndex(index) || !isText(payloadType)) throw malformed('an item is not readable');
    return { index, leafHash: readHash(leafHash), payloadSha256: readHash(payloadSha256), payloadType };
  });
}

/** @throws LogError malformed_statement for any other payload */
export function readFrozenStatement(payload: Uint8Array): Frozen {
  const { origin, logId, size, rootHash, time } = readLogPredicate(payload, FROZEN_PREDICATE);
  if (!isText(origin) || !isIndex(size) || !isIndex(time)) throw malformed('a frozen statement lacks a member');
  return { origin, logId: readHash(logId), size, rootHash: readHash(rootHash), time };
}

/**
 * Signs a statement and prepares it as an entry with its payload.
 * @param sign makes the signature over the PAE: strict DER for ECDSA
 * @param checks verify what was just signed, so that a broken key store shows before anything is logged
 */
export function signLogStatement(
  statementBytes: Uint8Array,
  sign: (pae: Uint8Array) => Uint8Array,
  publicKey: PublicKey,
  checks: SignatureChecks = portableChecks,
): PreparedEntry {
  const signature = sign(pae(STATEMENT_PAYLOAD_TYPE, statementBytes));
  const signatures = [{ signature, verifier: keyVerifier(publicKey) }];
  const signed = { payload: statementBytes, payloadType: STATEMENT_PAYLOAD_TYPE, signatures };
  return preparePayload(signed, undefined, checks);
}

/** Bytes of a statement of the log's own, canonical JSON. */
export function logStatement(predicateType: string, subject: Json, predicate: Json): Uint8Array {
  return utf8(canonicalJson({ _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate }));
}

/** Entries as the subjects of a statement about them. */
export function leafSubjects(leaves: readonly LoggedLeaf[]): { name: string; digest: { sha256: string } }[] {
  return leaves.map(({ index, leafHash }) => ({ name: `leaf:${index}`, digest: { sha256: toHex(leafHash) } }));
}

/** @throws LogError malformed_statement where the payload is another statement */
export function readLogPredicate(payload: Uint8Array, predicateType: string): Members {
  const read = readStatementText(decodeUtf8(payload) ?? '');
  if (read?.predicateType !== predicateType || !isObject(read.predicate)) {
    throw malformed('the payload is not the log statement that is expected');
  }
  return read.predicate;
}

function readServiceKeys({ timestampChain, rekorV1Key }: Members): ServiceKeys {
  if (timestampChain !== undefined && !isText(timestampChain)) throw malformed('a timestamp chain is no text');
  if (rekorV1Key !== undefined && !isText(rekorV1Key)) throw malformed('a key for clients of Rekor v1 is no text');
  return { timestampChain, rekorV1Key };
}

export function membersOfItem(value: unknown): Members {
  if (!isObject(value)) throw malformed('an item is not readable');
  return value;
}

export function readHash(value: unknown): Uint8Array {
  if (!isText(value) || !/^[0-9a-f]{64}$/.test(value)) throw malformed('a hash is not 64 hexadecimal digits');
  return fromHex(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function malformed(message: string): LogError {
  return new LogError('malformed_statement', message);
}
