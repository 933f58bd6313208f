/**
 * The entries of a log as a monitor reads them: leaves from tiles, each proved to be in the tree of a checkpoint; of a
 * Countersign log also the payloads, each bound to its leaf. Of other logs, what the leaf says is all there is.
 */
import { readList, readNumber, readObject, readString } from '../client/answer.ts';
import type { LogKeyOptions, TreeHead } from '../client/log-key.ts';
import { TileClient, type VerifiedLeaf } from '../client/tile-client.ts';
import { type RequestOptions, Transport, type TransportOptions } from '../client/transport.ts';
import { decodeUtf8 } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { TILE_WIDTH } from '../core/tile.ts';
import type { Evidence } from '../evidence/facts/evidence.ts';
import { evidenceOf } from '../evidence/facts/evidence-of.ts';
import { askBeside, type BesideEntry, readBeside } from '../mirror/beside.ts';

/** Entries of one bundle, in order. */
export interface ReadBundle {
  /** Index after the last of them. */
  readonly next: number;
  /** Undefined for a leaf that is of no kind known here: it is in the tree, and says nothing. */
  readonly entries: readonly (Evidence | undefined)[];
}

export class MonitoredLog {
  readonly client: TileClient;
  readonly #transport: Transport;
  /** False once the log has shown that it keeps nothing beside its leaves. */
  #hasPayloads = true;

  /** @throws LogError usage, malformed_key, unsupported_key */
  constructor(options: TransportOptions & LogKeyOptions) {
    this.client = new TileClient(options);
    this.#transport = new Transport(options);
  }

  /**
   * The entries [start, head.size), bundle by bundle; two bundles are in memory: one is asked for while another is read.
   * @param seenAt POSIX seconds that count as log time where the log states none
   * @throws LogError proof_invalid; malformed_tile; answer_unexpected
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
    const leaves: VerifiedLeaf[] = [];
    for await (const leaf of this.client.leaves(from, end, head, options)) leaves.push(leaf);
    const [beside, times] = await Promise.all([this.#beside(leaves, options), this.#times(from, end, options)]);
    let covering = 0;
    const timeOf = (index: number): number => {
      while (covering < times.length && times[covering]!.size <= index) covering += 1;
      return times[covering]?.time ?? seenAt;
    };
    return { next: end, entries: leaves.map((leaf) => read(leaf, beside.get(leaf.index), timeOf(leaf.index))) };
  }

  async #beside(leaves: readonly VerifiedLeaf[], options: RequestOptions): Promise<Map<number, BesideEntry>> {
    const found = new Map<number, BesideEntry>();
    const [first, last] = [leaves[0]!.index, leaves.at(-1)!.index];
    for (let from = first; this.#hasPayloads && from <= last; ) {
      const page = await askBeside(this.#transport, from, options);
      if (page === undefined || page.next <= from) {
        this.#hasPayloads = page !== undefined;
        break;
      }
      for (const stated of page.entries) {
        const leaf = leaves[stated.index - first];
        if (leaf !== undefined) found.set(stated.index, readBeside(stated, leaf.leaf));
      }
      from = page.next;
    }
    return found;
  }

  /** Checkpoints that cover [from, end), as the log lists them; their times are its word, as all of log time is. */
  async #times(from: number, end: number, options: RequestOptions): Promise<{ size: number; time: number }[]> {
    const times: { size: number; time: number }[] = [];
    try {
      for (let after = from; after < end && this.#hasPayloads; ) {
        const path = `v1/checkpoints?after=${after}&limit=100`;
        const { body } = await this.#transport.request(path, { ...options, limit: 1024 * 1024 });
        const page = readList(readObject(JSON.parse(decodeUtf8(body) ?? ''), 'the page'), 'checkpoints').map((one) => {
          const checkpoint = readObject(one, 'a checkpoint');
          readString(checkpoint, 'checkpoint');
          return { size: readNumber(checkpoint, 'size'), time: readNumber(checkpoint, 'time') };
        });
        times.push(...page);
        const last = page.at(-1)?.size;
        if (last === undefined || last <= after) break;
        after = last;
      }
    } catch (error) {
      if (!isLogError(error, 'route_unknown', 'not_found', 'forbidden')) throw error;
    }
    return times;
  }
}

function read(
  { index, leaf, leafHash }: VerifiedLeaf,
  beside: BesideEntry | undefined,
  time: number,
): Evidence | undefined {
  const { payload, erased } = beside ?? {};
  const stored =
    payload !== undefined
      ? {
          status: payload.countsFrom === index ? ('stored' as const) : ('attached' as const),
          ...payload,
          sha256: sha256(payload.bytes),
        }
      : { status: erased === undefined ? ('absent' as const) : ('erased' as const) };
  try {
    return evidenceOf({ index, leaf, leafHash, payload: stored, companions: [] }, undefined, time);
  } catch (error) {
    // Another log may hold leaves of any kind.
    if (isLogError(error, 'corrupt')) return undefined;
    throw error;
  }
}
