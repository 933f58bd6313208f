/** Holds a node hasher to @noble/hashes and to node:crypto, on random pairs. */
import { hash, randomFillSync } from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import type { NodeHasher } from '../../src/core/node-hasher.ts';

const PAIR = 64;

/** Hashes `count` random pairs, `from` bytes into the workspace. @throws Error with the first pair that differs */
export function compareNodes(hasher: NodeHasher, count: number, from: number): void {
  const to = from + PAIR * count;
  const space = hasher.workspace(to + 32 * count + 96);
  randomFillSync(space, from, PAIR * count);
  const pairs = space.slice(from, to);
  hasher.hashPairs(from, to, count);
  const node = new Uint8Array(1 + PAIR).fill(1, 0, 1);
  for (let i = 0; i < count; i++) {
    node.set(pairs.subarray(PAIR * i, PAIR * (i + 1)), 1);
    const got = Buffer.from(space.subarray(to + 32 * i, to + 32 * (i + 1)));
    const agree = got.equals(sha256(node)) && got.toString('hex') === hash('sha256', node);
    if (!agree) throw new Error(`pair ${i} of ${count} at ${from} differs: ${Buffer.from(node).toString('hex')}`);
  }
}
