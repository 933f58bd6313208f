/**
 * The right edge of a log: its partial tiles and its peaks, which is all that a writer needs to append, to state the
 * root, and to prove what it added. An edge never changes; appending makes a new one.
 */
import { assertSize } from './bytes.ts';
import { LogError } from './errors.ts';
import { EMPTY_ROOT, HASH_LENGTH, type Hash } from './hash.ts';
import { foldPeaks, type NodeId, peaks, powerOfTwo } from './merkle.ts';
import { NewNodes } from './new-nodes.ts';
import { hashesAtLevel, partialWidth, TILE_HEIGHT, TILE_LEVELS, TILE_WIDTH } from './tile.ts';

/** A tile that an append has filled. */
export interface CompletedTile {
  level: number;
  index: number;
  /** 256 hashes, 8192 bytes. */
  hashes: Uint8Array;
  /** Root of the tile: its hash in the tile above. */
  root: Hash;
}

const TILE_LENGTH = TILE_WIDTH * HASH_LENGTH;

/**
 * A tile being filled. Edges that follow each other share it, and each knows only as many of its hashes as its own size
 * says; so adding to it costs what is added, and no edge sees another's additions.
 */
interface OpenTile {
  /** 8192 bytes. */
  readonly hashes: Uint8Array;
  /** Hashes that some edge has put there; only ever raised. */
  filled: number;
}

/** What an append did. */
export class Growth {
  /** The edge of the longer log. */
  readonly edge: TileEdge;
  /** The tiles that became full, level by level and from left to right. */
  readonly tiles: CompletedTile[];
  readonly #before: TileEdge;
  readonly #nodes: NewNodes;

  constructor(before: TileEdge, edge: TileEdge, tiles: CompletedTile[], nodes: NewNodes) {
    this.edge = edge;
    this.tiles = tiles;
    this.#before = before;
    this.#nodes = nodes;
  }

  /**
   * The hash of a node, a view of 32 bytes, where it is new or a peak of the log before. That is every node of an
   * inclusion proof for a new leaf, and of the consistency proof from the log before, at any size that the log passed.
   */
  node(id: NodeId): Hash | undefined {
    return this.#nodes.node(id) ?? this.#before.peakNode(id);
  }
}

export class TileEdge {
  /** Number of leaves. */
  readonly size: number;
  /** By tile level, up to the last that has a partial tile. */
  readonly #tiles: readonly OpenTile[];
  /** By tree level: the hash of the last node, where their number is odd. Owned by this edge, 32 bytes each. */
  readonly #peaks: readonly (Hash | undefined)[];
  #root: Hash | undefined;

  private constructor(size: number, tiles: readonly OpenTile[], peakHashes: readonly (Hash | undefined)[]) {
    this.size = size;
    this.#tiles = tiles;
    this.#peaks = peakHashes;
  }

  /** The edge of the empty log. */
  static empty(): TileEdge {
    return new TileEdge(0, [], []);
  }

  /**
   * The edge of a log from its partial tiles. That they belong to the log shows the root only.
   * @param partials for each tile level, lowest first, the hashes of its partial tile, joined; levels at the end may be
   *   missing where they are empty
   * @throws LogError corrupt where a tile has not the width that the size requires
   */
  static from(size: number, partials: readonly Uint8Array[]): TileEdge {
    assertSize(size, 'size');
    const tiles: OpenTile[] = [];
    const peakHashes: (Hash | undefined)[] = [];
    for (let level = 0; level < Math.max(TILE_LEVELS, partials.length); level++) {
      const hashes = partials[level] ?? new Uint8Array(0);
      const width = partialWidth(level, size);
      if (hashes.length !== width * HASH_LENGTH) {
        throw new LogError('corrupt', 'the partial tiles do not fit the tree size', { at: `tile level ${level}` });
      }
      tiles.push({ hashes: padded(hashes), filled: width });
      const nodes = NewNodes.ofTree(hashes);
      for (const peak of peaks(width)) peakHashes[TILE_HEIGHT * level + peak.level] = nodes.node(peak)!.slice();
    }
    return new TileEdge(size, tiles, peakHashes);
  }

