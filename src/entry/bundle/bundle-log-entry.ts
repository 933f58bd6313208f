/** Transparency log entries within a Sigstore bundle (protobuf-specs `sigstore_rekor.proto`, in protobuf JSON). */
import { parseDecimal } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { anyBytesOf, isObject, listOf, type Members, membersOf, textOf } from '../encoding/members.ts';

const CODE = 'malformed_bundle';
const MAX_ENTRIES = 10;
const MAX_PROOF_HASHES = 64;
const MAX_CHECKPOINT_LENGTH = 1_048_576;
/** An int64 in a foreign log; ours stay below 2^53. */
const INT64 = /^(0|[1-9][0-9]{0,18})$/;

/**
 * Checks that log entries are well-formed; what they prove about other logs is not looked at.
 * @throws LogError malformed_bundle, limit_exceeded or malformed_base64
 */
export function checkLogEntries(value: unknown): Members[] {
  const list = listOf(value ?? [], 'tlogEntries', CODE);
  if (list.length > MAX_ENTRIES)
    throw new LogError('limit_exceeded', `a bundle has at most ${MAX_ENTRIES} log entries`);
  return list.map(checkEntry);
}

function checkEntry(value: unknown): Members {
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
  return entry;
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

/** An index or size of this project's logs: below 2^53; absent means 0, as protobuf JSON leaves zeros out. */
export function readIndex(value: unknown): number | undefined {
  if (!isSet(value)) return 0;
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  return typeof value === 'string' ? parseDecimal(value) : undefined;
}

function optionalBytes(value: unknown, member: string, what: string): void {
  if (!isSet(value)) return;
  if (!isObject(value)) throw new LogError(CODE, `${what} must be an object`, { at: what });
  const bytes = membersOf(value, [member], what, CODE)[member];
  if (isSet(bytes)) anyBytesOf(bytes, `${what}.${member}`, CODE);
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** An entry with an inclusion proof as this project's logs write it. */
export interface BundleLogEntry {
  readonly index: number;
  readonly kind: string;
  readonly version: string;
  /** Leaf bytes. */
  readonly body: Uint8Array;
  readonly hashes: readonly Uint8Array[];
  readonly statedSize: number;
  readonly statedRoot: Uint8Array;
  /** Signed note. */
  readonly checkpoint: string;
}

/** The checkpoint that an entry is proved under; undefined where it carries none. */
export function checkpointOf({ inclusionProof: proof }: Members): string | undefined {
  const envelope = isObject(proof) && isObject(proof.checkpoint) ? proof.checkpoint.envelope : undefined;
  return typeof envelope === 'string' ? envelope : undefined;
}

/**
 * Reads an entry that `checkLogEntries` has checked and that has a checkpoint.
 * @throws LogError proof_invalid where it is not of the form that this project's logs write: two indexes that differ,
 *   an index beyond 2^53-1, a promise or an integrated time, no root
 */
export function readLogEntry(entry: Members): BundleLogEntry {
  const proof = entry.inclusionProof as Members;
  const kindVersion = (entry.kindVersion ?? {}) as Members;
  const index = readIndex(proof.logIndex);
  const statedSize = readIndex(proof.treeSize);
  if (index === undefined || statedSize === undefined || readIndex(entry.logIndex) !== index) {
    throw invalid('the indexes of the log entry are not readable, or differ');
  }
  if (readIndex(entry.integratedTime) !== 0 || isSet(entry.inclusionPromise)) {
    throw invalid('the log entry states an integrated time or a promise, which this log does not make');
  }
  if (!isSet(proof.rootHash) || !isSet(entry.canonicalizedBody)) throw invalid('the log entry has no root or no body');
  return {
    index,
    statedSize,
    kind: String(kindVersion.kind),
    version: String(kindVersion.version),
    body: anyBytesOf(entry.canonicalizedBody, 'tlogEntries.canonicalizedBody', CODE),
    hashes: listOf(proof.hashes ?? [], 'inclusionProof.hashes', CODE).map((hash) => anyBytesOf(hash, 'hashes', CODE)),
    statedRoot: anyBytesOf(proof.rootHash, 'inclusionProof.rootHash', CODE),
    checkpoint: checkpointOf(entry) ?? '',
  };
}

function invalid(message: string): LogError {
  return new LogError('proof_invalid', message);
}
