/**
 * The entries of a log as a monitor reads them: leaves from tiles, each proved to be in the tree of a checkpoint; of a
 * Countersign log also the payloads, each bound to its leaf. Of other logs, what the leaf says is all there is.
 */
import { readList, readNumber, readObject, readString, unexpected } from '../client/answer.ts';
import type { LogKeyOptions, TreeHead } from '../client/log-key.ts';
import { TileClient, type VerifiedLeaf } from '../client/tile-client.ts';
import { type RequestOptions, Transport, type TransportOptions } from '../client/transport.ts';
import { decodeUtf8 } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { TILE_WIDTH } from '../core/tile.ts';
import { readAttachedStatement } from '../entry/submission/log-statement.ts';
import type { Evidence } from '../evidence/facts/evidence.ts';
import { evidenceOf } from '../evidence/facts/evidence-of.ts';
import { readAs } from '../log/own-statement.ts';
import { askBeside, type BesideEntry, readBeside } from '../mirror/beside.ts';

/** Entries of one bundle, in order. */
export interface ReadBundle {
  /** Index after the last of them. */
  readonly next: number;
  /** How many there are. */
  readonly count: number;
  /**
   * What they say: a payload that came later is no part of its own entry, but follows the statement that logged its
   * arrival, so that it does not matter when anybody looks. A leaf of no kind that is known here says nothing.
   */
  readonly evidence: readonly Evidence[];
}

type Time = { size: number; time: number };

export class MonitoredLog {
  readonly client: TileClient;
  readonly #transport: Transport;
  /**
   * True where the log serves what lies beside its leaves, as a Countersign log does; undefined until it was asked. One
   * that did, and no more does, is not passed over.
   */
  hasPayloads: boolean | undefined;

  /** @throws LogError usage, malformed_key, unsupported_key */
  constructor(options: TransportOptions & LogKeyOptions) {
    this.client = new TileClient(options);
    this.#transport = new Transport(options);
  }

  /**
   * The entries [start, head.size), bundle by bundle; two bundles are in memory: one is asked for while another is read.
   * @param seenAt POSIX seconds that count as log time where the log states none
   * @throws LogError proof_invalid; malformed_tile; checkpoint_unverified; answer_unexpected
   */
  async *entries(
    start: number,
    head: TreeHead,
    seenAt: number,
    options: RequestOptions = {},
  ): AsyncGenerator<ReadBundle> {
    const load = (from: number): Promise<ReadBundle> | undefined => {
      const bundle = from < head.size ? this.#bundle(from, head, seenAt, options) : undefined;
      // Whoever comes to it is told.
      bundle?.catch(() => undefined);
      return bundle;
    };
    for (let coming = load(start); coming !== undefined; ) {
      const bundle: ReadBundle = await coming;
      coming = load(bundle.next);
      yield bundle;
    }
  }

  async #bundle(from: number, head: TreeHead, seenAt: number, options: RequestOptions): Promise<ReadBundle> {
    const end = Math.min(head.size, (Math.floor(from / TILE_WIDTH) + 1) * TILE_WIDTH);
    const leaves = await this.#leaves(from, end, head, options);
    const [beside, times] = await Promise.all([this.#beside(leaves, options), this.#times(from, end, options)]);
    const evidence: Evidence[] = [];
    let covering = 0;
    for (const leaf of leaves) {
      while (covering < times.length && times[covering]!.size <= leaf.index) covering += 1;
      const time = times[covering]?.time ?? seenAt;
      const found = beside.get(leaf.index);
      const isOwn = found?.payload === undefined || found.payload.countsFrom === leaf.index;
      const read = readEvidence(leaf, isOwn ? found : undefined, time);
      if (read !== undefined) evidence.push(read);
      for (const index of isOwn ? arrivals(found) : []) {
        const late = await this.#arrived(index, leaf.index, head, time, options);
        if (late !== undefined) evidence.push(late);
      }
    }
    return { next: end, count: end - from, evidence };
  }

  async #leaves(start: number, end: number, head: TreeHead, options: RequestOptions): Promise<VerifiedLeaf[]> {
    const leaves: VerifiedLeaf[] = [];
    for await (const leaf of this.client.leaves(start, end, head, options)) leaves.push(leaf);
    return leaves;
  }

