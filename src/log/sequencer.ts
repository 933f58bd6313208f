/**
 * The single writer. Takes whatever has gathered while the last commit ran, plans it, commits it, anchors it, and only
 * then lets anyone know. There is no batch timer: alone, a submission waits for nobody.
 *
 * It never retries what may have happened. What was cleanly rolled back, or only needs time, pauses writes and resumes
 * by itself; everything else stops the machine (`fatal`), and the process must exit.
 */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { CompactRange } from '../core/compact-range.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { TileEdge } from '../core/tile-edge.ts';
import type { Anchor } from './anchor.ts';
import { crashPoint } from './crash-points.ts';
import { logFrozen } from './frozen.ts';
import type { LogIdentity } from './identity.ts';
import { asItemError } from './item-error.ts';
import type { ItemError, ItemOutcome, PublishedHead, WriteState } from './log.ts';
import { type BatchPlan, type IndexedKeys, type LoggableEntry, type PlanInput, planBatch } from './planner.ts';
import { CommitError, type LogStore } from './ports.ts';
import type { ReceiptWriter } from './receipts.ts';
import { sealOf } from './seal.ts';
import type { CheckpointSigner } from './signer.ts';

/** An entry in the pool and where its answer goes. */
export interface PooledEntry {
  ticket: number;
  item: number;
  /** Its receipt is to bring the leaf. */
  returnsLeaf: boolean;
  /** What it is refused with, unless the log has its leaf: submitting again is never an error. */
  unlessKnown?: ItemError | undefined;
  entry: LoggableEntry;
}

export interface Answer {
  ticket: number;
  item: number;
  outcome: ItemOutcome;
}

/** What leaves the sequencer; durable, and anchored, before it does. */
export interface SequencerEvents {
  /** A new head, and what makes its entries findable. Comes before the answers that rest on it. */
  published(head: PublishedHead, indexed: IndexedKeys[]): void;
  answered(answers: Answer[]): void;
  writeState(state: WriteState): void;
  /** The machine has stopped for good. Nothing is called after this. */
  fatal(error: ItemError): void;
}

export interface SequencerOptions {
  store: LogStore;
  anchor: Anchor;
  identity: LogIdentity;
  signer: CheckpointSigner;
  receipts: ReceiptWriter;
  /** At the committed head. */
  edge: TileEdge;
  /** At the committed head. */
  feed: CompactRange;
  /** What the planner asks of a batch: all of it is looked up in one step, at the state that the batch is planned on. */
  known(entries: readonly LoggableEntry[]): PlanInput['known'];
  attached: PlanInput['attached'];
  controls: PlanInput['controls'];
  /** The log has ended: nothing is appended, and its head is stamped on. */
  frozen: boolean;
  events: SequencerEvents;
  /** POSIX seconds. */
  clock(): number;
  /** Bytes left on the file system of the data directory. */
  freeBytes(): number;
  /** Writes pause while fewer bytes are free, so that the database never meets a full disk in mid-flight. */
  reserveBytes: number;
  /** Milliseconds between looks at the clock, and between attempts at an anchor that cannot be written. */
  tick?: number;
}

/** Entries of one commit at most: bounds memory and the time that others wait. */
const MAX_BATCH = 4096;
/** Seconds after which an idle log stamps its head again. */
const STAMP_INTERVAL = 60;
/** A clock that is behind the last checkpoint by no more than this is waited for; beyond it writes pause. */
const CLOCK_PATIENCE = 2;
const TICK = 1000;

export class Sequencer {
  readonly #options: SequencerOptions;
  /** Filled by `offer`, emptied by the loop. */
  #pool: PooledEntry[] = [];
  /** Owned by the loop: the tree at the committed head. */
  #edge: TileEdge;
  /** Owned by the loop: the feed there. */
  #feed: CompactRange;
  /** Owned by the loop: the published head. */
  #head: PublishedHead;
  /** Owned by the loop. */
  #state: WriteState = { accepting: true };
  /** Owned by the loop: what it has taken from the pool and not answered yet. */
  #batch: PooledEntry[] = [];
  #closing = false;
  /** The loop has ended: nothing that is offered now will be answered. */
  #ended = false;
  #wake: () => void = () => {};
  readonly #loop: Promise<void>;

