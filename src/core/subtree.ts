/**
 * Subtree proofs (draft-ietf-plants-merkle-tree-certs §4; C2SP tlog-witness `sign-subtree`): a subtree [start, end) is
 * a range of leaves that is hashed as a tree of its own.
 */
import { equalBytes } from './bytes.ts';
import { LogError } from './errors.ts';
import { EMPTY_ROOT, type Hash, nodeHash } from './hash.ts';
import { bitLength } from './merkle.ts';
import { checkHashes, half, isSize, verifyInclusion } from './proof.ts';

/**
 * True where [start, end) is a subtree: start is a multiple of the smallest power of two not below its width. Empty
 * ranges count.
 */
export function isSubtree(start: number, end: number): boolean {
  if (!isSize(start) || !isSize(end) || start > end) return false;
  const width = end - start;
  // 2 ** 53 is no safe integer, yet exact, and no start but 0 is a multiple of it.
  return start % (width < 2 ? 1 : 2 ** bitLength(width - 1)) === 0;
}

/**
 * Verifies that the leaf with this hash is entry `index` of the log, within the subtree [start, end) with this root.
 * @throws LogError proof_invalid for every proof that does not show exactly this
 */
export function verifySubtreeInclusion(claim: {
  /** In the log, not in the subtree. */
  index: number;
  start: number;
  end: number;
  leafHash: Hash;
  root: Hash;
  proof: readonly Hash[];
}): void {
  const { index, start, end, leafHash, root, proof } = claim;
  if (!isSubtree(start, end)) throw invalid('the range is not a subtree');
  if (!isSize(index) || index < start || index >= end) throw invalid('the index does not lie in the subtree');
  verifyInclusion({ index: index - start, size: end - start, leafHash, root, proof });
}

/**
 * Verifies that the subtree [start, end) with root `subtreeRoot` is part of the tree of `size` leaves with this root
 * (draft-ietf-plants-merkle-tree-certs §4.4). An empty subtree is part of every tree: its root must be the empty
 * tree's, the proof empty, and the tree's root is not looked at.
 * @throws LogError proof_invalid for every proof that does not show exactly this
 */
export function verifySubtreeConsistency(claim: {
  start: number;
  end: number;
  size: number;
  subtreeRoot: Hash;
  root: Hash;
  proof: readonly Hash[];
}): void {
  const { start, end, size, subtreeRoot, root, proof } = claim;
  if (!isSubtree(start, end)) throw invalid('the range is not a subtree');
  if (!isSize(size) || end > size) throw invalid('the subtree does not lie in the tree');
  checkHashes([subtreeRoot]);
  checkHashes(proof);
  if (start === end) {
    if (proof.length !== 0) throw invalid('for an empty subtree the proof must be empty');
    if (!equalBytes(subtreeRoot, EMPTY_ROOT)) throw invalid('the subtree root is not that of the empty tree');
    return;
  }
  checkHashes([root]);

  // fn: first leaf of the subtree, sn: its last, tn: last leaf of the tree; all three climb level by level.
  let [fn, sn, tn] = [start, end - 1, size - 1];
  const climb = () => {
    [fn, sn, tn] = [half(fn), half(sn), half(tn)];
  };
  while (fn !== sn && (sn === tn || sn % 2 === 1)) climb();
  // Where fn met sn the subtree is itself a node of the tree, and its root is not part of the proof.
  const [first, ...path] = fn === sn ? [subtreeRoot, ...proof] : proof;
  if (first === undefined) throw invalid('the proof is shorter than the sizes require');
  let [inner, outer] = [first, first];
  for (const sibling of path) {
    if (tn === 0) throw invalid('the proof is longer than the sizes allow');
    if (sn % 2 === 1 || sn === tn) {
      if (fn < sn) inner = nodeHash(sibling, inner);
      outer = nodeHash(sibling, outer);
      while (sn % 2 === 0 && sn !== 0) climb();
    } else {
      outer = nodeHash(outer, sibling);
    }
    climb();
  }
  if (tn !== 0) throw invalid('the proof is shorter than the sizes require');
  if (!equalBytes(inner, subtreeRoot)) throw invalid('the subtree proof leads to another subtree root');
  if (!equalBytes(outer, root)) throw invalid('the subtree proof leads to another root');
}

function invalid(message: string): LogError {
  return new LogError('proof_invalid', message);
}
