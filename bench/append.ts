/** Appending batches, as each commit does: copy the edge, add the leaves, compute the root. */
import { nobleNodeHash } from './hashing.ts';
import { edgeOfSize, randomHashes, TREE_SIZES } from './large-tree.ts';
import { type Effort, measure } from './measure.ts';
import { formatSpread, type Section } from './report.ts';

const BATCHES = [1, 16, 256, 4096];

export function benchAppend(effort: Effort): Section {
  const cases = TREE_SIZES.flatMap((size) => BATCHES.map((batch) => ({ size, batch })));
  const candidates = cases.map(({ size, batch }) => {
    const edge = edgeOfSize(size);
    const leaves = randomHashes(batch);
    const run = () => {
      edge.append(leaves).edge.root();
    };
    return { name: `${size}+${batch}`, operations: batch, run };
  });
  const [node, ...timings] = measure([nobleNodeHash(), ...candidates], effort);
  const rows = timings.map(({ nanoseconds, spread }, i) => ({
    what: 'append and root',
    'tree size': cases[i]!.size,
    batch: cases[i]!.batch,
    'ns/leaf': nanoseconds,
    spread: formatSpread(spread),
    'leaves/s': 1e9 / nanoseconds,
    ratio: nanoseconds / node!.nanoseconds,
  }));
  const notes = ['ratio: in node hashes by @noble/hashes. A leaf needs one node hash, a batch some more for its root.'];
  return { name: 'append', title: 'Append: leaf hashes to the edge of a tree', rows, notes };
}
