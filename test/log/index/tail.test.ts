import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExtraKey, Tail } from '../../../src/log/index/tail.ts';

/** Few keys, so that they meet; large ones among them, so that low and high bits both count. */
const key = fc.constantFrom(1, 2, 3, 2 ** 32 + 1, 2 ** 48 - 1);
const batch = fc.record({
  keys: fc.array(key, { maxLength: 4 }),
  extras: fc.array(fc.tuple(key, fc.nat()), { maxLength: 3 }),
});

/** What any structure has to answer: all pairs in a list. */
class Model {
  readonly pairs: [key: number, index: number, announcedBy: number][] = [];

  candidates(key: number, before: number, limit: number, from = 0): number[] {
    const hits = this.pairs.filter(([k, i, by]) => k === key && i < before && by >= from).map(([, i]) => i);
    return [...new Set(hits)].sort((a, b) => b - a).slice(0, limit);
  }
}

describe('Tail', () => {
  it('answers as a plain list does, whatever was appended and dropped', () => {
    fc.assert(
      fc.property(
        fc.array(batch, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(20),
        fc.tuple(key, fc.nat(60), fc.integer({ min: 0, max: 12 })),
        (batches, segmentLength, drops, [wanted, before, limit]) => {
          const tail = new Tail(0, { segmentLength });
          const model = new Model();
          for (const [index, { keys, extras }] of batches.entries()) {
            const older: ExtraKey[] = index === 0 ? [] : extras.map(([key, n]) => ({ key, index: n % index }));
            tail.append(index, keys, older);
            for (const key of keys) model.pairs.push([key, index, index]);
            for (const { key, index: i } of older) model.pairs.push([key, i, index]);
          }
          tail.drop(drops);
          const full = Math.floor(batches.length / segmentLength) * segmentLength;
          expect(tail.start).toBe(Math.min(full, Math.floor(drops / segmentLength) * segmentLength));
          expect(tail.candidates(wanted, before, limit)).toEqual(model.candidates(wanted, before, limit, tail.start));
        },
      ),
    );
  });

  it('holds more keys than it first has room for', () => {
    const tail = new Tail(0);
    for (let index = 0; index < 5000; index++) tail.append(index, [index * 2 ** 20, 7]);
    const found = [0, 1, 2500, 4999].map((index) => tail.candidates(index * 2 ** 20, 5000, 10));
    expect(found).toEqual([[0], [1], [2500], [4999]]);
    expect(tail.candidates(7, 3000, 3)).toEqual([2999, 2998, 2997]);
  });

  it('finds an entry once, however often it states the same term', () => {
    const tail = new Tail(0);
    tail.append(0, [5, 5]);
    tail.append(
      1,
      [5, 6, 5],
      [
        { key: 5, index: 0 },
        { key: 5, index: 0 },
      ],
    );
    expect(tail.candidates(5, 2, 10)).toEqual([1, 0]);
  });

  it('counts doubled extra keys once towards the limit', () => {
    const tail = new Tail(10);
    tail.append(
      10,
      [],
      [
        { key: 5, index: 9 },
        { key: 5, index: 9 },
        { key: 5, index: 8 },
      ],
    );
    expect(tail.candidates(5, 11, 2)).toEqual([9, 8]);
  });

  it('takes the next index only', () => {
    const tail = new Tail(3);
    tail.append(3, []);
    expect([() => tail.append(5, []), () => tail.append(3, [])].map(thrown)).toEqual([RangeError, RangeError]);
  });

  it('takes extra keys of older entries only', () => {
    const tail = new Tail(3);
    expect(thrown(() => tail.append(3, [], [{ key: 1, index: 3 }]))).toBe(RangeError);
    expect(tail.end).toBe(3);
  });

  it('hands out full segments with their extra keys, and keeps them', () => {
    const tail = new Tail(4, { segmentLength: 2 });
    tail.append(4, [40, 41]);
    expect(tail.sealed(4)).toBeUndefined();
    tail.append(5, [50], [{ key: 10, index: 1 }]);
    tail.append(6, [60]);
    expect(tail.sealed(4)).toEqual({
      start: 4,
      end: 6,
      keys: Float64Array.of(40, 41, 50, 10),
      indexes: Float64Array.of(4, 4, 5, 1),
    });
    expect([tail.sealed(5), tail.sealed(6)]).toEqual([undefined, undefined]);
    expect(tail.candidates(10, 6, 9)).toEqual([1]);
  });

  it('seals a segment early where its entries bring very many keys', () => {
    const tail = new Tail(0, { segmentKeys: 4 });
    tail.append(0, [1, 2, 3]);
    tail.append(1, [], [{ key: 4, index: 0 }]);
    tail.append(2, [5]);
    expect([tail.sealed(0)?.end, tail.sealed(2)]).toEqual([2, undefined]);
  });

  it('ends a segment early when told so, but makes no empty one', () => {
    const tail = new Tail(3);
    tail.seal();
    tail.append(3, [1]);
    tail.seal();
    tail.seal();
    expect([tail.sealed(3)?.end, tail.sealed(4), tail.end]).toEqual([4, undefined, 4]);
  });

  it('drops full segments below the count only', () => {
    const tail = new Tail(0, { segmentLength: 2 });
    for (let index = 0; index < 5; index++) tail.append(index, [index]);
    const starts = [1, 2, 3, 100].map((through) => {
      tail.drop(through);
      return tail.start;
    });
    expect([starts, tail.end]).toEqual([[0, 2, 2, 4], 5]);
  });

  it('is full when too many segments wait, until some are dropped', () => {
    const tail = new Tail(0, { segmentLength: 2, maxWaiting: 2 });
    const states: boolean[] = [];
    for (let index = 0; index < 6; index++) {
      tail.append(index, []);
      states.push(tail.full);
    }
    tail.drop(2);
    expect([states, tail.full]).toEqual([[false, false, false, false, false, true], false]);
  });
});

function thrown(step: () => unknown): unknown {
  try {
    step();
  } catch (error) {
    return (error as Error).constructor;
  }
  return undefined;
}
