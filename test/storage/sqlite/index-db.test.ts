import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IndexSegment } from '../../../src/log/index/index-ports.ts';
import { openDatabase } from '../../../src/storage/sqlite/connection.ts';
import { openTierReader, openTierWriter } from '../../../src/storage/sqlite/index-db.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-index-'));
  file = join(folder, 'index.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const logId = new Uint8Array(32).fill(7);
const options = { logId, logSize: 1_000_000, segmentLength: 1 };
const STEP = 2 ** 42;

function segment(start: number, end: number, keysOf: (index: number) => number[]): IndexSegment {
  const keys: number[] = [];
  const indexes: number[] = [];
  for (let index = start; index < end; index++) {
    for (const key of keysOf(index)) {
      keys.push(key);
      indexes.push(index);
    }
  }
  return { start, end, keys: Float64Array.from(keys), indexes: Float64Array.from(indexes) };
}

/** A key of the entry's own, spread over all key ranges, and one that all share. */
const spread = (index: number) => [(index % 64) * STEP + index, 5];

function rows(): number[] {
  const db = openDatabase(file, { synchronous: 'NORMAL', pageSize: 4096, readonly: true });
  const counts = [1, 2, 3, 4].map((tier) => db.prepare(`SELECT count(*) FROM tier${tier}`).pluck().get() as number);
  db.close();
  return counts;
}

function inspect<T>(sql: string): T {
  const db = openDatabase(file, { synchronous: 'NORMAL', pageSize: 4096 });
  const value = db.prepare(sql).pluck().get() as T;
  db.close();
  return value;
}

function change(sql: string): void {
  const db = openDatabase(file, { synchronous: 'NORMAL', pageSize: 4096 });
  db.exec(sql);
  db.close();
}

/** An index of 100 entries, closed. */
function made(): Uint8Array {
  const writer = openTierWriter(file, options);
  writer.merge(segment(0, 100, spread));
  writer.close();
  return writer.salt;
}

describe('merge', () => {
  it('makes entries visible to a reader together with the count', () => {
    const writer = openTierWriter(file, options);
    const reader = openTierReader(file);
    writer.merge(segment(0, 120, spread));
    expect([reader.merged(), writer.merged(), reader.salt]).toEqual([120, 120, writer.salt]);
    expect(reader.candidates(5, 100, 3)).toEqual([99, 98, 97]);
    expect(reader.candidates(7 * STEP + 71, 120, 3)).toEqual([71]);
    expect(reader.candidates(6, 120, 3)).toEqual([]);
    expect([...reader.candidatesOfAll([5, 6, 7 * STEP + 71, 5], 2)]).toEqual([
      [5, [119, 118]],
      [7 * STEP + 71, [71]],
    ]);
    expect(reader.candidatesOfAll([], 2).size).toBe(0);
    reader.close();
    writer.close();
  });

  it('refuses a segment that does not start at the count, and stays as it was', () => {
    const writer = openTierWriter(file, options);
    writer.merge(segment(0, 10, spread));
    for (const [start, end] of [
      [0, 10],
      [9, 20],
      [11, 20],
      [10, 9],
    ] as const) {
      expect(() => writer.merge(segment(start, end, spread))).toThrow(expect.objectContaining({ code: 'corrupt' }));
    }
    expect(writer.merged()).toBe(10);
    writer.merge(segment(10, 20, spread));
    expect([writer.merged(), rows()]).toEqual([20, [40, 0, 0, 0]]);
    writer.close();
  });

  it('takes a long segment in several steps, and counts it with the last', () => {
    const writer = openTierWriter(file, options);
    const reader = openTierReader(file);
    const long = segment(0, 5000, spread);
    const seen: number[] = [];
    while (writer.merge(long)) seen.push(reader.merged());
    expect(seen).toEqual([0, 0]);
    expect([reader.merged(), rows()]).toEqual([5000, [10_000, 0, 0, 0]]);
    reader.close();
    writer.close();
  });

  it('merges anew what it was interrupted in, also where some of it has been moved on', () => {
    let writer = openTierWriter(file, options);
    writer.merge(segment(0, 128, spread));
    const long = segment(128, 5128, spread);
    writer.merge(long);
    writer.close();
    writer = openTierWriter(file, options);
    while (writer.settle());
    while (writer.merge(long));
    while (writer.settle());
    expect([writer.merged(), rows()[0]! + rows()[1]! + rows()[2]! + rows()[3]!]).toEqual([5128, 10_256]);
    const reader = openTierReader(file);
    expect(reader.candidates(5, 5128, 6000)).toEqual(Array.from({ length: 5128 }, (_, i) => 5127 - i));
    reader.close();
    writer.close();
  });

  it('neither repeats nor skips a segment that is offered again after a restart', () => {
    made();
    const writer = openTierWriter(file, options);
    expect(() => writer.merge(segment(0, 100, spread))).toThrow(/stands at entry 100/);
    writer.merge(segment(100, 200, spread));
    writer.close();
    expect(rows()).toEqual([400, 0, 0, 0]);
  });

  it('takes doubles, keys that an older entry got later, and entries without keys', () => {
    const writer = openTierWriter(file, options);
    writer.merge(segment(0, 3, () => [9, 9]));
    writer.merge({ start: 3, end: 6, keys: Float64Array.of(9, 11, 9), indexes: Float64Array.of(4, 1, 1) });
    const reader = openTierReader(file);
    expect([reader.candidates(9, 6, 9), reader.candidates(11, 6, 9), reader.merged()]).toEqual([[4, 2, 1, 0], [1], 6]);
    reader.close();
    writer.close();
  });

  it('stores keys and indexes beyond 32 bits', () => {
    const writer = openTierWriter(file, { ...options, logSize: Number.MAX_SAFE_INTEGER });
    const far = 2 ** 52 + 1;
    writer.merge({ start: 0, end: far + 1, keys: Float64Array.of(2 ** 48 - 1), indexes: Float64Array.of(far) });
    const reader = openTierReader(file);
    expect(reader.candidates(2 ** 48 - 1, far + 1, 1)).toEqual([far]);
    expect([...reader.candidatesOfAll([2 ** 48 - 1], 1)]).toEqual([[2 ** 48 - 1, [far]]]);
    reader.close();
    writer.close();
  });
});

describe('settle', () => {
  it('has nothing to do below sixteen segments', () => {
    const writer = openTierWriter(file, options);
    writer.merge(segment(0, 15, spread));
    expect([writer.settle(), rows()]).toEqual([false, [30, 0, 0, 0]]);
    writer.close();
  });

  it('moves an overfull tier in 64 steps, and at no step is an entry missed', () => {
    const writer = openTierWriter(file, options);
    const reader = openTierReader(file);
    writer.merge(segment(0, 128, spread));
    let steps = 0;
    while (writer.settle()) {
      steps += 1;
      expect(reader.candidates(5, 128, 200)).toHaveLength(128);
      expect(reader.candidates(spread(64 + (steps % 64))[0]!, 128, 2)).toEqual([64 + (steps % 64)]);
    }
    expect([steps, rows()]).toEqual([64, [0, 256, 0, 0]]);
    reader.close();
    writer.close();
  });

  it('goes on where it was interrupted', () => {
    let writer = openTierWriter(file, options);
    writer.merge(segment(0, 128, spread));
    let steps = 0;
    for (; writer.settle(); steps++) {
      writer.close();
      writer = openTierWriter(file, options);
    }
    writer.close();
    expect([steps, rows()]).toEqual([64, [0, 256, 0, 0]]);
  });

  it('takes segments in the middle of a move and counts them to the first tier', () => {
    const writer = openTierWriter(file, options);
    writer.merge(segment(0, 16, spread));
    for (let step = 0; step < 32; step++) writer.settle();
    writer.merge(segment(16, 20, spread));
    while (writer.settle());
    const fills = inspect<string>("SELECT fill1 || ' ' || fill2 FROM state");
    writer.close();
    const reader = openTierReader(file);
    const found = Array.from({ length: 20 }, (_, index) => reader.candidates(spread(index)[0]!, 20, 2)[0]);
    reader.close();
    expect([fills, found]).toEqual(['4 16', Array.from({ length: 20 }, (_, index) => index)]);
  });

  it('cascades to the last tier, and at no step is an entry missed', () => {
    const writer = openTierWriter(file, options);
    const reader = openTierReader(file);
    for (let start = 0; start < 6000; start += 1000) {
      writer.merge(segment(start, start + 1000, spread));
      for (let step = 0; writer.settle(); step++) {
        const moved = [step % 64, start + (step % 64)];
        expect(moved.map((index) => reader.candidates((index % 64) * STEP + index, 6000, 2))).toEqual(
          moved.map((index) => [index]),
        );
      }
    }
    const fills = inspect<string>("SELECT fill1 || ' ' || fill2 || ' ' || fill3 || ' ' || fill4 FROM state");
    expect([fills, reader.candidates(5, 6000, 20_000).length]).toEqual(['0 0 1000 5000', 6000]);
    reader.close();
    writer.close();
  });
});

describe('openTierWriter', () => {
  it('keeps what is usable', () => {
    const salt = made();
    const writer = openTierWriter(file, options);
    expect([writer.merged(), writer.salt]).toEqual([100, salt]);
    writer.close();
  });

  const unusable: [string, () => void][] = [
    ['deleted', () => rmSync(file)],
    ['empty', () => truncateSync(file, 0)],
    ['cut off', () => truncateSync(file, statSync(file).size - 4096)],
    ['cut off within a page', () => truncateSync(file, 5000)],
    ['another kind of file', () => writeFileSync(file, 'something else entirely'.repeat(1000))],
    ['without state', () => change('DELETE FROM state')],
    ['without a tier', () => change('DROP TABLE tier3')],
    ['of another format', () => change('UPDATE state SET format = format + 1')],
    ['of a newer schema', () => change("INSERT INTO migrations VALUES (2, 'later', zeroblob(32), 0)")],
    ['ahead of the log', () => change('UPDATE state SET merged = 1000001, fill1 = 1000001')],
    ['of counts that do not add up', () => change('UPDATE state SET fill2 = 1')],
  ];
  it.each(unusable)('begins anew where the file is %s', (_, damage) => {
    const salt = made();
    damage();
    const writer = openTierWriter(file, options);
    expect([writer.merged(), writer.salt]).not.toEqual([100, salt]);
    writer.merge(segment(0, 100, spread));
    const reader = openTierReader(file);
    expect([reader.merged(), reader.candidates(5, 100, 200).length]).toEqual([100, 100]);
    reader.close();
    writer.close();
  });

  it("begins anew where the file is another log's", () => {
    made();
    const writer = openTierWriter(file, { ...options, logId: new Uint8Array(32) });
    expect(writer.merged()).toBe(0);
    writer.close();
  });

  it('begins anew after the index was found to be damaged', () => {
    made();
    const found = openTierWriter(file, options);
    found.invalidate();
    found.close();
    const writer = openTierWriter(file, options);
    expect(writer.merged()).toBe(0);
    writer.close();
  });
});

describe('openTierReader', () => {
  it('prefers newer entries of an older tier to an old entry whose keys came late', () => {
    const writer = openTierWriter(file, options);
    writer.merge(segment(0, 16, spread));
    while (writer.settle());
    writer.merge({ start: 16, end: 17, keys: Float64Array.of(5), indexes: Float64Array.of(2) });
    const reader = openTierReader(file);
    expect([reader.candidates(5, 17, 1), reader.candidates(5, 17, 3)]).toEqual([[15], [15, 14, 13]]);
    reader.close();
    writer.close();
  });

  it('does not make a file', () => {
    expect(() => openTierReader(file)).toThrow(expect.objectContaining({ code: 'log_missing' }));
  });

  it('says that a damaged tier is corrupt', () => {
    const writer = openTierWriter(file, options);
    const large = segment(0, 5000, spread);
    while (writer.merge(large));
    writer.close();
    const root = inspect<number>("SELECT rootpage FROM sqlite_schema WHERE name = 'tier1'");
    const db = openDatabase(file, { synchronous: 'NORMAL', pageSize: 4096 });
    db.unsafeMode(true);
    db.pragma('writable_schema = ON');
    db.prepare("UPDATE sqlite_schema SET rootpage = ? WHERE name = 'tier2'").run(root + 100_000);
    db.close();
    expect(() => {
      const reader = openTierReader(file);
      try {
        reader.candidates(5, 100, 1);
      } finally {
        reader.close();
      }
    }).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });
});
