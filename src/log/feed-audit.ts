/**
 * Checks the feed against the leaves alone: that every control statement whose payload came with it is put into effect
 * by the last leaf of its batch, nothing else is, and each statement of the feed gives its true size and root.
 */
import { equalBytes, toHex } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { type FeedItem, feedLeafHash } from '../entry/control/feed-leaf.ts';
import type { FeedStatement } from '../entry/submission/feed-statement.ts';
import type { CheckedRange } from './fsck-range.ts';
import type { LogRows } from './ports.ts';
import { sameItems } from './written-feed.ts';

/** The feed as it is stored or served, and the checkpoints that say where batches end. */
export type AuditedFeed = Pick<LogRows, 'feed' | 'feedSize' | 'checkpoint' | 'checkpoints'>;

export class FeedAudit {
  readonly #rows: AuditedFeed;
  readonly #report: (at: string, message: string) => void;
  /** As the leaves give it. */
  readonly #feed = CompactRange.empty();
  /** Control statements that no statement has named so far. */
  #unnamed: FeedItem[] = [];

  constructor(rows: AuditedFeed, report: (at: string, message: string) => void) {
    this.#rows = rows;
    this.#report = report;
  }

  /** Ranges must come in order. */
  add({ controls, feedStatements }: Pick<CheckedRange, 'controls' | 'feedStatements'>): void {
    let next = 0;
    for (const stated of feedStatements) {
      const before = controls.slice(next).filter(({ index }) => index < stated.index);
      next += before.length;
      this.#unnamed.push(...before);
      this.#check(stated);
    }
    this.#unnamed.push(...controls.slice(next));
  }

  /** @returns the size of the feed */
  finish(size: number): number {
    for (const { index } of this.#unnamed) {
      this.#report(`entry ${index}`, 'is a control statement that no statement of the log puts into effect');
    }
    if (this.#rows.feedSize(size) !== this.#feed.size) {
      this.#report('feed', `has ${this.#rows.feedSize(size)} rows, but the leaves give ${this.#feed.size}`);
    }
    return this.#feed.size;
  }

  #check(stated: FeedStatement & { index: number }): void {
    const at = `entry ${stated.index}`;
    const items = this.#unnamed;
    this.#unnamed = [];
    if (!sameItems(stated.items, items)) {
      this.#report(at, 'puts other control statements into effect than those of its batch');
    }
    if (!this.#endsBatch(stated)) this.#report(at, 'is not the last leaf of the batch that it states');
    const rows = this.#rows.feed(this.#feed.size, this.#feed.size + items.length);
    for (const [i, item] of items.entries()) {
      const hash = feedLeafHash(item);
      const row = rows[i];
      const same = row?.index === item.index && row.statement === stated.index && equalBytes(row.hash, hash);
      if (!same) this.#report(`feed ${this.#feed.size}`, 'is not the row that the leaves give');
      this.#feed.append(hash);
    }
    const root = this.#feed.root();
    if (stated.feed.size !== this.#feed.size || !equalBytes(stated.feed.root, root)) {
      const feed = `${this.#feed.size} control statements with root ${toHex(root)}`;
      this.#report(at, `states another feed than the leaves give, which is ${feed}`);
    }
  }

  /** A batch lies between two checkpoints. */
  #endsBatch({ index, batchStart, items }: FeedStatement & { index: number }): boolean {
    const isStart = batchStart === 0 || this.#rows.checkpoint(batchStart) !== undefined;
    const [next] = this.#rows.checkpoints(batchStart, 1);
    return isStart && next?.size === index + 1 && items.every((item) => item.index >= batchStart && item.index < index);
  }
}
