import { expect, it } from 'vitest';
import { bitLength, foldPeaks, peaks, powerOfTwo, splitPoint, trailingZeros } from '../../src/core/merkle.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const INTERESTING = [
  1,
  2,
  3,
  4,
  5,
  7,
  8,
  130,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 32 + 1,
  2 ** 40 + 12,
  MAX - 1,
  MAX,
];

it('counts binary digits beyond 32 bits', () => {
  expect(bitLength(0)).toBe(0);
  for (const n of INTERESTING) expect(bitLength(n)).toBe(BigInt(n).toString(2).length);
});

it('counts how often 2 divides', () => {
  for (const n of INTERESTING) expect(trailingZeros(n)).toBe(/0*$/.exec(BigInt(n).toString(2))![0].length);
});

it('splits at the largest power of two below', () => {
  for (const n of INTERESTING.slice(1)) {
    const k = splitPoint(n);
    expect(Math.log2(k) % 1).toBe(0);
    expect(k < n && 2 * k >= n).toBe(true);
  }
});

it('lists peaks from left to right without gaps, each smaller than the one before', () => {
  for (const size of INTERESTING) {
    let next = 0;
    let level = 54;
    for (const peak of peaks(size)) {
      expect(peak.level).toBeLessThan(level);
      expect(peak.index * powerOfTwo(peak.level)).toBe(next);
      next += powerOfTwo(peak.level);
      level = peak.level;
    }
    expect(next).toBe(size);
  }
  expect(peaks(0)).toEqual([]);
  expect(peaks(7)).toEqual([
    { level: 2, index: 0 },
    { level: 1, index: 2 },
    { level: 0, index: 6 },
  ]);
});

it.each([-1, 1.5, 2 ** 53, Number.NaN])('has no peaks for %d', (size) => {
  expect(() => peaks(size)).toThrow(RangeError);
});

it('has no powers beyond 2^53 and folds no empty list', () => {
  expect(powerOfTwo(53)).toBe(2 ** 53);
  expect(() => powerOfTwo(54)).toThrow(RangeError);
  expect(() => powerOfTwo(-1)).toThrow(RangeError);
  expect(() => foldPeaks([])).toThrow(RangeError);
});
