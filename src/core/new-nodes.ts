/**
 * The nodes that appending leaves adds to a tree (RFC 9162 §2.1.1), level by level: each level's are hashed in one call
 * over one stretch of memory, and no node is hashed twice.
 */
import { HASH_LENGTH, type Hash } from './hash.ts';
import type { NodeId } from './merkle.ts';
import { nodeHasher, OVERRUN } from './node-hasher.ts';

/** The nodes of one tree level. */
interface Level {
  /** Index of its first new node. */
  first: number;
  count: number;
  /** True where the node before the first new one is its left sibling, and lies before it. */
  hasLeft: boolean;
  /** Where the first new node's hash lies, bytes. */
  offset: number;
}

/**
 * All new nodes, and the old ones that they were joined with.
 */
export class NewNodes {
  readonly #levels: readonly Level[];
  /** Never written to once it is made; views of it are handed out. */
  readonly #hashes: Uint8Array;

  private constructor(levels: readonly Level[], hashes: Uint8Array) {
    this.#levels = levels;
    this.#hashes = hashes;
  }

  /** The nodes of a tree of its own, from the hashes of its leaves, 32 bytes each. */
  static ofTree(leafHashes: Uint8Array): NewNodes {
    return NewNodes.hash(0, noPeak, leafHashes);
  }

  /**
   * Two hashes of memory for each leaf, and one for each level.
   * @param size leaves of the tree before
   * @param peak the hash of its last node at a level whose number of nodes is odd
   * @param leafHashes 32 bytes for each new leaf
   */
  static hash(size: number, peak: (level: number) => Hash, leafHashes: Uint8Array): NewNodes {
    const levels = layOut(size, leafHashes.length / HASH_LENGTH);
    const length = levels.reduce((sum, { count }) => sum + HASH_LENGTH * (1 + count), 0);
    const hasher = nodeHasher();
    const space = hasher.workspace(length + OVERRUN);
    space.set(leafHashes, HASH_LENGTH);
    for (const [level, { count, hasLeft, offset }] of levels.entries()) {
      // Only now, since hashing the level below may have written beyond its end.
      if (hasLeft) space.set(peak(level), offset - HASH_LENGTH);
      const above = levels[level + 1];
      if (above !== undefined) {
        const from = hasLeft ? offset - HASH_LENGTH : offset;
        hasher.hashPairs(from, above.offset, Math.floor((count + (hasLeft ? 1 : 0)) / 2));
      }
    }
    return new NewNodes(levels, space.slice(0, length));
  }

  /** The hash of a node, a view of 32 bytes; undefined where it is neither new nor the left sibling of a new one. */
  node({ level, index }: NodeId): Hash | undefined {
    const nodes = this.#levels[level];
    if (nodes === undefined) return undefined;
    const position = index - nodes.first;
    if (position >= nodes.count || position < (nodes.hasLeft ? -1 : 0)) return undefined;
    const at = nodes.offset + HASH_LENGTH * position;
    return this.#hashes.subarray(at, at + HASH_LENGTH);
  }

  /** The hashes of a level's new nodes, joined; a view, empty where there are none. */
  added(level: number): Uint8Array {
    const nodes = this.#levels[level];
    return nodes === undefined
      ? this.#hashes.subarray(0, 0)
      : this.#hashes.subarray(nodes.offset, nodes.offset + HASH_LENGTH * nodes.count);
  }
}

/** One stretch for each level that gets new nodes, with room for a left sibling before them. */
function layOut(size: number, leaves: number): Level[] {
  const levels: Level[] = [];
  let [first, end, offset] = [size, size + leaves, HASH_LENGTH];
  while (end > first) {
    const count = end - first;
    levels.push({ first, count, hasLeft: first % 2 === 1, offset });
    offset += HASH_LENGTH * (count + 1);
    [first, end] = [Math.floor(first / 2), Math.floor(end / 2)];
  }
  return levels;
}

function noPeak(): never {
  throw new RangeError('an empty tree has no peaks');
}
