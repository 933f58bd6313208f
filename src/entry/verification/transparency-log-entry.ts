/** Entries of any log as Sigstore bundles carry them (protobuf-specs `TransparencyLogEntry`), once they are well-formed. */
import { LogError } from '../../core/errors.ts';
import { checkpointOf, isSet, readIndex } from '../bundle/bundle-log-entry.ts';
import { anyBytesOf, isObject, listOf, type Members } from '../encoding/members.ts';

export interface TransparencyLogEntry {
  /** In the log as a whole. A log of several trees has other indexes within each of them. */
  readonly logIndex: number;
  readonly logId: Uint8Array;
  readonly kind: string;
  readonly version: string;
  /** Leaf bytes. */
  readonly body: Uint8Array;
  /** When the log says that it took the entry, seconds since 1970; 0 where it does not say. Nothing without a promise. */
  readonly integratedTime: number;
  /** Signed entry timestamp. */
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

const CODE = 'malformed_bundle';

/** Reads an entry that `checkLogEntries` has checked. @throws LogError malformed_bundle */
export function readTransparencyLogEntry(entry: Members): TransparencyLogEntry {
  const { kind, version } = (entry.kindVersion ?? {}) as Members;
  const { signedEntryTimestamp } = (entry.inclusionPromise ?? {}) as Members;
  if (!isSet(entry.canonicalizedBody)) throw new LogError(CODE, 'a log entry of the bundle has no body');
  return {
    logIndex: indexOf(entry.logIndex),
    logId: logIdOf(entry),
    kind: String(kind),
    version: String(version),
    body: anyBytesOf(entry.canonicalizedBody, 'tlogEntries.canonicalizedBody', CODE),
    integratedTime: indexOf(entry.integratedTime),
    promise: isSet(signedEntryTimestamp) ? anyBytesOf(signedEntryTimestamp, 'signedEntryTimestamp', CODE) : undefined,
    inclusion: readInclusion(entry),
  };
}

/** What the log is named by; empty where the entry does not say. @throws LogError malformed_base64 */
export function logIdOf({ logId }: Members): Uint8Array {
  const keyId = isObject(logId) ? logId.keyId : undefined;
  return isSet(keyId) ? anyBytesOf(keyId, 'logId.keyId', CODE) : new Uint8Array(0);
}

function readInclusion(entry: Members): InclusionStatement | undefined {
  const checkpoint = checkpointOf(entry);
  if (checkpoint === undefined || checkpoint === '') return undefined;
  const proof = entry.inclusionProof as Members;
  return {
    index: indexOf(proof.logIndex),
    hashes: listOf(proof.hashes ?? [], 'inclusionProof.hashes', CODE).map((hash) => anyBytesOf(hash, 'hashes', CODE)),
    size: isSet(proof.treeSize) ? indexOf(proof.treeSize) : undefined,
    root: isSet(proof.rootHash) ? anyBytesOf(proof.rootHash, 'inclusionProof.rootHash', CODE) : undefined,
    checkpoint,
  };
}

function indexOf(value: unknown): number {
  const index = readIndex(value);
  if (index === undefined) throw new LogError(CODE, 'an index, a size or a time of a log entry is beyond 2^53-1');
  return index;
}
