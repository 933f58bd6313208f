import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TierWriter } from '../../src/log/index/index-ports.ts';
import { LookupIndex } from '../../src/log/index/lookup-index.ts';
import { lookupKey } from '../../src/log/index/lookup-key.ts';
import { storedKeys } from '../../src/log/index/stored-keys.ts';
import { Tail } from '../../src/log/index/tail.ts';
import { openTierReader, openTierWriter } from '../../src/storage/sqlite/index-db.ts';
import { runMergeLoop } from '../../src/threads/merge-loop.ts';
import { Merger } from '../../src/threads/merger.ts';
import { attach, payloadOf, StoredEntries } from '../log/stored-entries.ts';

const SEGMENT = 4;
const logId = new Uint8Array(32).fill(9);

let folder: string;
let file: string;
let rows: StoredEntries;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-merger-'));
  file = join(folder, 'index.db');
  rows = new StoredEntries();
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Heard {
  merged: number[];
  failed: Promise<Error>;
}

type Damage = (writer: ReturnType<typeof openTierWriter>) => Partial<TierWriter>;

/** A merger whose thread is this one, at the other end of a channel. */
function startMerger(damage: Damage = () => ({})): {
  merger: Merger;
  heard: Heard;
  mergedUpTo(count: number): Promise<void>;
} {
  const merged: number[] = [];
  let waiting: { count: number; resolve(): void } | undefined;
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const events = {
    merged(through: number) {
      merged.push(through);
      if (waiting !== undefined && through >= waiting.count) waiting.resolve();
    },
    failed: (error: Error) => fail(error),
  };
  const merger = new Merger({ index: file, log: '', logId }, events, () => {
    const { port1, port2 } = new MessageChannel();
    const writer = openTierWriter(file, { logId, logSize: rows.head().size, segmentLength: SEGMENT });
    runMergeLoop({
      port: port2,
      writer: { ...writer, ...damage(writer) },
      log: { rows, close: () => {} },
      segments: { segmentLength: SEGMENT },
      retryDelay: 1,
    });
    return port1;
  });
  const mergedUpTo = (count: number) =>
    new Promise<void>((resolve) => {
      if ((merged.at(-1) ?? 0) >= count) resolve();
      else waiting = { count, resolve };
    });
  return { merger, heard: { merged, failed }, mergedUpTo };
}

function addEntries(count: number): void {
  for (let n = 0; n < count; n++) rows.add(`entry ${rows.head().size}`, payloadOf(`artifact ${rows.head().size}`));
}

/** How many entries the tiers find by the term that all payloads share. */
function found(): { merged: number; entries: number[] } {
  const reader = openTierReader(file);
  const key = lookupKey(reader.salt, { kind: 'predicateType', value: 'urn:test' });
  const state = { merged: reader.merged(), entries: reader.candidates(key, 2 ** 40, 10_000) };
  reader.close();
  return state;
}

const down = (from: number) => Array.from({ length: from }, (_, i) => from - 1 - i);

describe('rebuild', () => {
  it('merges all stored entries, segment by segment', async () => {
    addEntries(10);
    const { merger, heard } = startMerger();
    await merger.rebuild(10);
    expect([heard.merged, found()]).toEqual([[4, 8, 10], { merged: 10, entries: down(10) }]);
    await merger.close();
  });

  it('goes on where an earlier one was interrupted, and has nothing to do where all is there', async () => {
    addEntries(90);
    for (const through of [3, 50, 90, 90]) {
      const { merger } = startMerger();
      await merger.rebuild(through);
      await merger.close();
    }
    expect(found()).toEqual({ merged: 90, entries: down(90) });
  });

  it('builds a deleted index anew', async () => {
    addEntries(20);
    for (let round = 0; round < 2; round++) {
      const { merger } = startMerger();
      await merger.rebuild(20);
      await merger.close();
      expect(found()).toEqual({ merged: 20, entries: down(20) });
      rmSync(file);
    }
  });

  it('teaches an index that holds an entry of the payload that was attached afterwards', async () => {
    rows.add('bare');
    let { merger } = startMerger();
    await merger.rebuild(1);
    await merger.close();
    attach(rows, 0, payloadOf('bare'));
    ({ merger } = startMerger());
    await merger.rebuild(2);
    await merger.close();
    expect(found()).toEqual({ merged: 2, entries: [0] });
  });

  it('fails where the log has fewer entries than it should', async () => {
    addEntries(3);
    const { merger, heard } = startMerger();
    await expect(merger.rebuild(5)).rejects.toMatchObject({ code: 'corrupt' });
    expect(await heard.failed).toMatchObject({ code: 'corrupt' });
  });

  it('is given up when the merger is closed', async () => {
    addEntries(50);
    const { merger } = startMerger();
    const rebuilding = merger.rebuild(50);
    const refused = expect(rebuilding).rejects.toThrow(/closed/);
    await merger.close();
    await refused;
  });
});

