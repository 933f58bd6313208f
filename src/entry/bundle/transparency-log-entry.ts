/**
 * Entries of any log as Sigstore bundles carry them (protobuf-specs `sigstore_rekor.proto`, `TransparencyLogEntry`, in
 * protobuf JSON). A bundle is taken with entries that nobody here can judge, as long as they are well-formed; so an
 * entry is read whole only by whoever judges it.
 */
import { parseDecimal } from '../../core/bytes.ts';
import { isLogError, LogError } from '../../core/errors.ts';
import { anyBytesOf, isObject, listOf, type Members, membersOf, textOf } from '../encoding/members.ts';
import type { LogPromise } from '../leaf/log-promise.ts';

const CODE = 'malformed_bundle';
const MAX_ENTRIES = 10;
const MAX_PROOF_HASHES = 64;
const MAX_CHECKPOINT_LENGTH = 1_048_576;
/** An int64; what is judged here stays below 2^53. */
const INT64 = /^(0|[1-9][0-9]{0,18})$/;

/** The members of an entry that is well-formed. */
export type LogEntryMembers = Members & { readonly [wellFormed]: true };
declare const wellFormed: unique symbol;

/** The index is that in the log as a whole: a log of several trees has other indexes within each of them. */
export interface TransparencyLogEntry extends Omit<LogPromise, 'promise'> {
  readonly kind: string;
  readonly version: string;
  /** 0 where the log does not say. Nothing without a promise. */
  readonly integratedTime: number;
  readonly promise: Uint8Array | undefined;
  /** Undefined where there is none, or none with a checkpoint: without one it proves nothing. */
  readonly inclusion: InclusionStatement | undefined;
}

export interface InclusionStatement {
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  /** What is stated beside the checkpoint; undefined where it is not. */
  readonly size: number | undefined;
  readonly root: Uint8Array | undefined;
  /** Signed note. */
  readonly checkpoint: string;
}

/**
 * Checks that log entries are well-formed; what they prove about other logs is not looked at.
 * @throws LogError malformed_bundle, limit_exceeded or malformed_base64
 */
export function checkLogEntries(value: unknown): LogEntryMembers[] {
  const list = listOf(value ?? [], 'tlogEntries', CODE);
  if (list.length > MAX_ENTRIES)
    throw new LogError('limit_exceeded', `a bundle has at most ${MAX_ENTRIES} log entries`);
  return list.map(checkEntry);
}

function checkEntry(value: unknown): LogEntryMembers {
  const known = [
    'logIndex',
    'logId',
    'kindVersion',
    'integratedTime',
    'inclusionPromise',
    'inclusionProof',
    'canonicalizedBody',
  ];
  const entry = membersOf(value, known, 'tlogEntries', CODE);
  checkInt64(entry.logIndex, 'tlogEntries.logIndex');
  checkInt64(entry.integratedTime, 'tlogEntries.integratedTime');
  optionalBytes(entry.logId, 'keyId', 'logId');
  optionalBytes(entry.inclusionPromise, 'signedEntryTimestamp', 'inclusionPromise');
  if (isSet(entry.canonicalizedBody)) anyBytesOf(entry.canonicalizedBody, 'tlogEntries.canonicalizedBody', CODE);
  if (isSet(entry.kindVersion)) {
    const { kind, version } = membersOf(entry.kindVersion, ['kind', 'version'], 'kindVersion', CODE);
    textOf(kind ?? '', 'kindVersion.kind', CODE, 255);
    textOf(version ?? '', 'kindVersion.version', CODE, 255);
  }
  if (isSet(entry.inclusionProof)) checkProof(entry.inclusionProof);
  return entry as LogEntryMembers;
}

function checkProof(value: unknown): void {
  const known = ['logIndex', 'rootHash', 'treeSize', 'hashes', 'checkpoint'];
  const proof = membersOf(value, known, 'inclusionProof', CODE);
  checkInt64(proof.logIndex, 'inclusionProof.logIndex');
  checkInt64(proof.treeSize, 'inclusionProof.treeSize');
  if (isSet(proof.rootHash)) anyBytesOf(proof.rootHash, 'inclusionProof.rootHash', CODE);
  const hashes = listOf(proof.hashes ?? [], 'inclusionProof.hashes', CODE);
  if (hashes.length > MAX_PROOF_HASHES) throw new LogError('limit_exceeded', 'an inclusion proof has too many hashes');
  for (const hash of hashes) anyBytesOf(hash, 'inclusionProof.hashes', CODE);
  if (isSet(proof.checkpoint)) {
    const { envelope } = membersOf(proof.checkpoint, ['envelope'], 'checkpoint', CODE);
    textOf(envelope ?? '', 'checkpoint.envelope', CODE, MAX_CHECKPOINT_LENGTH);
  }
}

