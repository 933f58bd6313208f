/**
 * Inclusion and consistency proofs (RFC 9162 §2.1.3, §2.1.4): which nodes a proof needs, the proof from their hashes,
 * and the two verification algorithms.
 */
import { assertSize, equalBytes } from './bytes.ts';
import { LogError } from './errors.ts';
import { EMPTY_ROOT, HASH_LENGTH, type Hash, nodeHash } from './hash.ts';
import { bitLength, foldPeaks, type NodeId, powerOfTwo, rangePeaks, splitPoint, trailingZeros } from './merkle.ts';

/** The stored nodes from which a proof is assembled. */
export interface ProofPlan {
  /**
   * Perfect subtrees to read, in the order of the proof: from the leaf's side to the root's, and from left to right
   * within `fold`.
   */
  nodes: NodeId[];
  /** `nodes[start]` up to, not including, `nodes[end]` fold into one hash of the proof; `undefined` where none do. */
  fold: { start: number; end: number } | undefined;
}

/**
 * Plans the proof that leaf `index` is in the tree of `size` leaves.
 * @throws RangeError unless 0 ≤ index < size < 2^53
 */
export function planInclusion(index: number, size: number): ProofPlan {
  assertSize(size, 'size');
  assertSize(index, 'index');
  if (index >= size) throw new RangeError('index must be below size');
  return planPath({ level: 0, index }, size);
}

/**
 * Plans the proof that the tree of `first` leaves is a prefix of the tree of `second` leaves. Nothing needs to be
 * proved, and the plan is empty, where the sizes are equal or `first` is 0.
 * @throws RangeError unless 0 ≤ first ≤ second < 2^53
 */
export function planConsistency(first: number, second: number): ProofPlan {
  assertSize(second, 'second');
  assertSize(first, 'first');
  if (first > second) throw new RangeError('first must not be above second');
  if (first === 0 || first === second) return { nodes: [], fold: undefined };
  // The last peak of the old tree is a node of the new one; its path leads over all other peaks of the old tree.
  const level = trailingZeros(first);
  const lastPeak: NodeId = { level, index: first / powerOfTwo(level) - 1 };
  const path = planPath(lastPeak, second);
  if (lastPeak.index === 0) return path; // the old tree is this node, and whoever verifies has its root
  return {
    nodes: [lastPeak, ...path.nodes],
    fold: path.fold && { start: path.fold.start + 1, end: path.fold.end + 1 },
  };
}

/** The siblings on the way from a perfect subtree to the root. */
function planPath(from: NodeId, size: number): ProofPlan {
  const target = from.index * powerOfTwo(from.level);
  // Down from the root, until the walk is inside a perfect subtree: at its first turn to the left at the latest, which
  // is also the only one that meets an imperfect sibling.
  const above: NodeId[][] = [];
  let [start, end] = [0, size];
  while (powerOfTwo(bitLength(end - start) - 1) !== end - start) {
    const middle = start + splitPoint(end - start);
    if (target < middle) {
      above.push(rangePeaks(middle, end));
      end = middle;
    } else {
      above.push(rangePeaks(start, middle));
      start = middle;
    }
  }
  const nodes: NodeId[] = [];
  // Up to that subtree's root, every node has one sibling: the other of its pair.
  const top = bitLength(end - start) - 1;
  let index = from.index;
  for (let level = from.level; level < top; level++) {
    const isLeft = index % 2 === 0;
    nodes.push({ level, index: isLeft ? index + 1 : index - 1 });
    index = (isLeft ? index : index - 1) / 2;
  }
  let fold: ProofPlan['fold'];
  for (const sibling of above.reverse()) {
    if (sibling.length > 1) fold = { start: nodes.length, end: nodes.length + sibling.length };
    nodes.push(...sibling);
  }
  return { nodes, fold };
}

/**
 * The proof from the hashes of `plan.nodes`, given in the same order.
 * @throws RangeError where there are more or fewer hashes than nodes
 */
export function assembleProof(plan: ProofPlan, hashes: readonly Hash[]): Hash[] {
  if (hashes.length !== plan.nodes.length) throw new RangeError('a proof needs one hash for each node of its plan');
  if (plan.fold === undefined) return [...hashes];
  const { start, end } = plan.fold;
  return [...hashes.slice(0, start), foldPeaks(hashes.slice(start, end)), ...hashes.slice(end)];
}

/** What an inclusion proof claims, but for the root. */
export interface InclusionPath {
  index: number;
  size: number;
  leafHash: Hash;
  /** From the leaf's sibling to the root's child. */
  proof: readonly Hash[];
}

