/** Appending batches of leaf hashes as each commit does, root included; and rebuilding a whole tree. */
import { HASH_LENGTH } from '../../src/core/hash.ts';
import { TileEdge } from '../../src/core/tile-edge.ts';
import type { Candidate } from '../measure.ts';
import { edgeOfSize, randomHashes, TREE_SIZES } from './large-tree.ts';

const BATCHES = [1, 16, 256, 4096];
const REBUILT = 1e6;
const REBUILD_BATCH = 4096;

/** `append/1e6/4096`: leaf hashes are given, an operation is a leaf. */
export function appendCandidates(): Candidate[] {
  const appends = TREE_SIZES.flatMap((size) => {
    const edge = edgeOfSize(size);
    return BATCHES.map((batch): Candidate => {
      const leaves = randomHashes(batch);
      const run = () => {
        edge.append(leaves).edge.root();
      };
      return { name: `append/${exponential(size)}/${batch}`, operations: batch, run };
    });
  });
  const leaves = randomHashes(REBUILT);
  const rebuild = () => {
    let edge = TileEdge.empty();
    for (let at = 0; at < leaves.length; at += REBUILD_BATCH * HASH_LENGTH) {
      edge = edge.append(leaves.subarray(at, at + REBUILD_BATCH * HASH_LENGTH)).edge;
    }
    edge.root();
  };
  return [...appends, { name: `rebuild/${exponential(REBUILT)}`, operations: REBUILT, run: rebuild }];
}

/** 1000 is `1e3`. */
export function exponential(size: number): string {
  return size.toExponential().replace('+', '');
}
