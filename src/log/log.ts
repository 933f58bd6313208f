/**
 * The log as those above it see it: HTTP, the command line and tests call this interface and nothing below it.
 * `threads/` implements it with a writer thread and verification workers.
 */
import type { ErrorCode } from '../core/errors.ts';
import type { Hash } from '../core/hash.ts';
import type { ChainMark } from '../entry/x509/certificate.ts';
import type { LogIdentity } from './identity.ts';
import type { NamedKeys } from './named-keys.ts';
import type { RekorV1Signer } from './rekor-v1-signer.ts';
import type { TimestampAuthority } from './timestamp/timestamp-authority.ts';

/** A root and the note that signs it. What is published is durable. */
export interface PublishedHead {
  size: number;
  root: Hash;
  /** The newest signed note for this size: log signature and cosignature/v1. A re-stamp replaces it. */
  note: string;
  /** POSIX seconds of the note's cosignature. Never decreases. */
  time: number;
}

/** A checkpoint as it was first signed for its size; kept for ever. */
export interface StoredCheckpoint {
  size: number;
  root: Hash;
  note: string;
  time: number;
}

/** RFC 9162 §2.1.3; hashes from the leaf's sibling to the root's child, 32 bytes each. */
export interface InclusionProof {
  index: number;
  treeSize: number;
  rootHash: Hash;
  hashes: Hash[];
}

export interface ConsistencyProof {
  first: number;
  second: number;
  hashes: Hash[];
}

/** stored: came with the submission · attached: came later, by a logged statement · absent · erased. */
export type PayloadStatus = 'stored' | 'attached' | 'absent' | 'erased';

/** What a submitter keeps: the acknowledgement is the proof. */
export interface Receipt {
  index: number;
  leafHash: Hash;
  /** True where the leaf was in the log already; the proof is then under the first checkpoint that covered it. */
  duplicate: boolean;
  inclusionProof: InclusionProof;
  checkpoint: string;
  /** POSIX seconds of that checkpoint. */
  time: number;
  payload: PayloadStatus;
  /** The leaf's bytes as stored, where the request's format asks for them. */
  leaf?: Uint8Array;
  /** Where `payload` is `attached`: the statement that logged its arrival. */
  attachedAt?: { index: number; inclusionProof: InclusionProof; checkpoint: string };
}

/** A `LogError` as it travels between threads and into an item of a batch answer. */
export interface ItemError {
  code: ErrorCode;
  message: string;
  at?: string;
  retryAfter?: number;
}

export type ItemOutcome = { receipt: Receipt; error?: never } | { receipt?: never; error: ItemError };

export interface SubmissionRequest {
  /**
   * json: one submission · ndjson: one a line · msgpack: an array of maps · rekor-v1, rekor-v2: one request as clients
   * of these logs make it, whose receipt brings the leaf.
   */
  format: 'json' | 'ndjson' | 'msgpack' | 'rekor-v1' | 'rekor-v2';
  /** The bytes as received. The caller gives the buffer away: it is transferred to a worker and detached. */
  body: Uint8Array<ArrayBuffer>;
  /** False: nobody vouched for this request, so every signer of an entry must be a listed key or identity. */
  admitted: boolean;
}

/** What the tombstone of an erased payload says. */
export interface ErasureNotice {
  /** Index of the tombstone, a statement of the log. */
  erasedAt: number;
  /** Of the bytes that were erased. */
  sha256: Hash;
  reason: string;
  /** POSIX seconds. */
  time: number;
}

/** An entry as stored. Re-hashed against the tree before it is handed out. */
export interface StoredEntry {
  index: number;
  leaf: Uint8Array;
  leafHash: Hash;
  payload:
    | { status: 'absent' }
    | ({ status: 'erased' } & ErasureNotice)
    | { status: 'stored' | 'attached'; bytes: Uint8Array; type: string; sha256: Hash; countsFrom: number };
  /** Encoded companions (`entry/prepared-entry.ts`), oldest first. */
  companions: Uint8Array[];
}

/** A control statement in effect (docs/revocation.md), with what justifies it. */
export interface LoggedControl {
  /** In the feed, from 0. */
  position: number;
  /** Index of the log's own statement that names it: it takes effect from there. */
  statement: number;
  /** Entries before its batch. */
  batchStart: number;
  payloadSha256: Hash;
  /** The control statement itself; its payload is stored. */
  entry: StoredEntry;
}

/** The feed of control statements at a tree size, as the log states it. */
export interface FeedHead {
  size: number;
  root: Hash;
  /** Index of the statement that says so; undefined for the empty feed. */
  statement: number | undefined;
}

