import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { verifyInclusion } from '../../src/core/proof.ts';
import { TileEdge } from '../../src/core/tile-edge.ts';
import { readFeedStatement } from '../../src/entry/submission/feed-statement.ts';
import type { LogReader } from '../../src/log/log.ts';
import { type BatchPlan, type LoggableEntry, planBatch } from '../../src/log/planner.ts';
import { MAX_COMPANIONS } from '../../src/log/ports.ts';
import { receiptWriter } from '../../src/log/receipts.ts';
import { naiveTree } from '../core/naive-merkle.ts';
import { attachedEntry, controlEntry, type EntryOptions, entryOf, feedEntry } from './loggable-entries.ts';
import { MemoryStore } from './memory-store.ts';

/** A log that is planned and written, and nothing else. */
class Planned {
  readonly store = new MemoryStore();
  edge = TileEdge.empty();
  feed = CompactRange.empty();
  statements = 0;

  plan(entries: LoggableEntry[]): BatchPlan {
    return planBatch({
      edge: this.edge,
      feed: this.feed,
      controls: feedEntry,
      entries,
      known: (entry) => this.store.known(entry),
      attached: (items) => {
        this.statements++;
        return attachedEntry(items);
      },
    });
  }

  async write(entries: LoggableEntry[]): Promise<BatchPlan> {
    const plan = this.plan(entries);
    await this.store.commit(plan.commit, () => ({
      ...plan.commit.next,
      note: `size ${plan.commit.next.size}`,
      time: 1,
    }));
    this.edge = plan.growth.edge;
    this.feed = plan.feed.after;
    return plan;
  }
}

const log = () => new Planned();
const named = (count: number, from = 0) => Array.from({ length: count }, (_, i) => entryOf(`entry ${from + i}`));
const outcomes = (plan: BatchPlan) =>
  plan.outcomes.map(({ index, payload, attachedAt, duplicate }) => [index, payload, attachedAt ?? '-', duplicate]);

describe('new entries', () => {
  it('take the next indexes in order, and may be found by their keys', async () => {
    const plan = await log().write(named(3));
    expect(plan.commit.entries.map((row) => row.index)).toEqual([0, 1, 2]);
    expect(plan.indexed).toEqual(named(3).map(({ keys }, index) => ({ index, keys, extra: [] })));
    expect(outcomes(plan)).toEqual([0, 1, 2].map((index) => [index, 'absent', '-', false]));
  });

  it('are the same log in whatever batches they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 5 }), async (sizes) => {
        const [batched, single] = [log(), log()];
        const total = sizes.reduce((sum, size) => sum + size, 0);
        let start = 0;
        for (const size of sizes) {
          await batched.write(named(size, start));
          start += size;
        }
        for (const entry of named(total)) await single.write([entry]);
        expect(toHex(batched.edge.root())).toBe(toHex(single.edge.root()));
        expect(batched.store.stored).toEqual(single.store.stored);
        expect(batched.store.tiles).toEqual(single.store.tiles);
        const mth = naiveTree(named(total).map(({ leaf }) => leaf));
        expect(toHex(batched.edge.root())).toBe(mth(0n, BigInt(total)).toString('hex'));
      }),
      { numRuns: 10 },
    );
  });

  it.each([1, 2, 255, 256, 257, 600])('are all proved by the edge of their batch, %d of them', async (count) => {
    const planned = log();
    await planned.write(named(300, 1000));
    const plan = await planned.write(named(count));
    const unused = new Proxy({} as LogReader, {
      get: () => {
        throw new Error('a new entry needs no storage');
      },
    });
    const receipts = receiptWriter(unused);
    const head = { ...plan.commit.next, note: 'note', time: 1 };
    for (const outcome of plan.outcomes) {
      const { leafHash, inclusionProof } = receipts.write(plan, outcome, head);
      const { index, treeSize, hashes, rootHash } = inclusionProof;
      verifyInclusion({ index, size: treeSize, leafHash, proof: hashes, root: rootHash });
    }
  });
});

