import { describe, expect, it } from 'vitest';
import { concat } from '../../src/core/bytes.ts';
import { openCheckpoint } from '../../src/core/checkpoint.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { openCosignature } from '../../src/core/cosignature.ts';
import { leafHash, sha256 } from '../../src/core/hash.ts';
import { verifierOf } from '../../src/core/note.ts';
import { TileEdge } from '../../src/core/tile-edge.ts';
import type { FeedStatement } from '../../src/entry/submission/feed-statement.ts';
import { planBatch } from '../../src/log/planner.ts';
import type { WrittenRows } from '../../src/log/ports.ts';
import { sealOf } from '../../src/log/seal.ts';
import { controlEntry, entryOf, feedEntry } from './loggable-entries.ts';
import { identity, signer, signerSpy } from './test-identity.ts';

/** A feed of three, and a batch of two more among other entries. */
function controlled() {
  const { edge } = TileEdge.empty().append(concat(...Array.from({ length: 9 }, (_, i) => entryOf(`${i}`).leafHash)));
  const feed = CompactRange.empty();
  for (let i = 0; i < 3; i++) feed.append(leafHash(Uint8Array.of(i)));
  const entries = [entryOf('a', { payload: 'x' }), controlEntry('first'), entryOf('b'), controlEntry('second')];
  const plan = planBatch({
    edge,
    feed,
    controls: feedEntry,
    entries,
    known: () => undefined,
    attached: () => entryOf('-'),
  });
  const { payloads, tiles, feed: rows, ...rest } = structuredClone(plan.commit);
  return { edge, plan, written: { entries: rest.entries, payloads, tiles, feed: rows } };
}

/** A log of 200 entries, and a batch of 100 with two payloads that completes a tile. */
function batch() {
  const old = Array.from({ length: 200 }, (_, i) => entryOf(`old ${i}`).leafHash);
  const { edge } = TileEdge.empty().append(concat(...old));
  const plan = planBatch({
    edge,
    feed: CompactRange.empty(),
    controls: feedEntry,
    entries: Array.from({ length: 100 }, (_, i) =>
      entryOf(`new ${i}`, i % 50 === 7 ? { payload: `payload ${i}` } : {}),
    ),
    known: () => undefined,
    attached: () => {
      throw new Error('nothing is attached');
    },
  });
  // Copies, as a database hands them out.
  const { entries, payloads, tiles, feed } = structuredClone(plan.commit);
  return { edge, plan, written: { entries, payloads, tiles, feed } };
}

