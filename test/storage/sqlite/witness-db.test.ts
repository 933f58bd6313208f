import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/connection.ts';
import { WitnessDatabase } from '../../../src/storage/sqlite/witness-db.ts';

const ORIGIN = 'log.example';
const head = (size: number, fill = size, time = 100 + size) => ({
  size,
  root: Buffer.alloc(32, fill),
  time,
  note: `note of ${size}`,
});

let folder: string;
let file: string;
let store: WitnessDatabase;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-witness-'));
  file = join(folder, 'witness.db');
  store = new WitnessDatabase(file);
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the memory of a witness', () => {
  it('knows nothing at first', () => {
    expect([store.head(ORIGIN), store.identity()]).toEqual([undefined, undefined]);
  });

  it('keeps the newest head of each log', () => {
    expect(store.replace(ORIGIN, undefined, head(3))).toBe(true);
    expect(store.replace(ORIGIN, store.head(ORIGIN), head(5))).toBe(true);
    expect(store.replace('other.example', undefined, head(1))).toBe(true);
    expect([store.head(ORIGIN), store.head('other.example')]).toEqual([head(5), head(1)]);
  });

  it('survives a restart', () => {
    store.setIdentity('witness.example+key');
    store.replace(ORIGIN, undefined, head(3));
    store.close();
    store = new WitnessDatabase(file);
    expect([store.head(ORIGIN), store.identity()]).toEqual([head(3), 'witness.example+key']);
  });

  it.each([
    ['nothing, where there is something', undefined],
    ['another size', head(2)],
    ['another root', head(3, 9)],
    ['another time', head(3, 3, 1)],
  ])('replaces nothing on the strength of %s', (_, believed) => {
    store.replace(ORIGIN, undefined, head(3));
    expect(store.replace(ORIGIN, believed, head(7))).toBe(false);
    expect(store.head(ORIGIN)).toEqual(head(3));
  });

  it('lets one of two processes have a size', () => {
    const second = new WitnessDatabase(file);
    try {
      store.replace(ORIGIN, undefined, head(3));
      const seen = second.head(ORIGIN);
      expect(store.replace(ORIGIN, seen, head(5, 1))).toBe(true);
      expect(second.replace(ORIGIN, seen, head(5, 2))).toBe(false);
    } finally {
      second.close();
    }
  });
});

describe('the file itself', () => {
  it.each([
    ['a smaller size', 'UPDATE heads SET size = 2'],
    ['another root at the size', 'UPDATE heads SET root = zeroblob(32)'],
    ['an earlier time', 'UPDATE heads SET time = 1'],
    ['no head', 'DELETE FROM heads'],
  ])('refuses %s', (_, sql) => {
    store.replace(ORIGIN, undefined, head(3));
    const db = openDatabase(file, { synchronous: 'FULL', pageSize: 4096 });
    try {
      expect(() => db.exec(sql)).toThrow(/only grows|never forgotten/);
    } finally {
      db.close();
    }
  });
});