describe('duplicates', () => {
  it('within a batch have the index of the first', async () => {
    const plan = await log().write([entryOf('a'), entryOf('b'), entryOf('a')]);
    expect(plan.commit.entries).toHaveLength(2);
    expect(outcomes(plan)).toEqual([
      [0, 'absent', '-', false],
      [1, 'absent', '-', false],
      [0, 'absent', '-', true],
    ]);
  });

  it('of stored entries have the stored index and write nothing', async () => {
    const planned = log();
    await planned.write(named(3));
    const plan = await planned.write([entryOf('entry 1')]);
    expect(plan.commit).toMatchObject({ entries: [], payloads: [], companions: [], tiles: [] });
    expect(plan.commit.next).toEqual(plan.commit.previous);
    expect(plan.indexed).toEqual([]);
    expect(outcomes(plan)).toEqual([[1, 'absent', '-', true]]);
  });
});

describe('payloads', () => {
  const withPayload = entryOf('a', { payload: 'p', keys: [1, 2, 3] });
  const without = entryOf('a', { keys: [1] });

  it('that come with their leaf count from it', async () => {
    const plan = await log().write([entryOf('first'), withPayload]);
    expect(plan.commit.payloads).toEqual([{ index: 1, countsFrom: 1, ...withPayload.payload }]);
    expect(outcomes(plan)[1]).toEqual([1, 'stored', '-', false]);
  });

  it('brought later in the same batch count as brought with the leaf, and make it findable', async () => {
    const planned = log();
    const plan = await planned.write([without, withPayload]);
    expect(planned.statements).toBe(0);
    expect(plan.commit.payloads).toEqual([{ index: 0, countsFrom: 0, ...withPayload.payload }]);
    expect(plan.indexed).toEqual([{ index: 0, keys: [1, 2, 3], extra: [] }]);
    expect(outcomes(plan)).toEqual([
      [0, 'stored', '-', false],
      [0, 'stored', '-', true],
    ]);
  });

  it('of earlier leaves are attached by one statement, the last leaf of the batch', async () => {
    const planned = log();
    await planned.write([without, entryOf('b')]);
    const plan = await planned.write([withPayload, entryOf('new'), entryOf('b', { payload: 'q', keys: [7, 8] })]);
    expect(planned.statements).toBe(1);
    expect(plan.commit.entries.map((row) => row.index)).toEqual([2, 3]);
    expect(plan.commit.payloads.map(({ index, countsFrom }) => [index, countsFrom])).toEqual([
      [3, 3],
      [0, 3],
      [1, 3],
    ]);
    expect(plan.indexed[1]!.extra).toEqual([
      { key: 1, index: 0 },
      { key: 2, index: 0 },
      { key: 3, index: 0 },
      { key: 7, index: 1 },
      { key: 8, index: 1 },
    ]);
    expect(outcomes(plan)).toEqual([
      [0, 'attached', 3, true],
      [2, 'absent', '-', false],
      [1, 'attached', 3, true],
    ]);
  });

  it('are attached once where a batch brings them twice', async () => {
    const planned = log();
    await planned.write([without]);
    const plan = await planned.write([withPayload, without, withPayload]);
    expect(plan.commit.payloads.filter(({ index }) => index === 0)).toHaveLength(1);
    expect(outcomes(plan)).toEqual(Array.from({ length: 3 }, () => [0, 'attached', 1, true]));
  });

  it('answer the same whenever they are submitted again, and cause no further statement', async () => {
    const planned = log();
    await planned.write([without, entryOf('b', { payload: 'q' }), entryOf('c')]);
    const first = await planned.write([withPayload]);
    const again = await planned.write([withPayload, without, entryOf('b', { payload: 'q' }), entryOf('c')]);
    expect(planned.statements).toBe(1);
    expect(outcomes(again).slice(0, 2)).toEqual([outcomes(first)[0], outcomes(first)[0]]);
    expect(outcomes(again).slice(2)).toEqual([
      [1, 'stored', '-', true],
      [2, 'absent', '-', true],
    ]);
    expect(again.commit.entries).toEqual([]);
  });

  it('that were erased are not brought back', async () => {
    const planned = log();
    await planned.write([withPayload]);
    planned.store.payloads.set(0, 'erased');
    const plan = await planned.write([withPayload]);
    expect(plan.commit).toMatchObject({ entries: [], payloads: [] });
    expect(outcomes(plan)).toEqual([[0, 'erased', '-', true]]);
  });
});