/**
 * The root that an inclusion proof leads to (RFC 9162 §2.1.3.2). Proves nothing until it is compared.
 * @throws LogError proof_invalid where index and size do not fit, or the proof has not exactly the length they require
 */
export function rootFromInclusion({ index, size, leafHash, proof }: InclusionPath): Hash {
  if (!isSize(index) || !isSize(size) || index >= size) throw invalid('the index does not lie below the tree size');
  checkHashes(proof);
  checkHashes([leafHash]);
  let [fn, sn] = [index, size - 1];
  let root = leafHash;
  for (const sibling of proof) {
    if (sn === 0) throw invalid('the proof is longer than index and size allow');
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(sibling, root);
      // At the right edge there is no sibling until the path next comes from the right.
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      root = nodeHash(root, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) throw invalid('the proof is shorter than index and size require');
  return root;
}

/**
 * Verifies that the leaf with this hash is entry `index` of the tree with this size and root.
 * @throws LogError proof_invalid for every proof that does not show exactly this, however it is malformed
 */
export function verifyInclusion(claim: InclusionPath & { root: Hash }): void {
  checkHashes([claim.root]);
  if (!equalBytes(rootFromInclusion(claim), claim.root)) throw invalid('the inclusion proof leads to another root');
}

/** Two trees and the proof that the second extends the first. */
export interface ConsistencyClaim {
  first: number;
  second: number;
  firstRoot: Hash;
  secondRoot: Hash;
  proof: readonly Hash[];
}

/**
 * Verifies that the tree of `second` leaves begins with the leaves of the tree of `first` (RFC 9162 §2.1.4.2).
 * From 0 to a larger size nothing can be proved, so that always fails.
 * @throws LogError proof_invalid for every proof that does not show exactly this, however it is malformed
 */
export function verifyConsistency({ first, second, firstRoot, secondRoot, proof }: ConsistencyClaim): void {
  if (!isSize(first) || !isSize(second) || first > second)
    throw invalid('the first size does not lie within the second');
  checkHashes([firstRoot, secondRoot]);
  if (first === second) {
    if (proof.length !== 0) throw invalid('between equal sizes the proof must be empty');
    if (!equalBytes(firstRoot, secondRoot)) throw invalid('two roots are claimed for one size');
    if (first === 0 && !equalBytes(firstRoot, EMPTY_ROOT))
      throw invalid('the root of size 0 is not that of the empty tree');
    return;
  }
  const roots = rootsFromConsistency({ first, second, firstRoot, proof });
  if (!equalBytes(roots.first, firstRoot)) throw invalid('the consistency proof leads to another first root');
  if (!equalBytes(roots.second, secondRoot)) throw invalid('the consistency proof leads to another second root');
}

/**
 * The two roots that a consistency proof between different sizes leads to. Prove nothing until both are compared.
 * @throws LogError proof_invalid where `first` is 0 or not below `second`, or the proof has not exactly the length that
 *   they require
 */
export function rootsFromConsistency({ first, second, firstRoot, proof }: Omit<ConsistencyClaim, 'secondRoot'>): {
  first: Hash;
  second: Hash;
} {
  if (!isSize(first) || !isSize(second) || first >= second) throw invalid('the first size is not below the second');
  if (first === 0) throw invalid('consistency with the empty tree cannot be proved');
  checkHashes([firstRoot]);
  checkHashes(proof);
  let [fn, sn] = [first - 1, second - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  // fn is 0 where `first` is a power of two: its root is then a node of the new tree and not part of the proof.
  const [start, ...path] = fn === 0 ? [firstRoot, ...proof] : proof;
  if (start === undefined) throw invalid('the proof is shorter than the sizes require');
  let [oldRoot, newRoot] = [start, start];
  for (const sibling of path) {
    if (sn === 0) throw invalid('the proof is longer than the sizes allow');
    if (fn % 2 === 1 || fn === sn) {
      oldRoot = nodeHash(sibling, oldRoot);
      newRoot = nodeHash(sibling, newRoot);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      newRoot = nodeHash(newRoot, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) throw invalid('the proof is shorter than the sizes require');
  return { first: oldRoot, second: newRoot };
}

/** floor(n / 2): the right shift of the RFC's algorithms, for numbers beyond 32 bits. */
export function half(n: number): number {
  return Math.floor(n / 2);
}

/** True for a number that can be a tree size or an index. */
export function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** @throws LogError proof_invalid unless each is 32 bytes */
export function checkHashes(hashes: readonly Hash[]): void {
  for (const hash of hashes) {
    if (!(hash instanceof Uint8Array) || hash.length !== HASH_LENGTH) throw invalid('a hash is not 32 bytes');
  }
}

function invalid(message: string): LogError {
  return new LogError('proof_invalid', message);
}