  constructor(options: SequencerOptions) {
    this.#options = options;
    this.#edge = options.edge;
    this.#feed = options.feed;
    this.#head = options.store.head();
    this.#loop = this.#run();
  }

  /**
   * Puts entries into the pool. How many may be there at once is the caller's business. What arrives after the end is
   * dropped: whoever heard of the end answers for it.
   */
  offer(entries: PooledEntry[]): void {
    if (this.#ended) return;
    crashPoint('pooled');
    this.#pool.push(...entries);
    this.#wake();
  }

  /** Commits what is in the pool, then ends. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closing || this.#pool.length > 0) {
        if (this.#options.frozen) this.#refuse(this.#pool.splice(0), logFrozen());
        if (!this.#state.accepting) await this.#tryToResume();
        else if (this.#pool.length > 0) await this.#sequence();
        // Also while entries keep coming that are duplicates, and move no head.
        if (this.#state.accepting && this.#stampIsDue()) await this.#stampAgain();
        // Entries that arrived while the commit held this thread are delivered here, and make up the next batch.
        await setImmediate();
        if (this.#pool.length === 0 && !this.#closing) await this.#wakeOrTick();
      }
      this.#ended = true;
    } catch (error) {
      this.#ended = true;
      const unanswered = [...this.#batch, ...this.#pool.splice(0)];
      this.#refuse(unanswered, new LogError('halted', 'the log has stopped; it must be started again'));
      this.#options.events.fatal(asItemError(reasonToStop(error)));
    }
  }

  async #wakeOrTick(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.tick ?? TICK);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #sequence(): Promise<void> {
    const { events } = this.#options;
    const reason = await this.#reasonToPause();
    const batch = this.#pool.splice(0, MAX_BATCH);
    if (reason !== undefined) return this.#pause(reason, batch);
    this.#batch = batch;

    const known = this.#options.known(batch.map(({ entry }) => entry));
    this.#batch = this.#refuseUnknown(batch, known);
    const plan = planBatch({
      edge: this.#edge,
      feed: this.#feed,
      entries: this.#batch.map(({ entry }) => entry),
      known,
      attached: this.#options.attached,
      controls: this.#options.controls,
    });
    try {
      if (changesAnything(plan)) await this.#commit(plan, this.#time());
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      return this.#pause(storageFull(), this.#batch.splice(0));
    }
    const answers = this.#batch.map((pooled, i) => {
      const { ticket, item } = pooled;
      return { ticket, item, outcome: this.#outcome(plan, i, pooled) };
    });
    this.#batch = [];
    if (answers.length > 0) events.answered(answers);
  }

  /** What is left of a batch without the entries that may only be there already, and are not. */
  #refuseUnknown(batch: PooledEntry[], known: PlanInput['known']): PooledEntry[] {
    const refused = batch.filter(({ unlessKnown, entry }) => unlessKnown !== undefined && known(entry) === undefined);
    if (refused.length === 0) return batch;
    const outcomes = refused.map(({ ticket, item, unlessKnown }) => ({
      ticket,
      item,
      outcome: { error: unlessKnown! },
    }));
    this.#options.events.answered(outcomes);
    return batch.filter((pooled) => !refused.includes(pooled));
  }

