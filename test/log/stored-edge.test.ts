import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { TileEdge } from '../../src/core/tile-edge.ts';
import { planBatch } from '../../src/log/planner.ts';
import { readEdge } from '../../src/log/stored-edge.ts';
import { flipped } from './large-log.ts';
import { entryOf, feedEntry } from './loggable-entries.ts';
import { MemoryStore } from './memory-store.ts';

async function storeOf(size: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const entries = Array.from({ length: size }, (_, i) => entryOf(`entry ${i}`));
  const plan = planBatch({
    edge: TileEdge.empty(),
    feed: CompactRange.empty(),
    controls: feedEntry,
    entries,
    known: () => undefined,
    attached: () => entries[0]!,
  });
  await store.commit(plan.commit, () => ({ ...plan.commit.next, note: '', time: 1 }));
  return store;
}

it('is that of the empty log where nothing is stored', () => {
  const store = new MemoryStore();
  expect(readEdge(store, 0, store.head().root).size).toBe(0);
});

it.each([1, 255, 256, 257, 511, 512, 513, 700])(
  'goes on from %d stored entries as if it had never stopped',
  async (size) => {
    const store = await storeOf(size);
    const edge = readEdge(store, size, store.head().root);
    const one = entryOf('one more');
    const stored = await storeOf(size);
    const [restarted, whole] = [edge, TileEdge.empty().append(stored.leafHashes(0, size)).edge].map((grown) =>
      grown.append(one.leafHash),
    );
    expect(restarted!.tiles).toEqual(whole!.tiles);
    expect(toHex(restarted!.edge.root())).toBe(toHex(whole!.edge.root()));
  },
);

describe('is refused', () => {
  const corrupt = expect.objectContaining({ code: 'corrupt' });

  it('where the root is another', async () => {
    const { root } = (await storeOf(300)).head();
    expect(() => readEdge(new MemoryStore(), 300, root)).toThrow();
    const store = await storeOf(300);
    for (let bit = 0; bit < 256; bit += 17) expect(() => readEdge(store, 300, flipped(root, bit))).toThrow(corrupt);
  });

  it('where the size is another', async () => {
    const store = await storeOf(300);
    const { root } = store.head();
    expect(() => readEdge(store, 299, root)).toThrow(corrupt);
    expect(() => readEdge(store, 301, root)).toThrow(corrupt);
  });

  it('where a hash it rests on is another', async () => {
    const store = await storeOf(300);
    const { root } = store.head();
    for (const index of [256, 280, 299]) {
      const row = store.stored[index]!;
      store.stored[index] = { ...row, leafHash: flipped(row.leafHash, index) };
      expect(() => readEdge(store, 300, root)).toThrow(corrupt);
      store.stored[index] = row;
    }
    const tile = store.tiles.get('0/0')!;
    store.tiles.set('0/0', { ...tile, root: flipped(tile.root, 4) });
    expect(() => readEdge(store, 300, root)).toThrow(corrupt);
  });
});