const flip = (bytes: Uint8Array, bit: number) => {
  bytes[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
};

it('signs what was written as it was planned', () => {
  const { edge, plan, written } = batch();
  const { note, ...row } = sealOf(plan, edge, signer, 1_700_000_000)(written);
  expect(row).toEqual({ ...plan.commit.next, time: 1_700_000_000 });
  expect(openCheckpoint(note, verifierOf(identity.verifierKey))).toMatchObject(plan.commit.next);
  expect(openCosignature(note, verifierOf(identity.timeVerifierKey))).toEqual({ time: 1_700_000_000 });
});

it('signs the first batch of a log', () => {
  const spy = signerSpy();
  const edge = TileEdge.empty();
  const plan = planBatch({
    edge,
    feed: CompactRange.empty(),
    controls: feedEntry,
    entries: [entryOf('a')],
    known: () => undefined,
    attached: () => entryOf('-'),
  });
  sealOf(plan, edge, spy, 1)(plan.commit);
  expect(spy.signed).toEqual([1]);
});

describe('signs nothing', () => {
  const refuses = (damage: (written: WrittenRows) => void) => {
    const { edge, plan, written } = batch();
    damage(written);
    const spy = signerSpy();
    expect(() => sealOf(plan, edge, spy, 1)(written)).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect(spy.signed).toEqual([]);
  };

  const { written: sample } = batch();

  it('where a bit of any leaf differs', () => {
    for (const [i, { leaf }] of sample.entries.entries()) {
      refuses(({ entries }) => flip(entries[i]!.leaf, (i * 13) % (leaf.length * 8)));
    }
  });

  it('where a bit of a leaf hash differs, though the leaf is right', () => {
    for (let bit = 0; bit < 256; bit += 17) refuses(({ entries }) => flip(entries[bit % 100]!.leafHash, bit));
  });

  it('where a bit of a tile or of its root differs', () => {
    expect(sample.tiles).toHaveLength(1);
    for (let bit = 0; bit < 8192 * 8; bit += 1999) refuses(({ tiles }) => flip(tiles[0]!.hashes, bit));
    for (let bit = 0; bit < 256; bit += 31) refuses(({ tiles }) => flip(tiles[0]!.root, bit));
  });

  it('where a tile is somewhere else', () => {
    refuses(({ tiles }) => Object.assign(tiles[0]!, { index: 1 }));
    refuses(({ tiles }) => Object.assign(tiles[0]!, { level: 1 }));
  });

  it('where a tile is short', () => {
    refuses(({ tiles }) => Object.assign(tiles[0]!, { hashes: tiles[0]!.hashes.subarray(32) }));
  });

  it.each([0, 1])('where a bit of payload %d, its digest, its type or its indexes differ', (i) => {
    for (let bit = 0; bit < 72; bit += 5) refuses(({ payloads }) => flip(payloads[i]!.bytes, bit));
    for (let bit = 0; bit < 256; bit += 15) refuses(({ payloads }) => flip(payloads[i]!.sha256, bit));
    refuses(({ payloads }) => Object.assign(payloads[i]!, { type: 'text/html' }));
    refuses(({ payloads }) => Object.assign(payloads[i]!, { countsFrom: payloads[i]!.countsFrom + 1 }));
    refuses(({ payloads }) => Object.assign(payloads[i]!, { index: payloads[i]!.index - 1 }));
  });

  it('where a row is missing', () => {
    for (const at of [0, 50, 99]) refuses(({ entries }) => entries.splice(at, 1));
    refuses(({ payloads }) => payloads.splice(1, 1));
    refuses(({ tiles }) => tiles.splice(0, 1));
  });

  it('where there is a row too many', () => {
    refuses(({ entries }) => entries.push({ ...entries.at(-1)!, index: 300 }));
    refuses(({ payloads }) => payloads.push(payloads[0]!));
    refuses(({ tiles }) => tiles.push(tiles[0]!));
  });

  it('where two rows changed places', () => {
    refuses(({ entries }) => entries.reverse());
    refuses(({ entries }) => {
      const [a, b] = [entries[4]!, entries[5]!];
      [a.leaf, b.leaf, a.leafHash, b.leafHash] = [b.leaf, a.leaf, b.leafHash, a.leafHash];
    });
  });

  it('where the plan does not start from the tree that was signed last', () => {
    const { edge, plan, written } = batch();
    flip(plan.commit.previous.root, 3);
    const spy = signerSpy();
    expect(() => sealOf(plan, edge, spy, 1)(written)).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect(spy.signed).toEqual([]);
  });

  it('where the planned root is not the one that the rows give', () => {
    const { edge, plan, written } = batch();
    flip(plan.commit.next.root, 0);
    const spy = signerSpy();
    expect(() => sealOf(plan, edge, spy, 1)(written)).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect(spy.signed).toEqual([]);
  });
});

describe('the feed', () => {
  const sign = (damage: (written: WrittenRows) => void) => {
    const { edge, plan, written } = controlled();
    damage(written);
    return () => sealOf(plan, edge, signer, 1)(written);
  };
  const refuses = (damage: (written: WrittenRows) => void) =>
    expect(sign(damage)).toThrow(expect.objectContaining({ code: 'corrupt' }));

  it('is signed as it was planned', () => {
    expect(sign(() => undefined)).not.toThrow();
    expect(controlled().written.feed.map(({ position, index, statement }) => [position, index, statement])).toEqual([
      [3, 10, 13],
      [4, 12, 13],
    ]);
  });

  it.each([0, 1])('is not signed where row %d is another one', (i) => {
    for (let bit = 0; bit < 256; bit += 17) refuses(({ feed }) => flip(feed[i]!.hash, bit));
    refuses(({ feed }) => Object.assign(feed[i]!, { index: 9 }));
    refuses(({ feed }) => Object.assign(feed[i]!, { position: feed[i]!.position + 1 }));
    refuses(({ feed }) => Object.assign(feed[i]!, { statement: 12 }));
  });

  it('is not signed where a row is missing, or one too many', () => {
    refuses(({ feed }) => feed.pop());
    refuses(({ feed }) => feed.push({ ...feed[1]!, position: 5 }));
  });

  it('is not signed where a control statement was overlooked', () => {
    const { edge } = controlled();
    const entries = [{ ...controlEntry('overlooked'), control: false }];
    const plan = planBatch({
      edge,
      feed: CompactRange.empty(),
      controls: feedEntry,
      entries,
      known: () => undefined,
      attached: () => entryOf('-'),
    });
    expect(() => sealOf(plan, edge, signer, 1)(plan.commit)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it.each<[string, (stated: FeedStatement) => FeedStatement]>([
    ['another root', (stated) => ({ ...stated, feed: { ...stated.feed, root: sha256(stated.feed.root) } })],
    ['another size', (stated) => ({ ...stated, feed: { ...stated.feed, size: 6 } })],
    ['another start of the batch', (stated) => ({ ...stated, batchStart: 8 })],
    ['a control statement less', (stated) => ({ ...stated, items: stated.items.slice(1) })],
  ])('is not signed where the log would state %s', (_, change) => {
    const { edge } = controlled();
    const entries = [controlEntry('first'), controlEntry('second')];
    const controls = (stated: FeedStatement) => feedEntry(change(stated));
    const plan = planBatch({
      edge,
      feed: CompactRange.empty(),
      controls,
      entries,
      known: () => undefined,
      attached: () => entryOf('-'),
    });
    expect(() => sealOf(plan, edge, signer, 1)(plan.commit)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });
});
