/**
 * The right edge of a log as it grows: the partial tiles, kept as trees of their nodes, so that every node is hashed
 * once and the proofs of a whole batch are assembled without reading storage.
 */
import { assertSize, concat } from './bytes.ts';
import { LogError } from './errors.ts';
import { EMPTY_ROOT, HASH_LENGTH, type Hash, nodeHash } from './hash.ts';
import { foldPeaks, type NodeId, peaks } from './merkle.ts';
import { hashesAtLevel, partialWidth, TILE_HEIGHT, TILE_LEVELS, tileOfNode } from './tile.ts';

/** A tile that an append has filled. */
export interface CompletedTile {
  level: number;
  index: number;
  /** 256 hashes, 8192 bytes. */
  hashes: Uint8Array;
  /** Root of the tile: its hash in the tile above. */
  root: Hash;
}

/** The nodes of a tile by height: row 0 the tile's hashes, row 8 its root once it is full. Only ever pushed to. */
type TileRows = Hash[][];

/** The full tiles of one level that appends have completed, a run without gaps. */
interface CompletedRun {
  firstIndex: number;
  tiles: TileRows[];
}

/** A log known by its partial tiles: what a writer needs of it to append, to state the root and to prove what it added. */
export class TileEdge {
  /** Number of leaves; only `append` moves it. */
  #size: number;
  /** The partial tile of each level. May be shared with clones; `#owned` says whether this edge may write to it. */
  readonly #partials: TileRows[];
  /** By level: true where no other edge holds the same rows. */
  readonly #owned: boolean[];
  /** By level: what appends have completed since this edge was made or `forgetCompleted` was called. Never shared. */
  #completed: CompletedRun[] = [];

  private constructor(size: number, partials: TileRows[], owned: boolean) {
    this.#size = size;
    this.#partials = partials;
    this.#owned = partials.map(() => owned);
  }

  /** The edge of the empty log. */
  static empty(): TileEdge {
    return TileEdge.from(0, []);
  }

  /**
   * The edge of a log from its partial tiles, at most 254 hashes for each level. That they belong to the log shows the
   * root only.
   * @param partials the hashes of the partial tile of each level, level 0 first; levels at the end may be missing
   *   where they are empty
   * @throws LogError corrupt where a tile has not the width that the size requires, or a hash is not 32 bytes
   */
  static from(size: number, partials: readonly (readonly Hash[])[]): TileEdge {
    assertSize(size, 'size');
    const tiles: TileRows[] = [];
    for (let level = 0; level < Math.max(TILE_LEVELS, partials.length); level++) {
      const hashes = partials[level] ?? [];
      if (hashes.length !== partialWidth(level, size) || hashes.some((hash) => hash.length !== HASH_LENGTH)) {
        throw new LogError('corrupt', 'the partial tiles do not fit the tree size', { at: `tile level ${level}` });
      }
      const rows = emptyRows();
      for (const hash of hashes) pushHash(rows, hash);
      tiles.push(rows);
    }
    return new TileEdge(size, tiles, true);
  }

  get size(): number {
    return this.#size;
  }

  /** The root hash, that of the empty log included. One hash for each peak but one. */
  root(): Hash {
    return this.#size === 0 ? EMPTY_ROOT : foldPeaks(peaks(this.#size).map((peak) => this.node(peak)!));
  }

  /**
   * An independent edge of the same log that remembers no completed tiles. Shares the partial tiles until either edge
   * appends; the first append copies the references of the tiles it changes, 510 for each level.
   */
  clone(): TileEdge {
    this.#owned.fill(false);
    return new TileEdge(this.#size, [...this.#partials], false);
  }

  /**
   * Adds leaves. Two hashes for each leaf at most, those of the leaves not counted.
   * @returns the tiles that became full, in the order in which they did: a tile before the one above it
   * @throws RangeError where a hash is not 32 bytes, or the log would pass 2^53-1 leaves; nothing is added then
   */
  append(leafHashes: readonly Hash[]): CompletedTile[] {
    assertSize(this.#size + leafHashes.length, 'size');
    if (leafHashes.some((hash) => hash.length !== HASH_LENGTH)) throw new RangeError('a leaf hash has 32 bytes');
    const completed: CompletedTile[] = [];
    for (const leafHash of leafHashes) {
      let carried: Hash | undefined = leafHash;
      this.#size++;
      for (let level = 0; carried !== undefined; level++) carried = this.#push(level, carried, completed);
    }
    return completed;
  }

  /** Adds a hash to a level's tile. Returns the hash to carry to the level above, where this one filled its tile. */
  #push(level: number, hash: Hash, completed: CompletedTile[]): Hash | undefined {
    let rows = this.#partials[level]!;
    if (!this.#owned[level]) {
      rows = rows.map((row) => [...row]);
      this.#partials[level] = rows;
      this.#owned[level] = true;
    }
    pushHash(rows, hash);
    const root = rows[TILE_HEIGHT]![0];
    if (root === undefined) return undefined;
    const index = hashesAtLevel(level + 1, this.#size) - 1;
    completed.push({ level, index, hashes: concat(...rows[0]!), root });
    this.#completed[level] ??= { firstIndex: index, tiles: [] };
    this.#completed[level].tiles.push(rows);
    this.#partials[level] = emptyRows();
    return root;
  }

  /** The hashes of the partial tile of a level, joined; empty where there is none. */
  partial(level: number): Uint8Array {
    return concat(...(this.#partials[level]?.[0] ?? []));
  }

  /**
   * The hash of a perfect subtree that lies in a partial tile, or in a tile completed since this edge was made or
   * `forgetCompleted` was called. That covers every node of an inclusion proof for leaves appended since then.
   */
  node(id: NodeId): Hash | undefined {
    const { level, index, height, offset } = tileOfNode(id);
    if (index === hashesAtLevel(level + 1, this.#size)) return this.#partials[level]?.[height]?.[offset];
    const run = this.#completed[level];
    return run?.tiles[index - run.firstIndex]?.[height]?.[offset];
  }

  /** Drops the completed tiles, once they are stored and the proofs that needed them are made. */
  forgetCompleted(): void {
    this.#completed = [];
  }
}

function emptyRows(): TileRows {
  return Array.from({ length: TILE_HEIGHT + 1 }, () => []);
}

/** Adds a hash to a tile that is not full, and every node it completes. */
function pushHash(rows: TileRows, hash: Hash): void {
  rows[0]!.push(hash);
  let node = hash;
  for (let height = 0, count = rows[0]!.length; height < TILE_HEIGHT && count % 2 === 0; height++, count /= 2) {
    node = nodeHash(rows[height]![count - 2]!, node);
    rows[height + 1]!.push(node);
  }
}
