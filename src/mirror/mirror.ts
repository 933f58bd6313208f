/**
 * Copies a log, round by round. Nothing is taken on trust: each entry bundle is proved to be in the tree of a signed
 * checkpoint that extends the last one, and the whole root is rebuilt from the leaves before that checkpoint is stored.
 */
import { observe } from '../client/follow.ts';
import type { VerifiedCheckpoint } from '../client/log-key.ts';
import { TileClient, type TileClientOptions, type VerifiedLeaf } from '../client/tile-client.ts';
import { type RequestOptions, Transport } from '../client/transport.ts';
import { decodeUtf8, equalBytes } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { HASH_LENGTH } from '../core/hash.ts';
import { encodeEntryBundle, hashesAtLevel, partialWidth, TILE_LEVELS, TILE_WIDTH } from '../core/tile.ts';
import { TileEdge } from '../core/tile-edge.ts';
import { askBeside } from './beside.ts';
import { BesideCopy } from './beside-copy.ts';
import { HeldBundles } from './held-bundles.ts';
import { bundleNames, type MirrorFiles, tileNames } from './mirror-files.ts';
import { type MirrorRecord, readRecord, writeRecord } from './mirror-record.ts';

export interface MirrorRound {
  previous: number;
  checkpoint: VerifiedCheckpoint;
  /** Payloads and what came along are copied too. */
  beside: boolean;
  /** Earlier bundles that were asked for again, since a payload came later or was erased. */
  refreshed: number;
}

export interface CopyOptions extends RequestOptions {
  /** Is told how many leaves are copied, and of how many. */
  progress?: (copied: number, size: number) => void;
}

/** One copy; only one process may write it. */
export class Mirror {
  readonly #files: MirrorFiles;
  readonly #client: TileClient;
  readonly #transport: Transport;
  readonly #verifierKey: string;
  readonly #held: HeldBundles;
  readonly #beside: BesideCopy;

  constructor(files: MirrorFiles, options: TileClientOptions) {
    this.#files = files;
    this.#transport = new Transport(options);
    this.#held = new HeldBundles(files);
    const base = this.#transport.url.href;
    this.#client = new TileClient({ ...options, fetch: this.#held.before(base, options.fetch ?? fetch) });
    this.#verifierKey = options.verifierKey;
    this.#beside = new BesideCopy(files, this.#transport, this.#client, options.verifierKey);
  }

  /** The checkpoint whose whole tree is here. @throws LogError file_unreadable where it is damaged, or another log's */
  async stored(): Promise<VerifiedCheckpoint | undefined> {
    const bytes = await this.#files.find('checkpoint');
    if (bytes === undefined) return undefined;
    try {
      return this.#client.key.open(decodeUtf8(bytes) ?? '');
    } catch (cause) {
      if (!isLogError(cause)) throw cause;
      const path = this.#files.pathOf('checkpoint');
      throw new LogError('file_unreadable', `${path} is no checkpoint of this log, or damaged`, { cause });
    }
  }

  /**
   * Brings the copy up to the log's newest checkpoint.
   * @throws LogMisbehaviour; LogError proof_invalid and others of `TileClient`; file_unreadable; corrupt where the copy
   *   itself is damaged
   */
  async copy(options: CopyOptions = {}): Promise<MirrorRound> {
    const last = await this.stored();
    const record = await this.#record(options);
    const { change, checkpoint } = await observe(this.#client, last, options);
    const previous = last?.size ?? 0;
    if (change === 'older') return { previous, checkpoint: last!, beside: record.beside, refreshed: 0 };
    const refreshed = change === 'none' ? 0 : await this.#copyTree(last, checkpoint, record, options);
    await this.#files.settle();
    await this.#files.write('checkpoint', checkpoint.note);
    await this.#files.settle();
    await this.#removePartials(previous, checkpoint.size);
    return { previous, checkpoint, beside: record.beside, refreshed };
  }

  /** Everything but the checkpoint itself. @returns how many earlier bundles were asked for again */
  async #copyTree(
    last: VerifiedCheckpoint | undefined,
    checkpoint: VerifiedCheckpoint,
    record: MirrorRecord,
    options: CopyOptions,
  ): Promise<number> {
    this.#beside.begin();
    const edge = await this.#copyLeaves(await this.#edgeAt(last), checkpoint, record, options);
    if (!equalBytes(edge.root(), checkpoint.root)) {
      throw new LogError(
        'corrupt',
        `the copied leaves do not give the root of ${checkpoint.size} entries that the log signed`,
      );
    }
    await this.#writePartials(edge);
    return record.beside ? await this.#beside.refresh(options) : 0;
  }

