/** Reads for others: every byte is checked against the published root before it is handed out. */
import { equalBytes, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { type Hash, leafHash, sha256 } from '../core/hash.ts';
import { planConsistency, planInclusion, verifyInclusion } from '../core/proof.ts';
import { encodeEntryBundle, hashesAtLevel, TILE_LEVELS, TILE_WIDTH } from '../core/tile.ts';
import { parseLeaf } from '../entry/leaf/leaf.ts';
import { type LookupTerm, lookupTerms } from '../entry/leaf/lookup.ts';
import { leafBindsPayload } from '../entry/leaf/payload-binding.ts';
import { tombstoneOf } from './erasure.ts';
import { FeedReader } from './feed-reader.ts';
import type { LogIdentity } from './identity.ts';
import type {
  ConsistencyProof,
  EntryPage,
  EntryQuery,
  FeedHead,
  InclusionProof,
  LoggedControl,
  LogReader,
  PublishedHead,
  StoredCheckpoint,
  StoredEntry,
} from './log.ts';
import { arrivedAsStated } from './payload-arrival.ts';
import type { LogRows } from './ports.ts';
import { type StoredNoteCheck, storedNoteCheck } from './stored-note.ts';
import { VerifiedTree } from './verified-tree.ts';

/** Answers look-ups by term. @throws LogError index_rebuilding while it cannot answer completely */
export interface Lookup {
  /** Candidates below `before`, newest first; the entry itself decides. */
  candidates(term: LookupTerm, before: number, limit: number): number[];
}

/** Entries that one page of a look-up reads at most; the page then ends early and says where it stopped. */
const MAX_SCANNED = 2000;
/** Bytes of leaves and payloads that it reads at most: whoever asks must not hold up everyone else. */
const MAX_SCANNED_BYTES = 4 * 1024 * 1024;
/** Candidates beyond what is wanted: keys are short, so that a few are other entries'. */
const SPARE = 16;
/** Candidates of each of several terms that are looked at first. */
const PROBE = 64;

/** How selective each kind of term is, most selective first: the first one given is the one that is looked up. */
const BY_SELECTIVITY = [
  'leaf',
  'payload',
  'invocation',
  'subject',
  'dependency',
  'package',
  'repository',
  'signer',
  'identity',
  'fact',
  'builder',
  'issuer',
  'predicateType',
] as const;

export class VerifiedReader implements LogReader {
  readonly #rows: LogRows;
  readonly #identity: LogIdentity;
  readonly #head: () => PublishedHead;
  readonly #lookup: Lookup;
  readonly #checkNote: StoredNoteCheck;
  readonly #tree: VerifiedTree;
  readonly #feed: FeedReader;

  /** @param head the published head; what lies beyond it does not exist for a reader, whatever the database holds */
  constructor(rows: LogRows, identity: LogIdentity, head: () => PublishedHead, lookup: Lookup) {
    this.#rows = rows;
    this.#identity = identity;
    this.#checkNote = storedNoteCheck(identity);
    this.#head = head;
    this.#lookup = lookup;
    this.#feed = new FeedReader(rows, identity, (index) => this.entry(index));
    const { size, root } = head();
    this.#tree = new VerifiedTree(rows, size, root);
  }

  inclusionProof(index: number, size: number): { proof: InclusionProof; leafHash: Hash } {
    const tree = this.#treeOf(size);
    if (index >= size) throw new LogError('malformed_request', 'the index must be below the size', { at: 'index' });
    const proof = {
      index,
      treeSize: size,
      rootHash: tree.root(size),
      hashes: tree.proof(planInclusion(index, size)),
    };
    const hash = tree.node({ level: 0, index });
    try {
      verifyInclusion({ index, size, leafHash: hash, root: proof.rootHash, proof: proof.hashes });
    } catch (error) {
      throw new LogError('corrupt', 'the stored tree gives no valid inclusion proof', { cause: error });
    }
    return { proof, leafHash: hash };
  }

  consistencyProof(first: number, second: number): ConsistencyProof {
    if (first > second) throw new LogError('malformed_request', 'first must not be above second', { at: 'first' });
    const tree = this.#treeOf(second);
    return { first, second, hashes: tree.proof(planConsistency(first, second)) };
  }

  checkpoint(size: number): StoredCheckpoint | undefined {
    if (size > this.#head().size) throw notYetPublished(this.#head().size);
    const checkpoint = this.#rows.checkpoint(size);
    return checkpoint && this.#checked(checkpoint);
  }

  checkpointCovering(index: number): StoredCheckpoint {
    if (index >= this.#head().size) throw notYetPublished(this.#head().size);
    const checkpoint = this.#rows.checkpointCovering(index);
    if (checkpoint === undefined) throw new LogError('corrupt', 'no checkpoint covers a published entry');
    return this.#checked(checkpoint);
  }

  checkpoints(after: number, limit: number): StoredCheckpoint[] {
    const { size } = this.#head();
    return this.#rows
      .checkpoints(after, limit)
      .filter((checkpoint) => checkpoint.size <= size)
      .map((checkpoint) => this.#checked(checkpoint));
  }

  entry(index: number): StoredEntry {
    const { size } = this.#head();
    if (index >= size) throw notYetPublished(size);
    return this.#entryAt(index, size);
  }

  tile(level: number, index: number, width: number): Uint8Array {
    const { size } = this.#head();
    if (level >= TILE_LEVELS || index * TILE_WIDTH + width > hashesAtLevel(level, size)) throw noSuchTile();
    return this.#treeOf(size).tile(level, index, width);
  }

  entryBundle(index: number, width: number): Uint8Array {
    const { size } = this.#head();
    const start = index * TILE_WIDTH;
    if (start + width > size) throw noSuchTile();
    const tree = this.#treeOf(size);
    const rows = this.#rows.entries(start, start + width);
    if (rows.length !== width) throw new LogError('corrupt', 'entries are missing from storage');
    for (const row of rows) checkLeaf(row.leaf, tree.node({ level: 0, index: row.index }));
    return encodeEntryBundle(rows.map((row) => row.leaf));
  }

  indexOfLeaf(hash: Hash): number | undefined {
    const { size } = this.#head();
    for (const index of this.#lookup.candidates({ kind: 'leaf', value: toHex(hash) }, size, MAX_SCANNED)) {
      if (equalBytes(this.#treeOf(size).node({ level: 0, index }), hash)) return index;
    }
    return undefined;
  }

  find(query: EntryQuery, options: { limit: number; treeSize?: number; before?: number }): EntryPage {
    const published = this.#head().size;
    const treeSize = options.treeSize ?? published;
    if (treeSize > published) throw notYetPublished(published);
    const terms = termsOf(query);
    if (terms.length === 0) throw new LogError('malformed_request', 'a look-up needs at least one term');
    const page: EntryPage = { treeSize, rootHash: this.#treeOf(treeSize).root(treeSize), entries: [] };
    let before = Math.min(options.before ?? treeSize, treeSize);
    let scanned = 0;
    const { candidates, from } = this.#candidates(terms, before, options.limit);
    for (const index of candidates) {
      if (page.entries.length === options.limit || scanned >= MAX_SCANNED_BYTES) {
        return { ...page, next: { treeSize, before } };
      }
      before = index;
      const entry = this.#entryAt(index, treeSize);
      scanned += entry.leaf.length + ('bytes' in entry.payload ? entry.payload.bytes.length : 0);
      if (matches(entry, terms)) page.entries.push(entry);
    }
    return from === 0 ? page : { ...page, next: { treeSize, before: from } };
  }

  /**
   * Entries that may have all terms, newest first, from an index on: below it, nobody has looked.
   * @param limit entries that are wanted; nearly every candidate is one
   */
  #candidates(
    terms: readonly LookupTerm[],
    before: number,
    limit: number,
  ): { candidates: readonly number[]; from: number } {
    const most = Math.min(MAX_SCANNED, terms.length === 1 ? limit + SPARE : PROBE);
    const lists = this.#lists(terms, before, most);
    // A term that few entries have is found at once, however many have the others.
    const few = lists.find(({ from }) => from === 0);
    if (terms.length === 1 || few !== undefined) return few ?? lists[0]!;
    const long = this.#lists(terms, before, MAX_SCANNED);
    const from = Math.min(...long.map((list) => list.from)) === 0 ? 0 : Math.max(...long.map((list) => list.from));
    const sets = long.map((list) => ({ from: list.from, known: new Set(list.candidates) }));
    const shortest = long.reduce((a, b) => (a.from === 0 && b.from > 0 ? a : b));
    const candidates = shortest.candidates.filter(
      (index) => index >= from && sets.every((set) => index < set.from || set.known.has(index)),
    );
    return { candidates, from };
  }

  /** What the index has for each term. A list that was cut says nothing about what is below its end. */
  #lists(terms: readonly LookupTerm[], before: number, most: number) {
    return terms.map((term) => {
      const candidates = this.#lookup.candidates(term, before, most);
      return { candidates, from: candidates.length < most ? 0 : candidates.at(-1)! };
    });
  }

  controlEvents(from: number, limit: number, treeSize?: number): LoggedControl[] {
    return this.#feed.controls(from, limit, this.#publishedSize(treeSize));
  }

  feedHead(treeSize?: number): FeedHead {
    return this.#feed.head(this.#publishedSize(treeSize));
  }

  #publishedSize(treeSize: number | undefined): number {
    const { size } = this.#head();
    if (treeSize !== undefined && treeSize > size) throw notYetPublished(size);
    return treeSize ?? size;
  }

  /** The entry as of a tree size: a payload that counts from a later index is not there yet. */
  #entryAt(index: number, treeSize: number): StoredEntry {
    const row = this.#rows.entry(index);
    if (row === undefined) throw new LogError('corrupt', 'an entry is missing from storage');
    const hash = this.#treeOf(this.#head().size).node({ level: 0, index });
    checkLeaf(row.leaf, hash);
    return {
      index,
      leaf: row.leaf,
      leafHash: hash,
      payload: this.#payloadAt(index, row.leaf, treeSize),
      companions: this.#rows.companions(index),
    };
  }

  #payloadAt(index: number, leaf: Uint8Array, treeSize: number): StoredEntry['payload'] {
    const state = this.#rows.payloadState(index);
    if (state === 'erased') return this.#erasedAt(index);
    if (state === undefined || state.countsFrom >= treeSize) return { status: 'absent' };
    const row = this.#rows.payload(index);
    const intact =
      row !== undefined && equalBytes(sha256(row.bytes), row.sha256) && leafBindsPayload(parseLeaf(leaf), row);
    if (!intact) throw new LogError('corrupt', 'a stored payload is not the one that was signed');
    if (!arrivedAsStated(this.#rows, row)) {
      throw new LogError('corrupt', 'no statement says that a stored payload was attached where its row says');
    }
    const { bytes, type, sha256: digest, countsFrom } = row;
    return { status: countsFrom === index ? 'stored' : 'attached', bytes, type, sha256: digest, countsFrom };
  }

  /** Only a tombstone excuses a payload that is gone. */
  #erasedAt(index: number): StoredEntry['payload'] {
    const erased = this.#rows.erased(index);
    const statement = erased && this.#rows.entry(erased.erasedBy);
    if (statement !== undefined) {
      checkLeaf(statement.leaf, this.#treeOf(this.#head().size).node({ level: 0, index: statement.index }));
    }
    const tombstone = erased && tombstoneOf(this.#rows, erased, this.#identity);
    if (erased === undefined || tombstone === undefined) {
      throw new LogError('corrupt', 'no statement says that a payload was erased which is marked so');
    }
    const { reason, time } = tombstone;
    return { status: 'erased', erasedAt: erased.erasedBy, sha256: erased.sha256, reason, time };
  }

  #checked(checkpoint: StoredCheckpoint): StoredCheckpoint {
    if (!equalBytes(this.#treeOf(checkpoint.size).root(checkpoint.size), checkpoint.root)) {
      throw new LogError('corrupt', 'a stored checkpoint has another root than the tree');
    }
    this.#checkNote(checkpoint);
    return checkpoint;
  }

  /** The tree at the published head, which covers every size up to it. */
  #treeOf(size: number): VerifiedTree {
    const head = this.#head();
    if (size > head.size) throw notYetPublished(head.size);
    this.#tree.advance(head.size, head.root);
    return this.#tree;
  }
}

function termsOf(query: EntryQuery): LookupTerm[] {
  const given = { ...query, leaf: query.leafHash };
  return BY_SELECTIVITY.flatMap((kind) => {
    const value = given[kind];
    return value === undefined ? [] : [{ kind, value }];
  });
}

function matches(entry: StoredEntry, terms: LookupTerm[]): boolean {
  const payload = 'bytes' in entry.payload ? entry.payload : undefined;
  const own = new Set(lookupTerms(entry.leaf, payload).map(({ kind, value }) => `${kind}\0${value}`));
  return terms.every(({ kind, value }) => own.has(`${kind}\0${value}`));
}

function checkLeaf(leaf: Uint8Array, expected: Hash): void {
  if (!equalBytes(leafHash(leaf), expected)) {
    throw new LogError('corrupt', 'a stored leaf does not give its hash in the tree');
  }
}

function notYetPublished(size: number): LogError {
  return new LogError('not_yet_published', `the published size is ${size}`, { details: { treeSize: size } });
}

function noSuchTile(): LogError {
  return new LogError('not_found', 'no published size implies this tile');
}
