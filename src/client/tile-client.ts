/** Reads any log that serves C2SP tlog-tiles, and verifies what it reads against a checkpoint's root. */
import { decodeUtf8, equalBytes } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { EMPTY_ROOT, HASH_LENGTH, type Hash, leafHash } from '../core/hash.ts';
import { type NodeId, peaks } from '../core/merkle.ts';
import { MAX_NOTE_LENGTH } from '../core/note.ts';
import { assembleProof, planConsistency, planInclusion, verifyConsistency, verifyInclusion } from '../core/proof.ts';
import {
  entriesPath,
  hashesAtLevel,
  MAX_LEAF_LENGTH,
  nodeInTile,
  parseEntryBundle,
  TILE_WIDTH,
  type TileId,
  tileOfNode,
  tilePath,
} from '../core/tile.ts';
import { LogKey, type LogKeyOptions, proofInvalid, type TreeHead, type VerifiedCheckpoint } from './log-key.ts';
import { type RequestOptions, Transport, type TransportOptions } from './transport.ts';

export interface TileClientOptions extends TransportOptions, LogKeyOptions {}

/** A leaf that is proved to be in the tree it was asked for. */
export interface VerifiedLeaf {
  index: number;
  leaf: Uint8Array;
  leafHash: Hash;
}

/** Tiles kept in memory; each is 8 KiB at most. */
const CACHED_TILES = 256;

export class TileClient {
  readonly key: LogKey;
  readonly #transport: Transport;
  /** Tiles by path, oldest first; owned here. As read: each use is verified by the proof it goes into. */
  readonly #tiles = new Map<string, Uint8Array>();

  /** @throws LogError usage, malformed_key, unsupported_key */
  constructor(options: TileClientOptions) {
    this.key = new LogKey(options);
    this.#transport = new Transport(options);
  }

  /** The newest checkpoint. @throws LogError malformed_checkpoint; checkpoint_unverified; unreachable */
  async checkpoint(options: RequestOptions = {}): Promise<VerifiedCheckpoint> {
    const { body } = await this.#transport.request('checkpoint', { ...options, limit: MAX_NOTE_LENGTH });
    return this.key.open(decodeUtf8(body) ?? '');
  }

  /** The leaf's hash and its inclusion proof under `head`. @throws LogError proof_invalid; malformed_tile */
  async inclusionProof(
    index: number,
    head: TreeHead,
    options: RequestOptions = {},
  ): Promise<{ leafHash: Hash; hashes: Hash[] }> {
    const plan = planInclusion(index, head.size);
    const [found, ...nodes] = await this.#nodes([{ level: 0, index }, ...plan.nodes], head.size, options);
    const hashes = assembleProof(plan, nodes);
    verifyInclusion({ index, size: head.size, leafHash: found!, root: head.root, proof: hashes });
    return { leafHash: found!, hashes };
  }

  /**
   * The root that the tree of `head` had at a smaller size, with the proof that leads from it to `head`. Where that
   * root is not the one the log signed for the size, the log has signed two trees.
   * @throws LogError proof_invalid where the tiles do not belong to `head`
   */
  async rootAt(size: number, head: TreeHead, options: RequestOptions = {}): Promise<{ root: Hash; proof: Hash[] }> {
    if (size === 0) return { root: EMPTY_ROOT, proof: [] };
    const { range, proof } = await this.rangeAt(size, head, options);
    return { root: range.root(), proof };
  }

