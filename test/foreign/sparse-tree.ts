/**
 * A tree of any size that is computed instead of stored: a perfect subtree that no cut runs through has the hash
 * SHA-256("level/index"), and one that a cut runs through is made of its two halves. Cuts lie before and after the
 * leaf, or after the older tree, that a proof is about. go/sparse.go makes the same tree.
 */
import { utf8 } from '../../src/core/bytes.ts';
import { type Hash, nodeHash, sha256 } from '../../src/core/hash.ts';
import { foldPeaks, type NodeId, peaks, powerOfTwo } from '../../src/core/merkle.ts';
import { assembleProof, planConsistency, planInclusion } from '../../src/core/proof.ts';

function nodeOf({ level, index }: NodeId, cuts: readonly number[]): Hash {
  const width = powerOfTwo(level);
  if (!cuts.some((cut) => index * width < cut && cut < (index + 1) * width)) return sha256(utf8(`${level}/${index}`));
  const half = (side: 0 | 1) => nodeOf({ level: level - 1, index: 2 * index + side }, cuts);
  return nodeHash(half(0), half(1));
}

function rootOf(size: number, cuts: readonly number[]): Hash {
  return foldPeaks(peaks(size).map((node) => nodeOf(node, cuts)));
}

/** The proof, by our core, of one leaf. */
export function proveInclusion(index: number, size: number): { leafHash: Hash; root: Hash; hashes: Hash[] } {
  const cuts = [index, index + 1];
  const plan = planInclusion(index, size);
  const hashes = assembleProof(
    plan,
    plan.nodes.map((node) => nodeOf(node, cuts)),
  );
  return { leafHash: nodeOf({ level: 0, index }, cuts), root: rootOf(size, cuts), hashes };
}

/** The proof, by our core, between two sizes. */
export function proveConsistency(first: number, second: number): { firstRoot: Hash; secondRoot: Hash; hashes: Hash[] } {
  const cuts = [first];
  const plan = planConsistency(first, second);
  const hashes = assembleProof(
    plan,
    plan.nodes.map((node) => nodeOf(node, cuts)),
  );
  return { firstRoot: rootOf(first, cuts), secondRoot: rootOf(second, cuts), hashes };
}
