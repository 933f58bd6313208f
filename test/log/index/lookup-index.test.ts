import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TierReader, TierWriter } from '../../../src/log/index/index-ports.ts';
import { LookupIndex } from '../../../src/log/index/lookup-index.ts';
import { type ExtraKey, Tail } from '../../../src/log/index/tail.ts';
import { openTierReader, openTierWriter } from '../../../src/storage/sqlite/index-db.ts';

const SEGMENT = 2;
const KEYS = [3, 2 ** 41, 2 ** 44 + 3, 2 ** 47 + 1];
const logId = new Uint8Array(32).fill(1);

interface Announcement {
  keys: number[];
  extras: ExtraKey[];
}

/** The index as the machine holds it, and beside it every pair ever announced. */
class Machine {
  readonly #file: string;
  readonly announced: Announcement[] = [];
  #writer!: TierWriter;
  #reader!: TierReader;
  #tail!: Tail;
  #index!: LookupIndex;

  constructor(file: string) {
    this.#file = file;
    this.#open();
  }

  append(announcement: Announcement): void {
    this.#tail.append(this.announced.length, announcement.keys, announcement.extras);
    this.announced.push(announcement);
  }

  /** Merges up to so many segments; `word` tells whether the merger lived to report the last one. */
  merge(segments: number, word: boolean): void {
    for (let merges = 0; merges < segments; merges++) {
      const segment = this.#tail.sealed(this.#writer.merged());
      if (segment === undefined) return;
      this.#tail.drop(segment.start);
      while (this.#writer.merge(segment));
    }
    if (word) this.#tail.drop(this.#writer.merged());
  }

  /** Merges one more segment in part, if there is one. */
  mergeInPart(steps: number): void {
    const segment = this.#tail.sealed(this.#writer.merged());
    if (segment === undefined) return;
    this.#tail.drop(segment.start);
    for (let step = 0; step < steps && this.#writer.merge(segment); step++);
  }

  settle(steps: number): void {
    for (let step = 0; step < steps && this.#writer.settle(); step++);
  }

  killMerger(): void {
    this.#writer.close();
    this.#writer = this.#openWriter();
  }

  /** All memory is lost, and the file too where told so. */
  restart(deleted: boolean): void {
    this.close();
    if (deleted) rmSync(this.#file);
    this.#open();
  }

  close(): void {
    this.#reader.close();
    this.#writer.close();
  }

  find(key: number, before: number, limit: number): number[] {
    return this.#index.candidates(key, before, limit);
  }

  findAll(keys: readonly number[], limit: number): number[][] {
    const found = this.#index.candidatesOfAll(keys, limit);
    return keys.map((key) => found.get(key) ?? []);
  }

  expected(key: number, before: number, limit: number): number[] {
    const hits = new Set<number>();
    for (const [index, { keys, extras }] of this.announced.entries()) {
      if (index < before && keys.includes(key)) hits.add(index);
      for (const extra of extras) if (extra.key === key && extra.index < before) hits.add(extra.index);
    }
    return [...hits].sort((a, b) => b - a).slice(0, limit);
  }

  #openWriter(): TierWriter {
    const options = { logId, logSize: this.announced.length, segmentLength: SEGMENT, keysPerMerge: 2 };
    return openTierWriter(this.#file, options);
  }

  #open(): void {
    this.#writer = this.#openWriter();
    this.#reader = openTierReader(this.#file);
    const start = this.#writer.merged();
    this.#tail = new Tail(start, { segmentLength: SEGMENT });
    for (let index = start; index < this.announced.length; index++) {
      const { keys, extras } = this.announced[index]!;
      this.#tail.append(index, keys, extras);
    }
    this.#index = new LookupIndex(this.#reader, this.#tail);
  }
}

const key = fc.constantFrom(...KEYS);
const entry = fc.record({
  keys: fc.array(key, { maxLength: 3 }),
  attach: fc.array(fc.tuple(key, fc.nat()), { maxLength: 2 }),
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('append' as const),
      entries: fc.array(entry, { maxLength: 40, size: 'max' }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('merge' as const),
      segments: fc.constantFrom(1, 1, 20),
      word: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('mergeInPart' as const), steps: fc.constantFrom(1, 1, 2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('settle' as const), steps: fc.constantFrom(1, 63, 200) }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('killMerger' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restart' as const), deleted: fc.boolean() }) },
);

function run(machine: Machine, action: typeof step extends fc.Arbitrary<infer Step> ? Step : never): void {
  switch (action.does) {
    case 'append':
      for (const { keys, attach } of action.entries) {
        const size = machine.announced.length;
        const extras = size === 0 ? [] : attach.map(([key, n]) => ({ key, index: n % size }));
        machine.append({ keys, extras });
      }
      return;
    case 'merge':
      machine.merge(action.segments, action.word);
      return;
    case 'mergeInPart':
      machine.mergeInPart(action.steps);
      return;
    case 'settle':
      machine.settle(action.steps);
      return;
    case 'killMerger':
      machine.killMerger();
      return;
    case 'restart':
      machine.restart(action.deleted);
  }
}

describe('LookupIndex', () => {
  it('misses nothing and doubles nothing, however merges, moves, kills and look-ups follow each other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-lookup-'));
    let runs = 0;
    const steps = fc.array(step, { minLength: 5, maxLength: 40 });
    try {
      fc.assert(
        fc.property(steps, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 9 }), (steps, sizes, limit) => {
          const machine = new Machine(join(folder, `${runs++}.db`));
          try {
            for (const action of steps) {
              run(machine, action);
              const before = sizes.next().value! % (machine.announced.length + 1);
              for (const key of KEYS) {
                expect(machine.find(key, before, limit)).toEqual(machine.expected(key, before, limit));
                expect(machine.find(key, before, 1000)).toEqual(machine.expected(key, before, 1000));
              }
              const all = KEYS.map((key) => machine.expected(key, Number.MAX_SAFE_INTEGER, limit));
              expect(machine.findAll(KEYS, limit)).toEqual(all);
            }
          } finally {
            machine.close();
          }
        }),
        { numRuns: 40, interruptAfterTimeLimit: 15_000 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const tiers = (merged: number, rows: number[]): TierReader => ({
    merged: () => merged,
    candidates: (_, before, limit) => rows.filter((index) => index < before).slice(0, limit),
    candidatesOfAll: (keys, limit) => new Map(keys.map((key) => [key, rows.slice(0, limit)])),
    close: () => {},
  });

  it('is not made over a gap between tiers and tail', () => {
    expect(() => new LookupIndex(tiers(4, []), new Tail(5))).toThrow(RangeError);
  });

  it('puts an attached payload of an old entry behind newer entries of the tiers', () => {
    const tail = new Tail(10);
    tail.append(10, [1], [{ key: 1, index: 2 }]);
    const index = new LookupIndex(tiers(10, [8, 2, 1]), tail);
    expect([index.candidates(1, 11, 2), index.candidates(1, 11, 9)]).toEqual([
      [10, 8],
      [10, 8, 2, 1],
    ]);
  });

  it('leaves the tiers alone where the tail has enough', () => {
    const tail = new Tail(10);
    tail.append(10, [1]);
    const unread = { ...tiers(10, []), candidates: () => expect.unreachable() };
    expect(new LookupIndex(unread, tail).candidates(1, 11, 1)).toEqual([10]);
  });
});
