import { describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { LogError } from '../../src/core/errors.ts';
import { verifyInclusion } from '../../src/core/proof.ts';
import { TileEdge } from '../../src/core/tile-edge.ts';
import type { Anchor } from '../../src/log/anchor.ts';
import type { ItemError, PublishedHead, WriteState } from '../../src/log/log.ts';
import type { IndexedKeys } from '../../src/log/planner.ts';
import { CommitError } from '../../src/log/ports.ts';
import { VerifiedReader } from '../../src/log/reader.ts';
import { receiptWriter } from '../../src/log/receipts.ts';
import { type Answer, Sequencer } from '../../src/log/sequencer.ts';
import { attachedEntry, type EntryOptions, entryOf, feedEntry, pooled } from './loggable-entries.ts';
import { MemoryStore } from './memory-store.ts';
import { identity, signer } from './test-identity.ts';

const START = 1_700_000_000;

/** A sequencer over a store in memory, whose events are written down in the order in which they came. */
class Machine {
  readonly store: MemoryStore;
  readonly log: string[] = [];
  readonly answers: Answer[] = [];
  readonly heads: PublishedHead[] = [];
  readonly indexed: IndexedKeys[] = [];
  readonly states: WriteState[] = [];
  readonly fatals: ItemError[] = [];
  readonly sequencer: Sequencer;
  now = START;
  free = 1000;
  /** Whom the anchor was last written by; and what writing it does. */
  foreign = false;
  writeAnchor: () => void = () => {};
  onAnswered: () => void = () => {};
  readonly #waiting: { done(): boolean; resolve(): void }[] = [];
  #head: PublishedHead;

  constructor(store = new MemoryStore(), frozen = false) {
    this.store = store;
    this.#head = store.head();
    const { edge } = TileEdge.empty().append(store.leafHashes(0, store.head().size));
    const anchor = {
      read: () => ({ foreignWrite: this.foreign }),
      write: ({ size }: { size: number }) => {
        this.writeAnchor();
        this.#note(`anchored ${size}`);
      },
    };
    const commit = store.commit.bind(store);
    store.commit = async (plan, seal) => {
      const checkpoint = await commit(plan, seal);
      this.#note(`committed ${store.head().size}`);
      return checkpoint;
    };
    const reader = new VerifiedReader(store, identity, () => this.#head, { candidates: () => [] });
    this.sequencer = new Sequencer({
      store,
      anchor: anchor as unknown as Anchor,
      identity,
      signer,
      receipts: receiptWriter(reader),
      edge,
      known: () => (entry) => store.known(entry),
      attached: attachedEntry,
      feed: CompactRange.empty(),
      controls: feedEntry,
      frozen,
      clock: () => this.now,
      freeBytes: () => this.free,
      reserveBytes: 100,
      tick: 5,
      events: {
        published: (head, indexed) => {
          this.#head = head;
          this.heads.push(head);
          this.indexed.push(...indexed);
          this.#note(`published ${head.size}`);
        },
        answered: (answers) => {
          this.answers.push(...answers);
          this.#note(`answered ${answers.length}`);
          this.onAnswered();
        },
        writeState: (state) => {
          this.states.push(state);
          this.#note(state.accepting ? 'accepting' : state.code);
        },
        fatal: (error) => {
          this.fatals.push(error);
          this.#note(`fatal ${error.code}`);
        },
      },
    });
  }

  offer(...names: (string | [string, EntryOptions])[]): void {
    this.sequencer.offer(pooled(names.map((name) => (typeof name === 'string' ? entryOf(name) : entryOf(...name)))));
  }

  /** Offers, and waits for as many further answers. */
  async answered(...names: (string | [string, EntryOptions])[]): Promise<Answer[]> {
    const before = this.answers.length;
    this.offer(...names);
    await this.until(() => this.answers.length >= before + names.length);
    return this.answers.slice(before);
  }

  async answeredWith(...names: string[]): Promise<(string | undefined)[]> {
    return (await this.answered(...names)).map(({ outcome }) => outcome.error?.code);
  }

  /** Resolves at the event after which it is so. */
  async until(done: () => boolean): Promise<void> {
    if (done()) return;
    await new Promise<void>((resolve) => this.#waiting.push({ done, resolve }));
  }

  /** Wakes the loop as a tick of its timer would. */
  nudge(): void {
    this.sequencer.offer([]);
  }

  #note(event: string): void {
    this.log.push(event);
    for (const { done, resolve } of this.#waiting) if (done()) resolve();
  }
}

const full = () => new CommitError('storage_full', 'no space');
const receiptOf = ({ outcome }: Answer) => outcome.receipt!;

async function machine(...names: string[]): Promise<Machine> {
  const running = new Machine();
  if (names.length > 0) await running.answered(...names);
  return running;
}

describe('a batch', () => {
  it('is committed, anchored, published and answered, in this order', async () => {
    const log = await machine('a', 'b');
    expect(log.log).toEqual(['committed 2', 'anchored 2', 'published 2', 'answered 2']);
    await log.sequencer.close();
  });

  it('is what gathered while the one before it was committed', async () => {
    const log = await machine();
    let open = () => {};
    log.store.gate = new Promise((resolve) => {
      open = resolve;
    });
    log.offer('a');
    await new Promise(setImmediate);
    for (let i = 0; i < 50; i++) log.offer(`b ${i}`);
    open();
    await log.until(() => log.answers.length === 51);
    expect(log.store.batches).toEqual([1, 50]);
    await log.sequencer.close();
  });

  it('waits for no timer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const log = await machine('a');
      expect(await log.answeredWith('b')).toEqual([undefined]);
      await log.sequencer.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('has a bounded size, however much was offered', async () => {
    const log = await machine();
    log.offer(...Array.from({ length: 10_000 }, (_, i) => `entry ${i}`));
    await log.until(() => log.answers.length === 10_000);
    expect(Math.max(...log.store.batches)).toBeLessThanOrEqual(4096);
    expect(log.store.head().size).toBe(10_000);
    await log.sequencer.close();
  });

  it('is answered with the leaf where it is asked for, of a duplicate too', async () => {
    const log = await machine('a');
    log.sequencer.offer([
      { ticket: 1, item: 0, returnsLeaf: true, entry: entryOf('b') },
      { ticket: 1, item: 1, returnsLeaf: true, entry: entryOf('a') },
      { ticket: 2, item: 0, returnsLeaf: false, entry: entryOf('b') },
    ]);
    await log.until(() => log.answers.length === 4);
    const leaves = log.answers.slice(1).map((answer) => receiptOf(answer).leaf);
    expect(leaves).toEqual([utf8('b'), utf8('a'), undefined]);
    await log.sequencer.close();
  });

  it('takes what may only be there already where it is, and refuses it where it is not', async () => {
    const log = await machine('a');
    const error: ItemError = { code: 'certificate_rejected', message: 'no' };
    const offered = ['b', 'a', 'c', 'd'].map((leaf, item) => ({
      ticket: 1,
      item,
      returnsLeaf: false,
      entry: entryOf(leaf),
    }));
    log.sequencer.offer(offered.map((entry, i) => (i < 3 ? { ...entry, unlessKnown: error } : entry)));
    await log.until(() => log.answers.length === 5);
    const byItem = log.answers.slice(1).sort((one, other) => one.item - other.item);
    expect(byItem.map(({ outcome }) => outcome.error ?? [outcome.receipt.index, outcome.receipt.duplicate])).toEqual([
      error,
      [0, true],
      error,
      [1, false],
    ]);
    expect(log.store.head().size).toBe(2);
    await log.sequencer.close();
  });

  it('is answered with the time of the checkpoint that it is given under', async () => {
    const log = await machine('a');
    log.now += 10;
    log.offer('b', 'a');
    await log.until(() => log.answers.length === 3);
    for (const { inclusionProof, time } of log.answers.map(receiptOf))
      expect(time).toBe(log.store.checkpoint(inclusionProof.treeSize)!.time);
    await log.sequencer.close();
  });

  it('is answered with proofs, item by item, where it belongs', async () => {
    const log = await machine('a');
    log.sequencer.offer([
      { ticket: 7, item: 3, returnsLeaf: false, entry: entryOf('b') },
      { ticket: 8, item: 0, returnsLeaf: false, entry: entryOf('a') },
    ]);
    await log.until(() => log.answers.length === 3);
    expect(log.answers.slice(1).map(({ ticket, item }) => [ticket, item])).toEqual([
      [7, 3],
      [8, 0],
    ]);
    for (const { leafHash, inclusionProof } of log.answers.map(receiptOf)) {
      const { index, treeSize, rootHash, hashes } = inclusionProof;
      verifyInclusion({ index, size: treeSize, leafHash, root: rootHash, proof: hashes });
    }
    await log.sequencer.close();
  });

  it('of duplicates only moves nothing and signs nothing', async () => {
    const log = await machine('a');
    const [first] = log.answers;
    const [again] = await log.answered('a');
    expect(receiptOf(again!)).toEqual({ ...receiptOf(first!), duplicate: true });
    expect(log.store.signed).toHaveLength(1);
    expect(log.log.slice(4)).toEqual(['answered 1']);
    await log.sequencer.close();
  });

  it('of companions only is committed without a new head', async () => {
    const log = await machine('a');
    await log.answered(['a', { companion: 'c' }]);
    expect(log.log.slice(4)).toEqual(['committed 1', 'answered 1']);
    expect(log.store.companions(0)).toHaveLength(1);
    await log.sequencer.close();
  });

  it('makes its entries findable before it is answered', async () => {
    const log = await machine('a', 'b');
    expect(log.indexed.map(({ index, keys }) => [index, keys])).toEqual([
      [0, entryOf('a').keys],
      [1, entryOf('b').keys],
    ]);
    await log.sequencer.close();
  });
});

it('answers a duplicate for ever as its first submitter was answered', async () => {
  const log = await machine();
  const first = receiptOf((await log.answered(['a', { payload: 'p' }]))[0]!);
  const late = receiptOf((await log.answered('b'))[0]!);
  expect(late.payload).toBe('absent');
  const attached = receiptOf((await log.answered(['b', { payload: 'q' }]))[0]!);
  expect(attached).toMatchObject({ index: 1, duplicate: true, payload: 'attached', attachedAt: { index: 2 } });
  for (let i = 0; i < 600; i += 200) {
    log.now += 100;
    await log.answered(...Array.from({ length: 200 }, (_, n) => `filler ${i + n}`));
    const [a, b] = (await log.answered(['a', { payload: 'p' }], 'b')).map(receiptOf);
    expect(a).toEqual({ ...first, duplicate: true });
    expect(b).toEqual(attached);
    expect(b!.checkpoint).toBe(late.checkpoint);
  }
  await log.sequencer.close();
});

describe('a disk that is full', () => {
  it('refuses the batch, pauses, and resumes by itself', async () => {
    const log = await machine('a');
    log.store.failure = full();
    expect(await log.answeredWith('b')).toEqual(['storage_full']);
    expect(log.states).toEqual([expect.objectContaining({ accepting: false, code: 'storage_full' })]);
    log.nudge();
    await log.until(() => log.states.length === 2);
    expect(log.states[1]).toEqual({ accepting: true });
    expect(await log.answeredWith('b')).toEqual([undefined]);
    expect(log.store.head().size).toBe(2);
    expect(log.fatals).toEqual([]);
    await log.sequencer.close();
  });

  it('pauses before it is met, while less than the reserve is free', async () => {
    const log = await machine('a');
    log.free = 99;
    expect(await log.answeredWith('b')).toEqual(['storage_full']);
    expect(await log.answeredWith('c')).toEqual(['storage_full']);
    expect(log.store.batches).toEqual([1]);
    log.free = 100;
    log.nudge();
    await log.until(() => log.states.at(-1)?.accepting === true);
    expect(await log.answeredWith('b')).toEqual([undefined]);
    await log.sequencer.close();
  });

  it('stays paused while the write that tries it fails', async () => {
    const log = await machine('a');
    log.store.failure = full();
    await log.answered('b');
    log.store.failure = full();
    expect(await log.answeredWith('c')).toEqual(['storage_full']);
    expect(log.states.at(-1)).toMatchObject({ accepting: false });
    await log.sequencer.close();
  });

  it('is no reason to stop where it is met by a new stamp', async () => {
    const log = await machine('a');
    log.now += 60;
    log.store.failure = full();
    log.nudge();
    await log.until(() => log.states.length === 1);
    log.nudge();
    await log.until(() => log.states.length === 2);
    expect(log.store.head().time).toBe(START + 60);
    await log.sequencer.close();
  });
});

describe('fail-stop', () => {
  it.each([
    ['a commit whose outcome nobody knows', new CommitError('unknown', 'the fsync failed'), 'halted'],
    ['a head that another writer moved', new CommitError('head_moved', 'the head is another'), 'already_running'],
    ['storage that contradicts itself', new LogError('corrupt', 'a row is missing'), 'corrupt'],
    ['anything unforeseen', new TypeError('undefined is not a function'), 'internal'],
  ])('on %s', async (_, failure, code) => {
    const log = await machine('a');
    let open = () => {};
    log.store.gate = new Promise((resolve) => {
      open = resolve;
    });
    log.store.failure = failure;
    log.offer('b', 'c');
    await new Promise(setImmediate);
    log.offer('d');
    open();
    await log.until(() => log.fatals.length === 1);
    expect(log.fatals[0]!.code).toBe(code);
    // Those in the batch and those behind it are answered first, and nothing was published.
    expect(log.log.slice(4)).toEqual(['answered 3', `fatal ${code}`]);
    expect(log.answers.slice(1).map(({ outcome }) => outcome.error?.code)).toEqual(['halted', 'halted', 'halted']);
    await log.sequencer.close();
  });

  it('on rows that do not read back as they were planned, with nothing signed', async () => {
    const log = await machine('a');
    log.store.damage = (written) => {
      const copy = structuredClone(written);
      copy.entries[0]!.leaf[0]! ^= 1;
      return copy;
    };
    expect(await log.answeredWith('b')).toEqual(['halted']);
    await log.until(() => log.fatals.length === 1);
    expect(log.fatals[0]!.code).toBe('corrupt');
    expect(log.store.signed).toHaveLength(1);
  });

  it('on an anchor that another process wrote, with the batch neither published nor acknowledged', async () => {
    const log = await machine('a');
    log.foreign = true;
    expect(await log.answeredWith('b')).toEqual(['halted']);
    await log.until(() => log.fatals.length === 1);
    expect(log.fatals[0]!.code).toBe('already_running');
    expect(log.heads).toHaveLength(1);
  });

  it('on a failed stamp', async () => {
    const log = await machine('a');
    log.now += 60;
    log.store.failure = new CommitError('head_moved', 'the head is another');
    log.nudge();
    await log.until(() => log.fatals.length === 1);
    expect(log.fatals[0]!.code).toBe('already_running');
  });

  it('is final: what is offered afterwards is neither committed nor kept', async () => {
    const log = await machine('a');
    log.store.failure = new CommitError('unknown', 'the fsync failed');
    await log.answered('b');
    await log.until(() => log.fatals.length === 1);
    const events = log.log.length;
    log.offer('c');
    await log.sequencer.close();
    expect(log.log).toHaveLength(events);
    expect(log.store.batches).toEqual([1]);
  });
});

describe('an anchor that cannot be written', () => {
  it('holds the batch, lets nobody wait for it, and publishes it once it can', async () => {
    const log = await machine('a');
    let attempts = 0;
    log.writeAnchor = () => {
      attempts++;
      if (attempts < 2) throw new Error('EROFS');
    };
    log.offer('b');
    await log.until(() => log.answers.length === 2);
    expect(log.heads).toHaveLength(1);
    expect(log.answers[1]!.outcome.error).toMatchObject({ code: 'anchor_unwritable' });
    await log.until(() => log.heads.length === 2);
    expect(log.log.slice(4)).toEqual([
      'committed 2',
      'anchor_unwritable',
      'answered 1',
      'anchored 2',
      'accepting',
      'published 2',
    ]);
    await log.sequencer.close();
  });
});

describe('a log that has ended', () => {
  it('takes nothing more, not even what it holds already', async () => {
    const before = await machine('a');
    await before.sequencer.close();
    const log = new Machine(before.store, true);
    expect(await log.answeredWith('b', 'a')).toEqual(['log_frozen', 'log_frozen']);
    log.offer('c');
    await log.sequencer.close();
    expect(log.answers.map(({ outcome }) => outcome.error?.code)).toEqual(Array(3).fill('log_frozen'));
    expect([log.store.head().size, log.heads, log.states]).toEqual([1, [], []]);
  });

  it('goes on stamping its head', async () => {
    const before = await machine('a');
    await before.sequencer.close();
    const log = new Machine(before.store, true);
    log.now += 60;
    log.nudge();
    await log.until(() => log.heads.length === 1);
    expect(log.heads[0]).toMatchObject({ size: 1, time: START + 60 });
    await log.sequencer.close();
  });

  it('cannot be unfrozen by what pauses its stamps, and passes', async () => {
    const before = await machine('a');
    await before.sequencer.close();
    const log = new Machine(before.store, true);
    log.store.failure = full();
    log.now += 60;
    log.nudge();
    await log.until(() => log.states.length === 1);
    log.store.failure = undefined;
    await log.until(() => log.states.length === 2);
    expect(log.states.at(-1)).toEqual({ accepting: true });
    expect(await log.answeredWith('b')).toEqual(['log_frozen']);
    await log.sequencer.close();
  });
});

describe('the clock', () => {
  it('is stamped on an idle head every minute, without moving its size', async () => {
    const log = await machine('a');
    log.now += 59;
    log.nudge();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(log.heads).toHaveLength(1);
    log.now += 1;
    log.nudge();
    await log.until(() => log.heads.length === 2);
    const [first, second] = log.heads;
    expect(second).toMatchObject({ size: 1, root: first!.root, time: START + 60 });
    expect(second!.note).not.toBe(first!.note);
    expect(log.store.head()).toEqual(second);
    expect(log.store.signed).toEqual([first]);
    await log.sequencer.close();
  });

  it('is stamped though nothing but duplicates comes in', async () => {
    const log = await machine('a');
    log.now += 60;
    // Never an empty pool: with each answer the next submission is there already.
    let rounds = 50;
    log.onAnswered = () => {
      if (rounds-- > 0 && log.heads.length === 1) log.offer('a');
    };
    log.offer('a');
    await log.until(() => log.heads.length === 2);
    expect(rounds).toBeGreaterThan(0);
    expect(log.heads.at(-1)!.time).toBe(START + 60);
    await log.sequencer.close();
  });

  it('is not stamped on an empty log', async () => {
    const log = await machine();
    log.now += 3600;
    log.nudge();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(log.heads).toEqual([]);
    await log.sequencer.close();
  });

  it('pauses writes while it is behind the last checkpoint, and they resume by themselves', async () => {
    const log = await machine('a');
    log.now -= 3;
    expect(await log.answeredWith('b')).toEqual(['clock_regressed']);
    log.now += 3;
    log.nudge();
    await log.until(() => log.states.at(-1)?.accepting === true);
    expect(await log.answeredWith('b')).toEqual([undefined]);
    expect(log.fatals).toEqual([]);
    await log.sequencer.close();
  });

  it('never makes a time decrease, even where it steps back between two looks at it', async () => {
    const log = await machine('a');
    const times = [START, START - 1000];
    Object.defineProperty(log, 'now', { get: () => times.shift() ?? START });
    expect(await log.answeredWith('b')).toEqual([undefined]);
    expect(log.heads.map(({ time }) => time)).toEqual([START, START]);
    await log.sequencer.close();
  });
});

describe('closing', () => {
  it('commits what is in the pool first', async () => {
    const log = await machine();
    log.offer('a', 'b');
    await log.sequencer.close();
    expect(log.log).toEqual(['committed 2', 'anchored 2', 'published 2', 'answered 2']);
  });

  it('ends though writes are paused, and answers what is in the pool', async () => {
    const log = await machine('a');
    log.free = 0;
    await log.answered('b');
    log.offer('c');
    await log.sequencer.close();
    expect(log.answers.at(-1)!.outcome.error?.code).toBe('storage_full');
  });

  it('twice is closing once', async () => {
    const log = await machine('a');
    await Promise.all([log.sequencer.close(), log.sequencer.close()]);
  });
});

it('refuses an entry whose own proof is damaged in storage, and goes on', async () => {
  const log = await machine('a');
  await log.answered('b');
  log.store.signed[0] = { ...log.store.signed[0]!, note: 'not a note' };
  const outcomes = await log.answered('a', 'c');
  expect(outcomes.map(({ outcome }) => outcome.error?.code)).toEqual(['corrupt', undefined]);
  expect(log.fatals).toEqual([]);
  await log.sequencer.close();
});

it('goes on from a log that is there already', async () => {
  const first = await machine('a', 'b');
  await first.sequencer.close();
  const second = new Machine(first.store);
  second.now += 5;
  const [a, c] = (await second.answered('a', 'c')).map(receiptOf);
  expect([a!.index, a!.duplicate, c!.index, c!.duplicate]).toEqual([0, true, 2, false]);
  await second.sequencer.close();
});
