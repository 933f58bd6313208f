/**
 * Geometry of the Merkle tree (RFC 9162 §2.1.1): which perfect subtrees a tree of n leaves is made of. Sizes and
 * indexes run to 2^53-1, so nothing here uses bit operators, which would cut them to 32 bits.
 */
import { assertSize } from './bytes.ts';
import { type Hash, nodeHash } from './hash.ts';

/** A perfect subtree: the leaves [index · 2^level, (index + 1) · 2^level). Level 0 is a leaf. */
export interface NodeId {
  /** 0 to 52. */
  level: number;
  /** Counted from the left among the subtrees of this level. */
  index: number;
}

const POWERS = Array.from({ length: 54 }, (_, exponent) => 2 ** exponent);

/** 2^exponent, exact for exponents 0 to 53. */
export function powerOfTwo(exponent: number): number {
  const power = POWERS[exponent];
  if (power === undefined) throw new RangeError('exponent must be an integer from 0 to 53');
  return power;
}

/** Number of binary digits of a size: 0 for 0, 1 for 1, 2 for 2 and 3, … 53 for 2^53-1. */
export function bitLength(size: number): number {
  const high = Math.floor(size / 0x1_0000_0000);
  return high === 0 ? 32 - Math.clz32(size) : 64 - Math.clz32(high);
}

/** Largest power of two below `size`, where a tree of that size splits (RFC 9162 §2.1.1); `size` is 2 or more. */
export function splitPoint(size: number): number {
  return powerOfTwo(bitLength(size - 1) - 1);
}

/** Number of times that 2 divides `size`; `size` is 1 or more. */
export function trailingZeros(size: number): number {
  let zeros = 0;
  for (let rest = size; rest % 2 === 0; rest /= 2) zeros++;
  return zeros;
}

/**
 * The perfect subtrees that make up the leaves [start, end), left to right, largest first. `start` must be a multiple
 * of the smallest power of two that is not below `end - start`; every right part of an RFC 9162 split is such a range.
 */
export function rangePeaks(start: number, end: number): NodeId[] {
  const nodes: NodeId[] = [];
  let next = start;
  for (let rest = end - start; rest > 0; ) {
    const level = bitLength(rest) - 1;
    const width = powerOfTwo(level);
    nodes.push({ level, index: next / width });
    next += width;
    rest -= width;
  }
  return nodes;
}

/**
 * The compact range of [0, size): the perfect subtrees of a tree of `size` leaves, left to right.
 * @throws RangeError where `size` is no safe integer of 0 or more
 */
export function peaks(size: number): NodeId[] {
  assertSize(size, 'size');
  return rangePeaks(0, size);
}

/** The root over adjoining subtrees as `rangePeaks` lists them: folded from the right (RFC 9162 §2.1.1). One or more. */
export function foldPeaks(hashes: readonly Hash[]): Hash {
  let root = hashes.at(-1);
  if (root === undefined) throw new RangeError('there is nothing to fold');
  for (let i = hashes.length - 2; i >= 0; i--) root = nodeHash(hashes[i]!, root);
  return root;
}