  /** An earlier entry, with the payload whose arrival a statement logged. */
  async #arrived(
    index: number,
    statement: number,
    head: TreeHead,
    time: number,
    options: RequestOptions,
  ): Promise<Evidence | undefined> {
    // Anybody can write such a statement: it is worth as much as what the entry holds.
    if (index >= statement) return undefined;
    const leaves = await this.#leaves(index, index + 1, head, options);
    const found = (await this.#beside(leaves, options)).get(index);
    return found?.payload?.countsFrom === statement ? readEvidence(leaves[0]!, found, time) : undefined;
  }

  async #beside(leaves: readonly VerifiedLeaf[], options: RequestOptions): Promise<Map<number, BesideEntry>> {
    const found = new Map<number, BesideEntry>();
    if (this.hasPayloads === false) return found;
    const [first, last] = [leaves[0]!.index, leaves.at(-1)!.index];
    for (let from = first; from <= last; ) {
      const page = await askBeside(this.#transport, from, options);
      if (page === undefined && this.hasPayloads !== true) {
        this.hasPayloads = false;
        return found;
      }
      if (page === undefined || page.next <= from) {
        throw unexpected('the log no longer serves the payloads of its entries, which it did before');
      }
      this.hasPayloads = true;
      for (const stated of page.entries) {
        const leaf = leaves[stated.index - first];
        if (leaf !== undefined) found.set(stated.index, readBeside(stated, leaf.leaf));
      }
      from = page.next;
    }
    return found;
  }

  /** When [from, end) was covered, by size; times that the log's time key signed, where that is known. */
  async #times(from: number, end: number, options: RequestOptions): Promise<Time[]> {
    const times: Time[] = [];
    try {
      for (let after = from; after < end && this.hasPayloads !== false; ) {
        const path = `v1/checkpoints?after=${after}&limit=100`;
        const { body } = await this.#transport.request(path, { ...options, limit: 1024 * 1024 });
        const page = this.#readTimes(body);
        times.push(...page);
        const last = page.at(-1)?.size;
        if (last === undefined) break;
        if (last <= after) throw unexpected('the checkpoints are not in order');
        after = last;
      }
    } catch (error) {
      if (!isLogError(error, 'route_unknown', 'not_found', 'forbidden')) throw error;
    }
    return times;
  }

  #readTimes(body: Uint8Array): Time[] {
    let value: unknown;
    try {
      value = JSON.parse(decodeUtf8(body) ?? '');
    } catch {
      throw unexpected('the answer is not JSON');
    }
    return readList(readObject(value, 'the page'), 'checkpoints').map((one) => {
      const checkpoint = readObject(one, 'a checkpoint');
      const note = readString(checkpoint, 'checkpoint');
      if (this.client.key.timeVerifier === undefined) {
        return { size: readNumber(checkpoint, 'size'), time: readNumber(checkpoint, 'time') };
      }
      const { size, time } = this.client.key.open(note);
      return { size, time: time! };
    });
  }
}

/** Indexes of entries whose payloads came later, as this entry says. */
function arrivals(beside: BesideEntry | undefined): number[] {
  const attached = beside?.payload && readAs(readAttachedStatement, beside.payload.bytes);
  return attached?.map(({ index }) => index) ?? [];
}

function readEvidence(
  { index, leaf, leafHash }: VerifiedLeaf,
  beside: BesideEntry | undefined,
  time: number,
): Evidence | undefined {
  const { payload, erased } = beside ?? {};
  const stored =
    payload !== undefined
      ? { status: 'stored' as const, ...payload, sha256: sha256(payload.bytes) }
      : { status: erased === undefined ? ('absent' as const) : ('erased' as const) };
  try {
    return evidenceOf({ index, leaf, leafHash, payload: stored, companions: [] }, undefined, time);
  } catch (error) {
    // Another log may hold leaves of any kind.
    if (isLogError(error, 'corrupt')) return undefined;
    throw error;
  }
}