export interface EntryQuery {
  /** `<algorithm>:<hex>` */
  subject?: string;
  /** Hex leaf hash. */
  leafHash?: string;
  /** Subject alternative name of a certificate, exact. */
  identity?: string;
  /** OIDC issuer, exact. */
  issuer?: string;
  /** `<name>=<value>` of a Fulcio certificate, exact. */
  fact?: string;
  /** Hex SHA-256 of a signer's SPKI. */
  signer?: string;
  predicateType?: string;
  /** Hex SHA-256 of a payload. */
  payload?: string;
  /** What the statement claims, exact, as `entry/predicate/claim-terms.ts` has it. */
  invocation?: string;
  repository?: string;
  builder?: string;
  dependency?: string;
  package?: string;
}

export interface EntryPage {
  /** The size and root that this answer covers: every entry below it that matches is on some page. */
  treeSize: number;
  rootHash: Hash;
  entries: StoredEntry[];
  /** Give it back to get the entries after these; absent on the last page. */
  next?: { treeSize: number; before: number };
}

export type WriteState =
  | { accepting: true }
  | {
      accepting: false;
      code: ErrorCode;
      message: string;
      /** Undefined where waiting does not help. */
      retryAfter?: number;
    };

export interface LogReader {
  /** @throws LogError not_yet_published where index or size lie beyond the published head */
  inclusionProof(index: number, size: number): { proof: InclusionProof; leafHash: Hash };
  consistencyProof(first: number, second: number): ConsistencyProof;
  /** The checkpoint first signed for exactly this size, if there is one. */
  checkpoint(size: number): StoredCheckpoint | undefined;
  /** The first checkpoint that covers an index: what its receipt was given under. */
  checkpointCovering(index: number): StoredCheckpoint;
  /** Checkpoints of sizes above `after`, ascending, at most `limit`. */
  checkpoints(after: number, limit: number): StoredCheckpoint[];
  entry(index: number): StoredEntry;
  /** A hash tile of this width, 32 bytes a hash (C2SP tlog-tiles). */
  tile(level: number, index: number, width: number): Uint8Array;
  /** An entry bundle of this width (C2SP tlog-tiles). */
  entryBundle(index: number, width: number): Uint8Array;
  indexOfLeaf(leafHash: Hash): number | undefined;
  /** Newest first. All given terms must match. @throws LogError index_rebuilding */
  find(query: EntryQuery, options: { limit: number; treeSize?: number; before?: number }): EntryPage;
  /** Control statements at positions from `from` on, at most `limit`, in effect below `treeSize` (the published one). */
  controlEvents(from: number, limit: number, treeSize?: number): LoggedControl[];
  /** The feed at a tree size, the published one if none is given. @throws LogError not_yet_published */
  feedHead(treeSize?: number): FeedHead;
}

export interface CertificateJudge {
  /**
   * For each entry a mark for each signature of its leaf: whether a trusted CA issued its certificate. Computed from
   * what is stored and configured, away from the thread that asks.
   * @throws LogError corrupt
   */
  marks(entries: readonly StoredEntry[]): Promise<ChainMark[][]>;
}

export interface Log {
  readonly identity: LogIdentity;
  /** Undefined where no CA is trusted: no certificate is, then. */
  readonly certificates?: CertificateJudge | undefined;
  /** Signs for clients of Rekor v1; undefined for a log that has no key for them. */
  readonly rekorV1?: RekorV1Signer | undefined;
  /** What the log has beside its three keys, and which of its entries names it. */
  readonly namedKeys: NamedKeys;
  /** It has ended: reads go on, every write is refused with log_frozen. */
  readonly frozen: boolean;
  head(): PublishedHead;
  /**
   * Calls back after each published head, also where it is only stamped again. What the reader answers then covers it.
   * @returns stops the calls
   */
  onPublished(listener: (head: PublishedHead) => void): () => void;
  /**
   * Checks, logs and proves. Resolves after the durable commit, with as many outcomes as items, in their order.
   * @throws LogError for the whole request: pool_full and other write states, malformed_msgpack, limit_exceeded
   */
  submit(request: SubmissionRequest): Promise<ItemOutcome[]>;
  /**
   * Signs a statement with the log's statement key, logs it with whatever else is under way, and proves it: batched,
   * durable and answered as a submission is. For decisions of the log only (`running-statements.ts`).
   * @param statement bytes of an in-toto statement
   * @throws LogError forbidden for every other statement; secret_submitted; what `submit` throws, and refuses an item with
   */
  appendOwn(statement: Uint8Array): Promise<Receipt>;
  readonly reader: LogReader;
  /** Undefined where the log runs none. */
  readonly timestampAuthority?: TimestampAuthority | undefined;
  writeState(): WriteState;
  /** Resolves with the reason if the machine stops by itself (fail-stop); the process must then exit non-zero. */
  readonly stopped: Promise<ItemError>;
  /** Finishes what is in the pool, then stops. */
  close(): Promise<void>;
}
