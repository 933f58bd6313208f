import { isLogError } from '../../src/core/errors.ts';

/** 'accepted', the code of the LogError, or whatever else was thrown: so that a RangeError never passes for a verdict. */
export function verdict(verify: () => unknown): unknown {
  try {
    verify();
    return 'accepted';
  } catch (error) {
    return isLogError(error) ? error.code : error;
  }
}

/** A copy with one bit changed. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