  /** The root hash, that of the empty log included. One hash for each peak but one, once. */
  root(): Hash {
    this.#root ??= this.size === 0 ? EMPTY_ROOT : foldPeaks(this.peakHashes());
    return this.#root;
  }

  /** The hash of each peak, in the order of `peaks(size)`. */
  peakHashes(): Hash[] {
    return peaks(this.size).map(({ level }) => this.peak(level));
  }

  /** The hash of the peak of this tree level. @throws RangeError where the size has none */
  peak(level: number): Hash {
    const peak = this.#peaks[level];
    if (peak === undefined) throw new RangeError('a tree of this size has no peak of this level');
    return peak;
  }

  /** The hash of a node that is a peak; undefined for any other. */
  peakNode({ level, index }: NodeId): Hash | undefined {
    return index === Math.floor(this.size / powerOfTwo(level)) - 1 ? this.#peaks[level] : undefined;
  }

  /** The hashes of the partial tile of a level, joined; a view, empty where there is none. */
  partial(level: number): Uint8Array {
    const width = partialWidth(level, this.size);
    return this.#tiles[level]?.hashes.subarray(0, width * HASH_LENGTH) ?? new Uint8Array(0);
  }

  /**
   * The edge with leaves added. One node hash for each leaf, and one for each level at most.
   * @param leafHashes 32 bytes for each
   * @throws RangeError where they are no whole hashes, or the log would pass 2^53-1 leaves
   */
  append(leafHashes: Uint8Array): Growth {
    const count = leafHashes.length / HASH_LENGTH;
    if (!Number.isInteger(count)) throw new RangeError('a leaf hash has 32 bytes');
    const size = this.size + count;
    assertSize(size, 'size');
    const nodes = NewNodes.hash(this.size, (level) => this.peak(level), leafHashes);
    const { open, completed } = this.#fillTiles(nodes);
    const edge = new TileEdge(size, open, this.#peaksAfter(size, nodes));
    return new Growth(this, edge, completed, nodes);
  }

  #fillTiles(nodes: NewNodes): { open: OpenTile[]; completed: CompletedTile[] } {
    const open = [...this.#tiles];
    const completed: CompletedTile[] = [];
    for (let level = 0; ; level++) {
      let rest = nodes.added(TILE_HEIGHT * level);
      if (rest.length === 0) break;
      let index = Math.floor(hashesAtLevel(level, this.size) / TILE_WIDTH);
      let width = partialWidth(level, this.size);
      while (rest.length > 0) {
        const tile = writable(open[level], width);
        const taken = rest.subarray(0, TILE_LENGTH - width * HASH_LENGTH);
        tile.hashes.set(taken, width * HASH_LENGTH);
        width += taken.length / HASH_LENGTH;
        tile.filled = width;
        open[level] = tile;
        rest = rest.subarray(taken.length);
        if (width < TILE_WIDTH) break;
        const root = nodes.node({ level: TILE_HEIGHT * (level + 1), index })!.slice();
        completed.push({ level, index, hashes: tile.hashes, root });
        open[level] = { hashes: new Uint8Array(TILE_LENGTH), filled: 0 };
        index++;
        width = 0;
      }
    }
    return { open, completed };
  }

  #peaksAfter(size: number, nodes: NewNodes): (Hash | undefined)[] {
    const after: (Hash | undefined)[] = [];
    for (const peak of peaks(size)) {
      // Of its own, since a view would keep all nodes of the batch alive.
      after[peak.level] = nodes.node(peak)?.slice() ?? this.peak(peak.level);
    }
    return after;
  }
}

/** The tile itself where nobody has put anything behind its first `width` hashes, otherwise a copy of those. */
function writable(tile: OpenTile | undefined, width: number): OpenTile {
  if (tile !== undefined && tile.filled === width) return tile;
  return { hashes: padded(tile?.hashes.subarray(0, width * HASH_LENGTH) ?? new Uint8Array(0)), filled: width };
}

function padded(hashes: Uint8Array): Uint8Array {
  const tile = new Uint8Array(TILE_LENGTH);
  tile.set(hashes);
  return tile;
}
