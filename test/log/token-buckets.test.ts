import { describe, expect, it } from 'vitest';
import { TokenBuckets } from '../../src/log/token-buckets.ts';

function buckets(burst: number, perSecond: number, holders = 10) {
  let now = 0;
  const clock = { monotonic: () => now };
  return { buckets: new TokenBuckets({ burst, perSecond }, holders, clock), advance: (ms: number) => (now += ms) };
}

describe('TokenBuckets', () => {
  it('gives the burst at once, then what comes back', () => {
    const { buckets: b, advance } = buckets(2, 1);
    expect([b.take('a', 1), b.take('a', 1), b.take('a', 1)]).toEqual([0, 0, 1]);
    advance(400);
    expect(b.take('a', 1)).toBeCloseTo(0.6);
    advance(600);
    expect([b.take('a', 1), b.take('a', 1)]).toEqual([0, 1]);
  });

  it('never holds more than the burst', () => {
    const { buckets: b, advance } = buckets(2, 1);
    advance(1e9);
    expect([b.take('a', 1), b.take('a', 1), b.take('a', 1)]).toEqual([0, 0, 1]);
  });

  it('keeps holders apart', () => {
    const { buckets: b } = buckets(1, 1);
    expect([b.take('a', 1), b.take('b', 1), b.take('a', 1)]).toEqual([0, 0, 1]);
  });

  it('lends a full bucket to what is larger than the burst, and has it paid back', () => {
    const { buckets: b, advance } = buckets(10, 1);
    expect(b.take('a', 25)).toBe(0);
    advance(15_000);
    expect(b.take('a', 1)).toBe(1);
    advance(1_000);
    expect(b.take('a', 1)).toBe(0);
  });

  it('gives back', () => {
    const { buckets: b } = buckets(1, 1);
    b.take('a', 1);
    b.refund('a', 1);
    expect(b.take('a', 1)).toBe(0);
  });

  it('forgets the holder unseen for longest, so that memory is bounded', () => {
    const { buckets: b } = buckets(1, 1, 100);
    b.take('first', 1);
    for (let i = 0; i < 99; i++) b.take(`holder ${i}`, 1);
    expect(b.take('first', 1)).toBe(1);
    for (let i = 0; i < 10_000; i++) b.take(`other ${i}`, 1);
    expect(b.size).toBe(100);
    expect(b.take('first', 1)).toBe(0);
  });
});