  /** An earlier entry whose proof is damaged in storage has none to be given; the others of its batch have theirs. */
  #outcome(plan: BatchPlan, position: number, { returnsLeaf, entry }: PooledEntry): ItemOutcome {
    const outcome = plan.outcomes[position]!;
    try {
      const receipt = this.#options.receipts.write(plan, outcome, this.#head);
      // Of a duplicate too: one is known by its bytes.
      if (returnsLeaf) receipt.leaf = entry.leaf;
      return { receipt };
    } catch (error) {
      const isStored = outcome.index < plan.commit.previous.size;
      if (!isStored || !isLogError(error, 'corrupt', 'not_yet_published')) throw error;
      return { error: asItemError(new LogError('corrupt', error.message, { cause: error })) };
    }
  }

  /** The clock may step back between two looks at it; what is signed never does. */
  #time(): number {
    return Math.max(this.#options.clock(), this.#head.time);
  }

  /** Commit, then anchor, then publish: the order that every promise rests on. */
  async #commit(plan: BatchPlan, time: number): Promise<void> {
    const { store, signer, events } = this.#options;
    const checkpoint = await store.commit(plan.commit, sealOf(plan, this.#edge, signer, time));
    if (checkpoint === undefined) return;
    await this.#raiseAnchor(checkpoint);
    this.#edge = plan.growth.edge;
    this.#feed = plan.feed.after;
    this.#head = checkpoint;
    events.published(checkpoint, plan.indexed);
  }

  /** Holds a committed batch unpublished, and unacknowledged, until the anchor has it. */
  async #raiseAnchor(head: PublishedHead): Promise<void> {
    const { anchor, identity } = this.#options;
    for (;;) {
      try {
        if (anchor.read().foreignWrite) {
          throw new LogError('already_running', 'another process has written the anchor: there is a second writer');
        }
        anchor.write({ logId: identity.logId, size: head.size, root: head.root });
        break;
      } catch (cause) {
        if (isLogError(cause)) throw cause;
        const reason = new LogError('anchor_unwritable', 'the anchor cannot be written', { cause, retryAfter: 5 });
        // Nobody is left waiting: who sends the held batch again once it is published finds it.
        this.#pause(reason, [...this.#batch.splice(0), ...this.#pool.splice(0)]);
        if (this.#closing) throw reason;
        await sleep(this.#options.tick ?? TICK);
      }
    }
    crashPoint('anchored');
    if (!this.#state.accepting) this.#setState({ accepting: true });
  }

  #stampIsDue(): boolean {
    return this.#head.size > 0 && this.#options.clock() - this.#head.time >= STAMP_INTERVAL;
  }

  async #stampAgain(): Promise<void> {
    try {
      await this.#stamp(this.#time());
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      this.#pause(storageFull(), []);
    }
  }

  async #stamp(now: number): Promise<void> {
    const { store, signer, events } = this.#options;
    const note = signer.sign(this.#head.size, this.#head.root, now);
    await store.restamp(this.#head, note, now);
    this.#head = { ...this.#head, note, time: now };
    events.published(this.#head, []);
  }

  /** What keeps a batch from being committed now, though nothing is broken. */
  async #reasonToPause(): Promise<LogError | undefined> {
    const behind = this.#head.time - this.#options.clock();
    if (behind > CLOCK_PATIENCE) {
      return new LogError('clock_regressed', 'the clock is behind the last checkpoint', { retryAfter: 5 });
    }
    if (behind > 0) await sleep(behind * 1000);
    if (this.#options.freeBytes() < this.#options.reserveBytes) return storageFull();
    return undefined;
  }

  #pause(reason: LogError, batch: PooledEntry[]): void {
    this.#setState(paused(reason));
    this.#refuse(batch, reason);
  }

  async #tryToResume(): Promise<void> {
    const reason = await this.#reasonToPause();
    if (reason !== undefined) {
      this.#refuse(this.#pool.splice(0), reason);
      return;
    }
    try {
      // A write of its own shows that there is room again.
      if (this.#head.size > 0) await this.#stamp(this.#time());
      this.#setState({ accepting: true });
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      this.#refuse(this.#pool.splice(0), storageFull());
    }
  }

  #setState(state: WriteState): void {
    this.#state = state;
    this.#options.events.writeState(state);
  }

  #refuse(batch: PooledEntry[], reason: LogError): void {
    if (batch.length === 0) return;
    const error = asItemError(reason);
    this.#options.events.answered(batch.map(({ ticket, item }) => ({ ticket, item, outcome: { error } })));
  }
}

function changesAnything({ commit }: BatchPlan): boolean {
  return commit.entries.length + commit.payloads.length + commit.companions.length > 0;
}

function isStorageFull(error: unknown): boolean {
  return error instanceof CommitError && error.failure === 'storage_full';
}

/** What the operator reads when the machine has stopped. */
function reasonToStop(error: unknown): unknown {
  if (!(error instanceof CommitError)) return error;
  return new LogError(error.failure === 'head_moved' ? 'already_running' : 'halted', error.message, { cause: error });
}

function storageFull(): LogError {
  const message = 'the log’s disk is full, or has less free than the reserve that storage.reserveBytes sets';
  return new LogError('storage_full', message, { retryAfter: 5 });
}

function paused(error: LogError): WriteState {
  return { accepting: false, code: error.code, message: error.message, retryAfter: error.retryAfter ?? 5 };
}