  /** @throws LogError usage where the folder is a copy of another log */
  async #record(options: RequestOptions): Promise<MirrorRecord> {
    const known = await readRecord(this.#files);
    if (known === undefined) {
      const { origin } = this.#client.key;
      const beside = (await askBeside(this.#transport, 0, options)) !== undefined;
      const record = { origin, verifierKey: this.#verifierKey, beside };
      await writeRecord(this.#files, record);
      return record;
    }
    if (known.verifierKey !== this.#verifierKey) {
      throw new LogError('usage', `${this.#files.folder} is a copy of another log, ${known.origin}`);
    }
    return known;
  }

  /** The edge of the copied tree, from its partial tiles. @throws LogError corrupt */
  async #edgeAt(last: VerifiedCheckpoint | undefined): Promise<TileEdge> {
    if (last === undefined) return TileEdge.empty();
    const partials: Uint8Array[] = [];
    for (let level = 0; level < TILE_LEVELS; level++) {
      const width = partialWidth(level, last.size);
      const index = Math.floor(hashesAtLevel(level, last.size) / TILE_WIDTH);
      const tile = width === 0 ? new Uint8Array(0) : await this.#files.widest(tileNames({ level, index }), width);
      if (tile === undefined) throw damaged(`a tile of level ${level} is missing`);
      partials.push(tile.subarray(0, width * HASH_LENGTH));
    }
    const edge = TileEdge.from(last.size, partials);
    if (!equalBytes(edge.root(), last.root)) throw damaged('its tiles do not give the root of its checkpoint');
    return edge;
  }

  async #copyLeaves(
    from: TileEdge,
    checkpoint: VerifiedCheckpoint,
    record: MirrorRecord,
    options: CopyOptions,
  ): Promise<TileEdge> {
    let edge = from;
    const start = from.size - (from.size % TILE_WIDTH);
    for await (const leaves of bundlesOf(this.#client.leaves(start, checkpoint.size, checkpoint, options))) {
      const bundle = Math.floor(leaves[0]!.index / TILE_WIDTH);
      const name = bundleNames(bundle)(leaves.length);
      const isHeld = this.#held.has(bundle);
      const growth = edge.append(joined(leaves.filter(({ index }) => index >= edge.size)));
      if (record.beside)
        await this.#beside.copy({ bundle, leaves, isHeld, previous: from.size, growth, newest: checkpoint }, options);
      for (const { level, index, hashes } of growth.tiles) {
        await this.#files.write(tileNames({ level, index })(TILE_WIDTH), hashes);
      }
      // Last: where it stands, everything else of the bundle does.
      if (!isHeld) await this.#files.write(name, encodeEntryBundle(leaves.map(({ leaf }) => leaf)));
      edge = growth.edge;
      options.progress?.(edge.size, checkpoint.size);
    }
    return edge;
  }

  async #writePartials(edge: TileEdge): Promise<void> {
    for (let level = 0; level < TILE_LEVELS; level++) {
      const hashes = edge.partial(level);
      const width = hashes.length / HASH_LENGTH;
      const index = Math.floor(hashesAtLevel(level, edge.size) / TILE_WIDTH);
      if (width > 0) await this.#files.write(tileNames({ level, index })(width), hashes);
    }
  }

  async #removePartials(before: number, size: number): Promise<void> {
    for (let level = 0; level < TILE_LEVELS; level++) {
      for (const old of new Set([before, size])) {
        const index = Math.floor(hashesAtLevel(level, old) / TILE_WIDTH);
        const isOpen = index === Math.floor(hashesAtLevel(level, size) / TILE_WIDTH);
        const width = isOpen ? partialWidth(level, size) : TILE_WIDTH;
        await this.#files.removeOtherPartials(tileNames({ level, index }), width);
        if (level === 0) await this.#files.removeOtherPartials(bundleNames(index), width);
      }
    }
  }
}

async function* bundlesOf(leaves: AsyncIterable<VerifiedLeaf>): AsyncGenerator<VerifiedLeaf[]> {
  let bundle: VerifiedLeaf[] = [];
  for await (const leaf of leaves) {
    bundle.push(leaf);
    if ((leaf.index + 1) % TILE_WIDTH > 0) continue;
    yield bundle;
    bundle = [];
  }
  if (bundle.length > 0) yield bundle;
}

function joined(leaves: readonly VerifiedLeaf[]): Uint8Array {
  const hashes = new Uint8Array(leaves.length * HASH_LENGTH);
  for (const [i, { leafHash }] of leaves.entries()) hashes.set(leafHash, i * HASH_LENGTH);
  return hashes;
}

function damaged(what: string): LogError {
  return new LogError('corrupt', `the copy is damaged: ${what}`);
}