/** Protobuf JSON writes int64 as a string and reads numbers too; an index or size is not negative. */
function checkInt64(value: unknown, what: string): void {
  if (!isSet(value)) return;
  const valid = typeof value === 'number' ? Number.isSafeInteger(value) && value >= 0 : INT64.test(String(value));
  if (!valid || (typeof value !== 'number' && typeof value !== 'string')) {
    throw new LogError(CODE, `${what} must be a decimal of 0 or more`, { at: what });
  }
}

function optionalBytes(value: unknown, member: string, what: string): void {
  if (!isSet(value)) return;
  if (!isObject(value)) throw new LogError(CODE, `${what} must be an object`, { at: what });
  const bytes = membersOf(value, [member], what, CODE)[member];
  if (isSet(bytes)) anyBytesOf(bytes, `${what}.${member}`, CODE);
}

/** Protobuf JSON: null means that the field is not set. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** What the log is named by; empty where the entry does not say. */
export function logIdOf({ logId }: LogEntryMembers): Uint8Array {
  const keyId = isObject(logId) ? logId.keyId : undefined;
  return isSet(keyId) ? anyBytesOf(keyId, 'logId.keyId', CODE) : new Uint8Array(0);
}

/** The signed note that an entry is proved under; undefined where it carries none. */
export function checkpointOf({ inclusionProof: proof }: LogEntryMembers): string | undefined {
  const envelope = isObject(proof) && isObject(proof.checkpoint) ? proof.checkpoint.envelope : undefined;
  return typeof envelope === 'string' && envelope !== '' ? envelope : undefined;
}

/**
 * Reads an entry whole, to judge it.
 * @throws LogError malformed_bundle where it has no body, or a number beyond 2^53-1
 */
export function readLogEntry(entry: LogEntryMembers): TransparencyLogEntry {
  const { kind, version } = (entry.kindVersion ?? {}) as Members;
  const { signedEntryTimestamp } = (entry.inclusionPromise ?? {}) as Members;
  if (!isSet(entry.canonicalizedBody)) throw new LogError(CODE, 'a log entry of the bundle has no body');
  return {
    logIndex: numberOf(entry.logIndex),
    logId: logIdOf(entry),
    kind: isSet(kind) ? String(kind) : '',
    version: isSet(version) ? String(version) : '',
    body: anyBytesOf(entry.canonicalizedBody, 'tlogEntries.canonicalizedBody', CODE),
    integratedTime: numberOf(entry.integratedTime),
    promise: isSet(signedEntryTimestamp) ? anyBytesOf(signedEntryTimestamp, 'signedEntryTimestamp', CODE) : undefined,
    inclusion: readInclusion(entry),
  };
}

/** The log's promise, where the entry has one and can be read whole. */
export function promiseOf(entry: LogEntryMembers): LogPromise | undefined {
  try {
    const { logId, logIndex, integratedTime, body, promise } = readLogEntry(entry);
    return promise && { logId, logIndex, integratedTime, body, promise };
  } catch (error) {
    if (isLogError(error, CODE)) return undefined;
    throw error;
  }
}

function readInclusion(entry: LogEntryMembers): InclusionStatement | undefined {
  const checkpoint = checkpointOf(entry);
  if (checkpoint === undefined) return undefined;
  const proof = entry.inclusionProof as Members;
  return {
    index: numberOf(proof.logIndex),
    hashes: listOf(proof.hashes ?? [], 'inclusionProof.hashes', CODE).map((hash) => anyBytesOf(hash, 'hashes', CODE)),
    size: isSet(proof.treeSize) ? numberOf(proof.treeSize) : undefined,
    root: isSet(proof.rootHash) ? anyBytesOf(proof.rootHash, 'inclusionProof.rootHash', CODE) : undefined,
    checkpoint,
  };
}

/** Absent means 0, as protobuf JSON leaves zeros out. */
function numberOf(value: unknown): number {
  if (!isSet(value)) return 0;
  const number = typeof value === 'number' ? value : parseDecimal(String(value));
  if (number === undefined) throw new LogError(CODE, 'an index, a size or a time of a log entry is beyond 2^53-1');
  return number;
}
