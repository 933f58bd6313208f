/**
 * A second implementation of the tree, to compare the first one with: the recursive definitions of RFC 6962 §2.1
 * written down as they stand, with BigInt and node:crypto, sharing no code with src. Slow and obvious on purpose.
 */
import { createHash } from 'node:crypto';

/** MTH(D[start:end]) of some list of entries D. */
export type TreeHash = (start: bigint, end: bigint) => Buffer;

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const naiveLeafHash = (leaf: Uint8Array): Buffer => sha256(Uint8Array.of(0), leaf);
export const naiveNodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Uint8Array.of(1), left, right);

/** "Let k be the largest power of two smaller than n." */
function largestPowerBelow(n: bigint): bigint {
  let k = 1n;
  while (k * 2n < n) k *= 2n;
  return k;
}

/** A tree of given leaves. Results are remembered, since the tests ask for every range many times. */
export function naiveTree(leaves: readonly Uint8Array[]): TreeHash {
  const known = new Map<string, Buffer>();
  const mth: TreeHash = (start, end) => {
    if (start === end) return sha256();
    const key = `${start} ${end}`;
    let hash = known.get(key);
    if (hash === undefined) {
      const k = end - start === 1n ? 0n : largestPowerBelow(end - start);
      hash =
        k === 0n ? naiveLeafHash(leaves[Number(start)]!) : naiveNodeHash(mth(start, start + k), mth(start + k, end));
      known.set(key, hash);
    }
    return hash;
  };
  return mth;
}

/** A tree of any size in which all leaves are equal but for a few, whose hashes are given by index. */
export function virtualTree(filler: Uint8Array, special: ReadonlyMap<bigint, Uint8Array> = new Map()): TreeHash {
  const uniform = new Map<bigint, Buffer>();
  const indexes = [...special.keys()].sort((a, b) => (a < b ? -1 : 1));
  const anyIn = (start: bigint, end: bigint): boolean => {
    let [low, high] = [0, indexes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (indexes[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low < indexes.length && indexes[low]! < end;
  };
  const mth: TreeHash = (start, end) => {
    const width = end - start;
    if (width === 0n) return sha256();
    if (width === 1n) return naiveLeafHash(special.get(start) ?? filler);
    const mixed = anyIn(start, end);
    const known = mixed ? undefined : uniform.get(width);
    if (known !== undefined) return known;
    const k = largestPowerBelow(width);
    const hash = naiveNodeHash(mth(start, start + k), mth(start + k, end));
    if (!mixed) uniform.set(width, hash);
    return hash;
  };
  return mth;
}

/** PATH(m, D[n]), RFC 6962 §2.1.1, for the leaves [start, end). */
export function naivePath(mth: TreeHash, m: bigint, start: bigint, end: bigint): Buffer[] {
  const n = end - start;
  if (n === 1n) return [];
  const k = largestPowerBelow(n);
  return m < k
    ? [...naivePath(mth, m, start, start + k), mth(start + k, end)]
    : [...naivePath(mth, m - k, start + k, end), mth(start, start + k)];
}

/** PROOF(m, D[n]), RFC 6962 §2.1.2, for 0 < m <= n. */
export function naiveConsistency(mth: TreeHash, m: bigint, n: bigint): Buffer[] {
  const subproof = (m: bigint, start: bigint, end: bigint, complete: boolean): Buffer[] => {
    const n = end - start;
    if (m === n) return complete ? [] : [mth(start, end)];
    const k = largestPowerBelow(n);
    return m <= k
      ? [...subproof(m, start, start + k, complete), mth(start + k, end)]
      : [...subproof(m - k, start + k, end, false), mth(start, start + k)];
  };
  return subproof(m, 0n, n, true);
}

/** SUBTREE_PROOF(start, end, D_n), draft-ietf-plants-merkle-tree-certs §4, for start < end <= n. */
export function naiveSubtreeConsistency(mth: TreeHash, start: bigint, end: bigint, n: bigint): Buffer[] {
  const subproof = (start: bigint, end: bigint, low: bigint, high: bigint, complete: boolean): Buffer[] => {
    if (start === low && end === high) return complete ? [] : [mth(low, high)];
    const middle = low + largestPowerBelow(high - low);
    if (end <= middle) return [...subproof(start, end, low, middle, complete), mth(middle, high)];
    if (start >= middle) return [...subproof(start, end, middle, high, complete), mth(low, middle)];
    return [...subproof(middle, end, middle, high, false), mth(low, middle)];
  };
  return subproof(start, end, 0n, n, true);
}

/** The smallest power of two not below n. */
export function bitCeil(n: bigint): bigint {
  let power = 1n;
  while (power < n) power *= 2n;
  return power;
}
