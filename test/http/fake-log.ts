/**
 * A log in memory, to test the HTTP layer against: real leaves, real proofs (by the naive tree), notes that are signed
 * by nobody. It verifies no signature; an item says itself how it is to end.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { unpack } from 'msgpackr';
import { equalBytes } from '../../src/core/bytes.ts';
import { formatCheckpoint } from '../../src/core/checkpoint.ts';
import { type ErrorCode, LogError } from '../../src/core/errors.ts';
import { encodeEntryBundle } from '../../src/core/tile.ts';
import { parsePublicKey } from '../../src/entry/keys/public-key.ts';
import { schemesOf } from '../../src/entry/keys/signature-scheme.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import { encodeLeaf } from '../../src/entry/leaf/leaf.ts';
import { lookupTerms } from '../../src/entry/leaf/lookup.ts';
import { keyVerifier } from '../../src/entry/leaf/verifier.ts';
import { receiptOf } from '../../src/log/item-error.ts';
import { publicPem } from '../../src/log/keys.ts';
import type {
  EntryPage,
  EntryQuery,
  InclusionProof,
  ItemError,
  ItemOutcome,
  Log,
  LoggedControl,
  LogReader,
  PublishedHead,
  Receipt,
  StoredCheckpoint,
  StoredEntry,
  SubmissionRequest,
  WriteState,
} from '../../src/log/log.ts';
import type { NamedKeys } from '../../src/log/named-keys.ts';
import { RekorV1Signer } from '../../src/log/rekor-v1-signer.ts';
import { naiveConsistency, naiveLeafHash, naivePath, naiveTree } from '../core/naive-merkle.ts';
import { testKey } from '../fixtures/make.ts';

/** What tests submit. `fail`: the item ends with this code. `throws`: the whole request does. */
export interface FakeItem {
  text?: string;
  payload?: string;
  payloadType?: string;
  fail?: ErrorCode;
  throws?: ErrorCode;
}

const spki = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
const key = parsePublicKey(new Uint8Array(spki));
const sha256 = (bytes: Uint8Array | string) => new Uint8Array(createHash('sha256').update(bytes).digest());

const ORIGIN = 'dev-00ff.localhost';
const rekorV1Key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

export class FakeLog implements Log {
  readonly identity = {
    origin: ORIGIN,
    logId: sha256('fake log'),
    verifierKey: `${ORIGIN}+00000000+AA==`,
    timeVerifierKey: `${ORIGIN}+00000001+BA==`,
    statementKey: testKey('p256', 'statement').pem,
  };
  namedKeys: NamedKeys = { 'rekor-v1': { pem: publicPem(rekorV1Key), index: 0 }, timestamp: { pem: '', index: 6 } };
  rekorV1: RekorV1Signer | undefined = new RekorV1Signer(ORIGIN, rekorV1Key);
  readonly stopped = new Promise<ItemError>(() => undefined);
  readonly entries: StoredEntry[] = [];
  /** The feed's events; its head says nothing of them. */
  readonly controls: LoggedControl[] = [];
  /** What `submit` was last called with; its body is a copy. */
  lastRequest: SubmissionRequest | undefined;
  state: WriteState = { accepting: true };
  frozen = false;
  /** POSIX seconds of the newest stamp. */
  stampedAt = 1_700_000_000;
  /** What every read of storage throws, where it is set. */
  storageFault: unknown;
  /** SubjectPublicKeyInfo of every entry's signer. */
  readonly signer = key.spki;

  readonly #leaves: Uint8Array[] = [];
  readonly #tree = naiveTree(this.#leaves);
  readonly #checkpoints: StoredCheckpoint[] = [];

  /** A log with a genesis and `more` further entries, a checkpoint after each. */
  constructor(more = 0) {
    for (let i = 0; i <= more; i++) this.#commit([{ text: `entry ${i}` }]);
  }

  onPublished(): () => void {
    return () => undefined;
  }