describe('an erased payload', () => {
  const refused = (name: string): LoggableEntry => ({ ...entryOf(name), payloadErased: true });

  it('is told to whoever brings it, with a leaf that is new or that lacks it', async () => {
    const planned = log();
    await planned.write([entryOf('a')]);
    const plan = await planned.write([refused('a'), refused('b'), entryOf('b')]);
    expect(plan.commit.payloads).toEqual([]);
    expect(outcomes(plan)).toEqual([
      [0, 'erased', '-', true],
      [1, 'erased', '-', false],
      [1, 'erased', '-', true],
    ]);
  });

  it('goes with the commit of its tombstone', async () => {
    const planned = log();
    const { payload } = entryOf('a', { payload: 'p' });
    await planned.write([entryOf('a', { payload: 'p' }), entryOf('b')]);
    const erases = { sha256: payload!.sha256, leaves: [0] };
    const plan = await planned.write([entryOf('c'), { ...entryOf('tombstone', { payload: 't' }), erases }]);
    expect(plan.commit.erasures).toEqual([{ erasedBy: 3, ...erases }]);
    expect(plan.outcomes.map((outcome) => outcome.payload)).toEqual(['absent', 'stored']);
  });
});

describe('a stamp', () => {
  const stamped = (name: string, stamp: string, companion?: string) => ({
    ...entryOf(name, { companion }),
    stamp: Buffer.from(stamp),
  });
  const kept = (planned: Planned, index: number) =>
    planned.store.companions(index).map((bytes) => Buffer.from(bytes).toString());

  it('is the first companion of a leaf that is new', async () => {
    const planned = log();
    await planned.write([stamped('a', 'stamp', 'companion')]);
    expect(kept(planned, 0)).toEqual(['stamp', 'companion']);
  });

  it('is given to no leaf that is there already, in this batch or from before', async () => {
    const planned = log();
    await planned.write([entryOf('a'), stamped('b', 'first'), stamped('b', 'second')]);
    const plan = await planned.write([stamped('a', 'late'), stamped('b', 'third')]);
    expect(plan.commit.companions).toEqual([]);
    expect([kept(planned, 0), kept(planned, 1)]).toEqual([[], ['first']]);
  });

  it('keeps its place however many companions come', async () => {
    const planned = log();
    await planned.write([stamped('a', 'stamp', 'junk 0')]);
    for (let i = 1; i <= MAX_COMPANIONS; i++) await planned.write([stamped('a', 'late', `junk ${i}`)]);
    expect(kept(planned, 0)[0]).toBe('stamp');
    expect(kept(planned, 0)).toHaveLength(MAX_COMPANIONS);
  });
});

describe('companions', () => {
  const withCompanion = (companion?: string) => entryOf('a', { companion });

  it('are kept where they differ, up to the limit, and never replaced', async () => {
    const planned = log();
    for (let i = 0; i < MAX_COMPANIONS + 3; i++) {
      await planned.write([withCompanion(`companion ${i}`), withCompanion(`companion ${i}`)]);
    }
    const kept = planned.store.companions(0).map((bytes) => Buffer.from(bytes).toString());
    expect(kept).toEqual(Array.from({ length: MAX_COMPANIONS }, (_, i) => `companion ${i}`));
  });

  it('take the next position though the first of the batch brought none', async () => {
    const planned = log();
    await planned.write([withCompanion('first')]);
    const plan = await planned.write([withCompanion(), withCompanion('second'), withCompanion('first')]);
    expect(plan.commit.companions.map(({ position }) => position)).toEqual([1]);
  });
});