  /**
   * The tree that `head` had at a smaller size, above 0, by its peaks, to be appended to; with the proof that leads from
   * its root to `head`.
   * @throws LogError proof_invalid where the tiles do not belong to `head`
   */
  async rangeAt(
    size: number,
    head: TreeHead,
    options: RequestOptions = {},
  ): Promise<{ range: CompactRange; proof: Hash[] }> {
    const range = CompactRange.from(size, await this.#nodes(peaks(size), head.size, options));
    const plan = planConsistency(size, head.size);
    const proof = assembleProof(plan, await this.#nodes(plan.nodes, head.size, options));
    verifyConsistency({ first: size, second: head.size, firstRoot: range.root(), secondRoot: head.root, proof });
    return { range, proof };
  }

  /** The proof that `second` extends `first`. @throws LogError proof_invalid, also where it does not */
  async consistencyProof(first: TreeHead, second: TreeHead, options: RequestOptions = {}): Promise<Hash[]> {
    const { root, proof } = await this.rootAt(first.size, second, options);
    if (!equalBytes(root, first.root)) throw proofInvalid('the second tree does not begin with the first');
    return proof;
  }

  /**
   * The leaves [start, end) of the tree of `head`, bundle by bundle.
   * @throws LogError proof_invalid; malformed_tile
   */
  async *leaves(
    start: number,
    end: number,
    head: TreeHead,
    options: RequestOptions = {},
  ): AsyncGenerator<VerifiedLeaf> {
    if (start < 0 || end > head.size) throw new RangeError('the leaves must lie within the tree');
    for (let bundle = Math.floor(start / TILE_WIDTH); bundle * TILE_WIDTH < end; bundle++) {
      const leaves = await this.#bundle(bundle, head, options);
      const first = bundle * TILE_WIDTH;
      for (let index = Math.max(start, first); index < Math.min(end, first + leaves.length); index++) {
        yield leaves[index - first]!;
      }
    }
  }

  async #bundle(bundle: number, head: TreeHead, options: RequestOptions): Promise<VerifiedLeaf[]> {
    const first = bundle * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, head.size - first);
    const limit = TILE_WIDTH * (2 + MAX_LEAF_LENGTH);
    const body = await this.#fetchWide((w) => entriesPath(bundle, w), width, limit, options);
    const found = parseEntryBundle(body);
    if (found.length < width)
      throw new LogError('malformed_tile', 'the entry bundle holds fewer entries than it should');
    const leaves = found.slice(0, width).map((leaf, i) => ({ index: first + i, leaf, leafHash: leafHash(leaf) }));
    // The path of a tile's first leaf has every other leaf of the tile beside it, so this proof proves them all.
    const own = new Uint8Array(width * HASH_LENGTH);
    for (const [i, leaf] of leaves.entries()) own.set(leaf.leafHash, i * HASH_LENGTH);
    const plan = planInclusion(first, head.size);
    const nodes = await this.#nodes(plan.nodes, head.size, options, { level: 0, index: bundle, width, hashes: own });
    const proof = assembleProof(plan, nodes);
    verifyInclusion({ index: first, size: head.size, leafHash: leaves[0]!.leafHash, root: head.root, proof });
    return leaves;
  }

  /** Hashes of nodes of the tree of `size`, unverified. @param known a tile that need not be asked for */
  async #nodes(
    nodes: readonly NodeId[],
    size: number,
    options: RequestOptions,
    known?: TileId & { hashes: Uint8Array },
  ): Promise<Hash[]> {
    const hashes: Hash[] = [];
    for (const node of nodes) {
      const place = tileOfNode(node);
      const isKnown = known !== undefined && known.level === place.level && known.index === place.index;
      const tile = isKnown ? known.hashes : await this.#tile(place.level, place.index, size, options);
      hashes.push(nodeInTile(tile, place));
    }
    return hashes;
  }

  /** A tile as wide as the tree of `size` has it. */
  async #tile(level: number, index: number, size: number, options: RequestOptions): Promise<Uint8Array> {
    const width = Math.min(TILE_WIDTH, hashesAtLevel(level, size) - index * TILE_WIDTH);
    const path = (w: number) => tilePath({ level, index, width: w });
    const cached = this.#tiles.get(path(width));
    if (cached !== undefined) return cached;
    const tile = await this.#fetchWide(path, width, TILE_WIDTH * HASH_LENGTH, options);
    this.#tiles.set(path(width), tile);
    if (this.#tiles.size > CACHED_TILES) this.#tiles.delete(this.#tiles.keys().next().value!);
    return tile;
  }

  /** A log may drop a partial tile once the full one exists (tlog-tiles §Partial tiles). */
  async #fetchWide(
    path: (width: number) => string,
    width: number,
    limit: number,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    try {
      return (await this.#transport.request(path(width), { ...options, limit })).body;
    } catch (error) {
      const isGone = isLogError(error) && (error.details?.status === 404 || error.details?.status === 410);
      if (!isGone || width === TILE_WIDTH) throw error;
      return (await this.#transport.request(path(TILE_WIDTH), { ...options, limit })).body;
    }
  }
}
