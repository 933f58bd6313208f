/**
 * Hashes many nodes of the Merkle tree at once (RFC 9162 §2.1.1): with the SIMD kernel where the engine can run it and
 * it agrees with @noble/hashes, with @noble/hashes everywhere else. Nobody but whoever measures can tell the difference.
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { equalBytes } from './bytes.ts';
import { CONSTANTS_LENGTH, loadSha256Kernel, type Sha256Kernel } from './sha256-kernel.ts';

/** Bytes of a pair of hashes and of their node's hash. */
const PAIR = 64;
const NODE = 32;

/** How tree nodes are hashed here: four at a time in WebAssembly SIMD, or one at a time in JavaScript. */
export type NodeHashing = 'wasm-simd' | 'noble';

export interface NodeHasher {
  readonly implementation: NodeHashing;
  /** Why the kernel is not used, where it is not. */
  readonly reason: string | undefined;
  /**
   * Bytes to put pairs into and find hashes in: at least `length`, of any content. It is the hasher's own and the same
   * for all its callers, so it is nobody's beyond the next call of whatever may call this.
   */
  workspace(length: number): Uint8Array;
  /**
   * Hashes `count` pairs that lie one after another at `from`, 64 bytes each, to `to`, 32 bytes each. Offsets are in the
   * workspace last asked for. `to` is `from`, or neither range reaches into the other. May also overwrite up to
   * `OVERRUN` bytes behind the last hash.
   */
  hashPairs(from: number, to: number, count: number): void;
}

/** Bytes behind its result that `hashPairs` may write to, within the workspace. */
export const OVERRUN = 3 * NODE;

let chosen: NodeHasher | undefined;

/** The hasher of this thread, chosen and tested at the first call: some milliseconds. */
export function nodeHasher(): NodeHasher {
  chosen ??= chooseNodeHasher(loadSha256Kernel);
  return chosen;
}

/** The kernel where it loads and passes its test, otherwise @noble/hashes with the reason. */
export function chooseNodeHasher(load: (memory: WebAssembly.Memory) => Sha256Kernel): NodeHasher {
  try {
    const hasher = simdNodeHasher(load);
    if (agrees(hasher)) return hasher;
    return portableNodeHasher('the SIMD kernel computed a wrong hash');
  } catch (error) {
    return portableNodeHasher(`WebAssembly SIMD is not available: ${(error as Error).message}`);
  }
}

/** WebAssembly's unit of memory, bytes. */
const PAGE = 65_536;
/** Where the workspace begins; the kernel reads one byte before what it hashes. */
const START = CONSTANTS_LENGTH + PAIR;

function simdNodeHasher(load: (memory: WebAssembly.Memory) => Sha256Kernel): NodeHasher {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(START / PAGE) + 4 });
  const kernel = load(memory);
  let space = new Uint8Array(memory.buffer, START);
  return {
    implementation: 'wasm-simd',
    reason: undefined,
    workspace(length) {
      if (length > space.length) {
        memory.grow(Math.ceil((length - space.length) / PAGE));
        space = new Uint8Array(memory.buffer, START);
      }
      return space;
    },
    hashPairs(from, to, count) {
      // A group of four takes less time than three single nodes, and about as much as two.
      const singles = count % 4 < 3 ? count % 4 : 0;
      const groups = Math.ceil((count - singles) / 4);
      if (groups > 0) kernel.hashGroups(START + from, START + to, groups);
      const done = 4 * groups;
      if (singles > 0) kernel.hashEach(START + from + PAIR * done, START + to + NODE * done, singles);
    },
  };
}

export function portableNodeHasher(reason: string): NodeHasher {
  let space = new Uint8Array(PAGE);
  const node = new Uint8Array(1 + PAIR).fill(0x01, 0, 1);
  return {
    implementation: 'noble',
    reason,
    workspace(length) {
      if (length > space.length) {
        const larger = new Uint8Array(2 * length);
        larger.set(space);
        space = larger;
      }
      return space;
    },
    hashPairs(from, to, count) {
      for (let i = 0; i < count; i++) {
        node.set(space.subarray(from + PAIR * i, from + PAIR * (i + 1)), 1);
        space.set(nobleSha256(node), to + NODE * i);
      }
    },
  };
}

/** Compares with @noble/hashes, every last byte of a node once, in groups and one at a time. */
function agrees(hasher: NodeHasher): boolean {
  const expected = portableNodeHasher('');
  const count = 256;
  const [first, second] = [hasher, expected].map((one) => {
    const to = PAIR * count;
    const space = one.workspace(to + NODE * count + 2 * NODE);
    // A sequence that repeats no byte at the same place of neighbouring nodes; the last bytes are 0 to 255.
    for (let i = 0; i < to; i++)
      space[i] = i % PAIR === PAIR - 1 ? Math.floor(i / PAIR) : (i * 167 + (i >> 6) * 59) >> 2;
    one.hashPairs(0, to, count);
    one.hashPairs(PAIR * 7, to + NODE * count, 2);
    return space.slice(to, to + NODE * (count + 2));
  });
  return equalBytes(first!, second!);
}