  head(): PublishedHead {
    return { ...this.#checkpoints.at(-1)!, time: this.stampedAt };
  }

  async submit(request: SubmissionRequest): Promise<ItemOutcome[]> {
    const bytes = request.body.slice();
    // The contract: the caller gives the buffer away. A buffer that cannot be transferred fails here.
    structuredClone(request.body.buffer, { transfer: [request.body.buffer] });
    this.lastRequest = { ...request, body: bytes };
    const items = parseItems(request.format, bytes);
    const thrown = items.find((item) => item?.throws)?.throws;
    if (thrown !== undefined) throw new LogError(thrown, `the request ends with ${thrown}`, { retryAfter: 2 });
    return this.#commit(items, request.format.startsWith('rekor'));
  }

  async appendOwn(statement: Uint8Array): Promise<Receipt> {
    return receiptOf(this.#commit([{ payload: new TextDecoder().decode(statement) }])[0]);
  }

  #commit(items: (FakeItem | undefined)[], returnsLeaf = false): ItemOutcome[] {
    const placed = items.map((item) =>
      item === undefined || item.fail !== undefined ? undefined : this.#append(item),
    );
    const size = this.entries.length;
    if (size > (this.#checkpoints.at(-1)?.size ?? 0)) {
      const root = new Uint8Array(this.#tree(0n, BigInt(size)));
      const note = `${formatCheckpoint({ origin: ORIGIN, size, root, extensions: [] })}\n— ${ORIGIN} AAAAAA==\n`;
      this.#checkpoints.push({ size, root, note, time: this.stampedAt });
    }
    return placed.map((place, i) => {
      if (place !== undefined) return { receipt: this.#receipt(place.index, place.duplicate, returnsLeaf) };
      const code = items[i]?.fail ?? 'malformed_json';
      return { error: { code, message: `the item ends with ${code}`, at: '/item', retryAfter: 1 } };
    });
  }

  #append({ text = '', payload, payloadType = 'application/vnd.in-toto+json' }: FakeItem) {
    const bytes = payload === undefined ? undefined : new TextEncoder().encode(payload);
    const digest = sha256(bytes === undefined ? text : pae(payloadType, bytes));
    const signature = { signature: Uint8Array.of(0x30, 0), verifier: keyVerifier(key), scheme: schemesOf(key)[0]! };
    const leaf = encodeLeaf({
      kind: 'hashedrekord',
      version: '0.0.2',
      algorithm: 'SHA2_256',
      digest,
      signatures: [signature],
    });
    const known = this.entries.findIndex((entry) => equalBytes(entry.leaf, leaf));
    if (known >= 0) return { index: known, duplicate: true };
    const index = this.entries.length;
    this.#leaves.push(leaf);
    this.entries.push({
      index,
      leaf,
      leafHash: new Uint8Array(naiveLeafHash(leaf)),
      payload:
        bytes === undefined
          ? { status: 'absent' }
          : { status: 'stored', bytes, type: payloadType, sha256: sha256(bytes), countsFrom: index },
      companions: [],
    });
    return { index, duplicate: false };
  }

  #receipt(index: number, duplicate: boolean, returnsLeaf: boolean): Receipt {
    const { size, note, time } = this.reader.checkpointCovering(index);
    const { proof, leafHash } = this.reader.inclusionProof(index, size);
    return {
      index,
      leafHash,
      duplicate,
      inclusionProof: proof,
      checkpoint: note,
      time,
      payload: this.entries[index]!.payload.status,
      ...(returnsLeaf && { leaf: this.entries[index]!.leaf }),
    };
  }

  readonly reader: LogReader = {
    inclusionProof: (index: number, size: number): { proof: InclusionProof; leafHash: Uint8Array } => {
      const hashes = naivePath(this.#tree, BigInt(index), 0n, BigInt(size));
      const rootHash = this.#tree(0n, BigInt(size));
      return { proof: { index, treeSize: size, rootHash, hashes }, leafHash: this.entries[index]!.leafHash };
    },
    consistencyProof: (first, second) => ({
      ...{ first, second },
      hashes: naiveConsistency(this.#tree, BigInt(first), BigInt(second)),
    }),
    checkpoint: (size) => {
      if (this.storageFault !== undefined) throw this.storageFault;
      return this.#checkpoints.find((checkpoint) => checkpoint.size === size);
    },
    checkpointCovering: (index) => this.#checkpoints.find(({ size }) => size > index)!,
    checkpoints: (after, limit) => this.#checkpoints.filter(({ size }) => size > after).slice(0, limit),
    entry: (index) => {
      if (this.storageFault !== undefined) throw this.storageFault;
      return this.entries[index]!;
    },
    tile: (level, index, width) => {
      const span = 256n ** BigInt(level);
      const first = BigInt(index) * 256n;
      const hashes = Array.from({ length: width }, (_, i) => first + BigInt(i));
      return Buffer.concat(hashes.map((i) => this.#tree(i * span, (i + 1n) * span)));
    },
    entryBundle: (index, width) => encodeEntryBundle(this.#leaves.slice(index * 256, index * 256 + width)),
    indexOfLeaf: (hash) => {
      const index = this.entries.findIndex((entry) => equalBytes(entry.leafHash, hash));
      return index < 0 ? undefined : index;
    },
    controlEvents: (from, limit) => this.controls.slice(from, from + limit),
    feedHead: () => ({ size: 0, root: sha256(''), statement: undefined }),
    find: (query, { limit, treeSize = this.entries.length, before = treeSize }): EntryPage => {
      const matching = this.entries
        .slice(0, before)
        .reverse()
        .filter((entry) => matches(entry, query));
      const entries = matching.slice(0, limit);
      const rootHash = new Uint8Array(this.#tree(0n, BigInt(treeSize)));
      const next = matching.length > limit ? { next: { treeSize, before: entries.at(-1)!.index } } : {};
      return { treeSize, rootHash, entries, ...next };
    },
  };

  writeState(): WriteState {
    return this.state;
  }

  async close(): Promise<void> {}
}

function matches(entry: StoredEntry, query: EntryQuery): boolean {
  const terms = lookupTerms(entry.leaf, 'bytes' in entry.payload ? entry.payload : undefined);
  return Object.entries(query).every(([name, value]) => {
    const kind = name === 'leafHash' ? 'leaf' : name;
    return terms.some((term) => term.kind === kind && term.value === value);
  });
}

function parseItems(format: SubmissionRequest['format'], bytes: Uint8Array): (FakeItem | undefined)[] {
  if (format === 'msgpack') return unpackItems(bytes);
  const text = new TextDecoder().decode(bytes);
  const lines = format !== 'ndjson' ? [text] : text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    try {
      return JSON.parse(line) as FakeItem;
    } catch {
      return undefined;
    }
  });
}

function unpackItems(bytes: Uint8Array): FakeItem[] {
  try {
    return unpack(bytes) as FakeItem[];
  } catch {
    throw new LogError('malformed_msgpack', 'the body is not msgpack');
  }
}
