/** Hashing of nodes and leaves by every implementation that this Node offers. */
import { createHash, hash, randomBytes } from 'node:crypto';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { HASH_LENGTH, leafHash, nodeHash, sha256 } from '../../src/core/hash.ts';
import { nodeHasher, OVERRUN } from '../../src/core/node-hasher.ts';
import type { Candidate } from '../measure.ts';

/** Bytes of a leaf, without its prefix. */
export const LEAF_LENGTHS = [64, 256, 1_024, 3_000, 10_000];

/** Pairs of a call of the log's hasher; a commit's first level has a few to a few hundred, a rebuild's two thousand. */
const PAIRS = [1, 4, 16, 2_048];
const OPERATIONS = 32;

/** `node/log` is the hasher of trees as large batches and rebuilds call it, `node/log/N` with N pairs a call. */
export function nodeCandidates(): Candidate[] {
  const pair = randomBytes(2 * HASH_LENGTH);
  const [left, right] = [pair.subarray(0, HASH_LENGTH), pair.subarray(HASH_LENGTH)];
  const node = Buffer.concat([Uint8Array.of(0x01), pair]);
  const expected = createHash('sha256').update(node).digest();
  const ways: Record<string, () => Uint8Array> = {
    'node/noble': () => nobleSha256(node),
    // The log's one-shot form, output as text: the fastest that Node offers.
    'node/node-crypto': () => sha256(node),
    'node/node-crypto/hex': () => Buffer.from(hash('sha256', node, 'hex'), 'hex'),
    'node/node-crypto/buffer': () => hash('sha256', node, 'buffer'),
    'node/node-crypto/createHash': () => createHash('sha256').update(node).digest(),
    'node/log/single': () => nodeHash(left, right),
  };
  const hasher = nodeHasher();
  const calls = PAIRS.map((pairs): Candidate => {
    const to = 2 * HASH_LENGTH * pairs;
    const run = () => hasher.hashPairs(0, to, pairs);
    const space = hasher.workspace(to + HASH_LENGTH * pairs + OVERRUN);
    for (let i = 0; i < pairs; i++) space.set(pair, 2 * HASH_LENGTH * i);
    run();
    check('the log’s hasher', expected, hasher.workspace(0).slice(to, to + HASH_LENGTH));
    return { name: pairs === PAIRS.at(-1) ? 'node/log' : `node/log/${pairs}`, operations: pairs, run };
  });
  return [...calls, ...Object.entries(ways).map(([name, way]) => repeated(name, expected, way))];
}

export function leafCandidates(): Candidate[] {
  return LEAF_LENGTHS.flatMap((length) => {
    const leaf = randomBytes(length);
    const prefixed = Buffer.concat([Uint8Array.of(0x00), leaf]);
    const expected = createHash('sha256').update(prefixed).digest();
    return [
      repeated(`leaf/${length}/log`, expected, () => leafHash(leaf)),
      repeated(`leaf/${length}/noble`, expected, () => nobleSha256(prefixed)),
      // The log's own way but for putting the prefix before the leaf.
      repeated(`leaf/${length}/node-crypto`, expected, () => sha256(prefixed)),
      repeated(`leaf/${length}/node-crypto/createHash`, expected, () => createHash('sha256').update(prefixed).digest()),
    ];
  });
}

/** What the log runs on here, in words. */
export function hashingInUse(): string {
  const { implementation, reason } = nodeHasher();
  return reason === undefined ? implementation : `${implementation} (${reason})`;
}

function repeated(name: string, expected: Uint8Array, way: () => Uint8Array): Candidate {
  check(name, expected, way());
  const run = () => {
    for (let i = 0; i < OPERATIONS; i++) way();
  };
  return { name, operations: OPERATIONS, run };
}

function check(name: string, expected: Uint8Array, computed: Uint8Array): void {
  if (Buffer.compare(expected, computed) !== 0) throw new Error(`${name} computes another hash`);
}