describe('feed', () => {
  it('merges segments in order, however many are given at once, and no look-up misses an entry', async () => {
    const { merger, heard, mergedUpTo } = startMerger();
    await merger.rebuild(0);
    const reader = openTierReader(file);
    const tail = new Tail(0, { segmentLength: SEGMENT });
    const index = new LookupIndex(reader, tail);
    const key = lookupKey(reader.salt, { kind: 'predicateType', value: 'urn:test' });
    addEntries(102);
    let unsent = 0;
    for (const { index: entry, keys } of storedKeys(rows, reader.salt, 0, 102)) {
      tail.append(entry, keys);
      const segment = tail.sealed(unsent);
      if (segment === undefined) continue;
      unsent = segment.end;
      merger.feed(segment);
    }
    for (let count = SEGMENT; count <= 100; count += SEGMENT) {
      await mergedUpTo(count);
      expect(index.candidates(key, 102, 200)).toEqual(down(102));
      tail.drop(count);
      expect(index.candidates(key, 102, 200)).toEqual(down(102));
    }
    expect([heard.merged.at(-1), tail.start, reader.merged()]).toEqual([100, 100, 100]);
    reader.close();
    await merger.close();
  });

  it('moves full tiers on when it has nothing else to do', async () => {
    addEntries(20 * SEGMENT);
    const settled = new Promise<void>((resolve) => {
      const { merger } = startMerger((writer) => ({
        settle() {
          const moved = writer.settle();
          if (!moved && writer.merged() === 20 * SEGMENT) void merger.close().then(resolve);
          return moved;
        },
      }));
      void merger.rebuild(20 * SEGMENT);
    });
    await settled;
    const writer = openTierWriter(file, { logId, logSize: 1000, segmentLength: SEGMENT });
    expect([writer.settle(), found().entries]).toEqual([false, down(80)]);
    writer.close();
  });

  it('tries again what found no space', async () => {
    addEntries(8);
    let failures = 3;
    const { merger } = startMerger((writer) => ({
      merge(segment) {
        if (failures-- > 0) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
        return writer.merge(segment);
      },
    }));
    await merger.rebuild(8);
    await merger.close();
    expect(found()).toEqual({ merged: 8, entries: down(8) });
  });

  it('fails once on a segment out of turn, and the index is built anew at the next start', async () => {
    addEntries(8);
    const { merger, heard } = startMerger();
    await merger.rebuild(8);
    merger.feed({ start: 9, end: 10, keys: new Float64Array(0), indexes: new Float64Array(0) });
    expect(await heard.failed).toMatchObject({ code: 'corrupt' });
    await merger.close();
    await expect(merger.rebuild(8)).rejects.toMatchObject({ code: 'corrupt' });
    const again = startMerger();
    await again.merger.rebuild(8);
    expect(again.heard.merged).toEqual([4, 8]);
    await again.merger.close();
  });
});

describe('invalidate', () => {
  it('makes the next start build the index anew', async () => {
    addEntries(4);
    const { merger } = startMerger();
    await merger.rebuild(4);
    merger.invalidate();
    await merger.close();
    const again = startMerger();
    await again.merger.rebuild(4);
    expect(again.heard.merged).toEqual([4]);
    await again.merger.close();
  });
});