describe('control statements', () => {
  const stated = (plan: BatchPlan) => {
    const payload = plan.commit.payloads.find(({ index }) => index === plan.commit.next.size - 1);
    return readFeedStatement(payload!.bytes);
  };

  it('are put into effect by the last leaf of their batch, which gives the new feed', async () => {
    const planned = log();
    await planned.write([controlEntry('first')]);
    const plan = await planned.write([entryOf('a'), controlEntry('second'), entryOf('b'), controlEntry('third')]);
    expect(plan.commit.feed.map(({ hash: _, ...row }) => row)).toEqual([
      { position: 1, index: 3, statement: 6 },
      { position: 2, index: 5, statement: 6 },
    ]);
    expect(stated(plan)).toMatchObject({ batchStart: 2, feed: { size: 3, root: planned.feed.root() } });
    expect(stated(plan).items.map(({ index }) => index)).toEqual([3, 5]);
  });

  it('need no statement where there are none', async () => {
    const plan = await log().write([entryOf('a')]);
    expect(plan.commit.entries).toHaveLength(1);
    expect(plan.commit.feed).toEqual([]);
  });

  it('never take effect where the payload comes later', async () => {
    const planned = log();
    await planned.write([entryOf('control')]);
    const plan = await planned.write([controlEntry('control')]);
    expect(outcomes(plan)).toEqual([[0, 'attached', 1, true]]);
    expect(plan.commit.feed).toEqual([]);
  });

  it('take effect where the payload comes later in the same batch', async () => {
    const plan = await log().write([entryOf('late'), controlEntry('early'), controlEntry('late')]);
    expect(plan.commit.feed.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('take effect once, however often they come', async () => {
    const planned = log();
    const first = await planned.write([controlEntry('a'), controlEntry('a')]);
    expect(first.commit.feed).toHaveLength(1);
    expect((await planned.write([controlEntry('a')])).commit.entries).toEqual([]);
  });

  it('come after the statement of payloads that arrived', async () => {
    const planned = log();
    await planned.write([entryOf('early')]);
    const plan = await planned.write([entryOf('early', { payload: 'p' }), controlEntry('c')]);
    expect(outcomes(plan)).toEqual([
      [0, 'attached', 2, true],
      [1, 'stored', '-', false],
    ]);
    expect(plan.commit.feed.map(({ index, statement }) => [index, statement])).toEqual([[1, 3]]);
  });
});

it('leaves what it is given as it was', async () => {
  const planned = log();
  await planned.write(named(300));
  const input = [
    entryOf('entry 3', { payload: 'p', companion: 'c' }),
    entryOf('new', { keys: [1] }),
    entryOf('new', { payload: 'q', keys: [1, 2] }),
  ];
  const copy = structuredClone(input);
  const root = toHex(planned.edge.root());
  const first = planned.plan(input);
  expect(input).toEqual(copy);
  expect([planned.edge.size, toHex(planned.edge.root())]).toEqual([300, root]);
  expect(planned.plan(input).commit).toEqual(first.commit);
});

/** Any mix of new, repeated, late and accompanied entries. */
const anyEntry: fc.Arbitrary<[string, EntryOptions]> = fc.tuple(
  fc.integer({ min: 0, max: 40 }).map((n) => `entry ${n}`),
  fc.record({
    payload: fc.option(fc.constant('payload'), { nil: undefined }),
    companion: fc.option(fc.constantFrom('x', 'y', 'z'), { nil: undefined }),
  }),
);

it('keeps its rules for any sequence of batches', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anyEntry, { maxLength: 30 }), { maxLength: 6 }), async (batches) => {
      const planned = log();
      for (const batch of batches) {
        const statements = planned.statements;
        const before = planned.edge.size;
        const entries = batch.map(([name, options]) => entryOf(name, options));
        const plan = await planned.write(entries);
        const { commit } = plan;
        expect(plan.indexed.map(({ index }) => index)).toEqual(commit.entries.map(({ index }) => index));
        expect(commit.next.size).toBe(before + commit.entries.length);
        // One statement at most, and it is the last leaf.
        const attached = plan.outcomes.flatMap(({ attachedAt }) => ((attachedAt ?? -1) >= before ? [attachedAt] : []));
        expect(planned.statements - statements).toBe(attached.length > 0 ? 1 : 0);
        expect(new Set(attached).size).toBeLessThan(2);
        for (const at of attached) expect(at).toBe(commit.next.size - 1);
        // Asked again, the log says the same.
        const again = planned.plan(entries);
        expect(again.commit.entries).toEqual([]);
        expect(again.outcomes.map((outcome) => ({ ...outcome, duplicate: true }))).toEqual(
          plan.outcomes.map((outcome) => ({ ...outcome, duplicate: true })),
        );
      }
      const leaves = planned.store.stored.map(({ leaf }) => toHex(leaf));
      expect(new Set(leaves).size).toBe(leaves.length);
    }),
    { numRuns: 60 },
  );
});
