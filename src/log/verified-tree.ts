/**
 * The tree as read from storage, every hash of it authenticated by the published root before it is handed out: the
 * edge against the root, each full tile against its hash in the tile above.
 */
import { equalBytes } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { EMPTY_ROOT, HASH_LENGTH, type Hash } from '../core/hash.ts';
import { foldPeaks, type NodeId, peaks } from '../core/merkle.ts';
import { NewNodes } from '../core/new-nodes.ts';
import { assembleProof, type ProofPlan } from '../core/proof.ts';
import { hashesAtLevel, TILE_HEIGHT, TILE_WIDTH, tileOfNode } from '../core/tile.ts';
import type { TileEdge } from '../core/tile-edge.ts';
import type { LogRows } from './ports.ts';
import { readEdge } from './stored-edge.ts';

/** Full tiles kept with all their nodes, about 16 kB each. */
const CACHED_TILES = 1024;

/** Above this many new leaves the edge is read anew instead of being extended. */
const MAX_EXTENSION = 4 * TILE_WIDTH;

export class VerifiedTree {
  readonly #rows: LogRows;
  /** The edge at the newest published head that was read from; extended, never shortened. */
  #edge: TileEdge;
  /** Authenticated full tiles by level and index, least recently used first. Full tiles never change. */
  readonly #tiles = new Map<string, NewNodes>();
  /** By tile level: the nodes of the partial tile that was read last. */
  readonly #partials: { size: number; nodes: NewNodes }[] = [];

  /** @throws LogError corrupt where what is stored does not give this root */
  constructor(rows: LogRows, size: number, root: Hash) {
    this.#rows = rows;
    this.#edge = readEdge(rows, size, root);
  }

  get size(): number {
    return this.#edge.size;
  }

  /** Moves to a newer published head. @throws LogError corrupt */
  advance(size: number, root: Hash): void {
    if (size === this.#edge.size) return;
    if (size - this.#edge.size > MAX_EXTENSION) {
      this.#edge = readEdge(this.#rows, size, root);
      return;
    }
    const { edge: next } = this.#edge.append(this.#rows.leafHashes(this.#edge.size, size));
    if (next.size !== size || !equalBytes(next.root(), root)) {
      throw new LogError('corrupt', `the stored leaves do not give the published root at size ${size}`);
    }
    this.#edge = next;
  }

  /** The hash of a perfect subtree within the published size. */
  node(id: NodeId): Hash {
    const place = tileOfNode(id);
    const isFull = place.index < Math.floor(hashesAtLevel(place.level, this.#edge.size) / TILE_WIDTH);
    const nodes = isFull ? this.#fullTile(place.level, place.index) : this.#partialTile(place.level);
    const hash = nodes.node({ level: place.height, index: place.offset });
    if (hash === undefined) throw new LogError('corrupt', 'a node of the tree is missing');
    return hash;
  }

  /** The root at any size up to the published one. */
  root(size: number): Hash {
    return size === 0 ? EMPTY_ROOT : foldPeaks(peaks(size).map((peak) => this.node(peak)));
  }

  proof(plan: ProofPlan): Hash[] {
    return assembleProof(
      plan,
      plan.nodes.map((node) => this.node(node)),
    );
  }

  /** The first `width` hashes of a tile, joined. */
  tile(level: number, index: number, width: number): Uint8Array {
    const hashes = new Uint8Array(width * HASH_LENGTH);
    const height = level * TILE_HEIGHT;
    for (let i = 0; i < width; i++) {
      hashes.set(this.node({ level: height, index: index * TILE_WIDTH + i }), i * HASH_LENGTH);
    }
    return hashes;
  }

  /** Part of the edge, so authenticated by the root that the edge was checked against. */
  #partialTile(level: number): NewNodes {
    const size = hashesAtLevel(level, this.#edge.size);
    let partial = this.#partials[level];
    if (partial?.size !== size) {
      partial = { size, nodes: NewNodes.ofTree(this.#edge.partial(level)) };
      this.#partials[level] = partial;
    }
    return partial.nodes;
  }

  /** A tile is a tree of its own, from its hashes as leaves to its root. */
  #fullTile(level: number, index: number): NewNodes {
    const name = `${level}/${index}`;
    const cached = this.#tiles.get(name);
    if (cached !== undefined) {
      this.#tiles.delete(name);
      this.#tiles.set(name, cached);
      return cached;
    }
    const stored = this.#rows.tile(level, index);
    if (stored === undefined || stored.length !== TILE_WIDTH * HASH_LENGTH) {
      throw new LogError('corrupt', `tile ${name} is missing or of another length`);
    }
    const nodes = NewNodes.ofTree(stored);
    // Its root is a hash of the tile above, which is authenticated in turn, up to the edge.
    const expected = this.node({ level: (level + 1) * TILE_HEIGHT, index });
    if (!equalBytes(nodes.node({ level: TILE_HEIGHT, index: 0 })!, expected)) {
      throw new LogError('corrupt', `tile ${name} does not give its hash in the tile above`);
    }
    this.#tiles.set(name, nodes);
    if (this.#tiles.size > CACHED_TILES) this.#tiles.delete(this.#tiles.keys().next().value!);
    return nodes;
  }
}
