/** A log store in memory that keeps the contract of the port, and can be told to fail, to wait, or to damage rows. */
import { concat, toHex } from '../../src/core/bytes.ts';
import { EMPTY_ROOT, type Hash } from '../../src/core/hash.ts';
import type { CompletedTile } from '../../src/core/tile-edge.ts';
import type { StoredCheckpoint } from '../../src/log/log.ts';
import type { KeyRole } from '../../src/log/named-keys.ts';
import type { KnownEntry, LoggableEntry } from '../../src/log/planner.ts';
import {
  CommitError,
  type CommitPlan,
  type EntryRow,
  type FeedRow,
  type LogStore,
  type PayloadRow,
  type Seal,
  type StoredHead,
  type WrittenRows,
} from '../../src/log/ports.ts';

export class MemoryStore implements LogStore {
  readonly stored: EntryRow[] = [];
  readonly payloads = new Map<number, PayloadRow | 'erased'>();
  readonly kept = new Map<number, Uint8Array[]>();
  readonly named = new Map<KeyRole, number>();
  readonly tiles = new Map<string, CompletedTile>();
  readonly controls: FeedRow[] = [];
  readonly signed: StoredCheckpoint[] = [];
  readonly #byLeaf = new Map<string, number>();
  current: StoredHead = { size: 0, root: EMPTY_ROOT, note: '', time: 0 };
  /** Sizes of the batches, as they were committed. */
  readonly batches: number[] = [];
  /** What the next commit or re-stamp fails with. */
  failure: Error | undefined;
  /** What each commit waits for. */
  gate: Promise<void> | undefined;
  /** Changes what is read back before it is sealed. */
  damage: (written: WrittenRows) => WrittenRows = (written) => written;

  async commit(plan: CommitPlan, seal: Seal): Promise<StoredCheckpoint | undefined> {
    await this.gate;
    this.#failIfTold();
    this.#compare(plan.previous);
    const { entries, payloads, tiles, feed } = plan;
    const checkpoint = entries.length === 0 ? undefined : seal(this.damage({ entries, payloads, tiles, feed }));
    this.batches.push(entries.length);
    for (const row of entries) this.#byLeaf.set(toHex(row.leaf), this.stored.push(row) - 1);
    for (const row of payloads) this.payloads.set(row.index, row);
    for (const { leaves } of plan.erasures) for (const index of leaves) this.payloads.set(index, 'erased');
    for (const row of plan.companions) {
      const companions = this.companions(row.index);
      if (row.position !== companions.length) throw new CommitError('unknown', 'the position of a companion is taken');
      this.kept.set(row.index, [...companions, row.content]);
    }
    for (const { role, index } of plan.keyStatements) this.named.set(role, index);
    for (const tile of tiles) this.tiles.set(`${tile.level}/${tile.index}`, tile);
    this.controls.push(...feed);
    if (checkpoint === undefined) return undefined;
    this.signed.push(checkpoint);
    this.current = checkpoint;
    return checkpoint;
  }

  async restamp(head: StoredHead, note: string, time: number): Promise<void> {
    this.#failIfTold();
    this.#compare(head);
    this.current = { ...this.current, note, time };
  }

  /** The planner's question, answered from what is stored. */
  known(entry: LoggableEntry): KnownEntry | undefined {
    const index = this.#byLeaf.get(toHex(entry.leaf));
    if (index === undefined) return undefined;
    return { index, payload: this.payloadState(index), companions: this.companions(index) };
  }

  close(): void {}

  head(): StoredHead {
    return this.current;
  }

  entries(start: number, end: number): EntryRow[] {
    return this.stored.slice(start, end);
  }

  entry(index: number): EntryRow | undefined {
    return this.stored[index];
  }

  leafHashes(start: number, end: number): Uint8Array {
    return concat(...this.entries(start, end).map((row) => row.leafHash));
  }

  tile(level: number, index: number): Uint8Array | undefined {
    return this.tiles.get(`${level}/${index}`)?.hashes;
  }

  tileRoots(level: number, start: number, end: number): Uint8Array {
    return concat(...Array.from({ length: end - start }, (_, i) => this.tiles.get(`${level}/${start + i}`)!.root));
  }

  payload(index: number): PayloadRow | undefined {
    const row = this.payloads.get(index);
    return row === 'erased' ? undefined : row;
  }

  payloadState(index: number): { countsFrom: number } | 'erased' | undefined {
    const row = this.payloads.get(index);
    return row === 'erased' ? row : row && { countsFrom: row.countsFrom };
  }

  keyStatement(role: KeyRole): number | undefined {
    return this.named.get(role);
  }
  erased(): undefined {}

  companions(index: number): Uint8Array[] {
    return this.kept.get(index) ?? [];
  }

  checkpoint(size: number): StoredCheckpoint | undefined {
    return this.signed.find((checkpoint) => checkpoint.size === size);
  }

  checkpointCovering(index: number): StoredCheckpoint | undefined {
    return this.signed.find((checkpoint) => checkpoint.size > index);
  }

  checkpoints(after: number, limit: number): StoredCheckpoint[] {
    return this.signed.filter((checkpoint) => checkpoint.size > after).slice(0, limit);
  }

  feed(start: number, end: number): FeedRow[] {
    return this.controls.slice(start, end);
  }

  feedSize(treeSize: number): number {
    return this.controls.filter(({ statement }) => statement < treeSize).length;
  }

  #compare({ size, root }: { size: number; root: Hash }): void {
    if (size !== this.current.size || toHex(root) !== toHex(this.current.root)) {
      throw new CommitError('head_moved', 'the head is another');
    }
  }

  #failIfTold(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }
}
