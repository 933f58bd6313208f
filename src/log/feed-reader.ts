/** Reads the feed for others: every row is justified by the log's own statement, which the tree holds. */
import { equalBytes } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { EMPTY_ROOT } from '../core/hash.ts';
import { feedLeafHash } from '../entry/control/feed-leaf.ts';
import { parseLeaf } from '../entry/leaf/leaf.ts';
import type { FeedStatement } from '../entry/submission/feed-statement.ts';
import { feedStatementAt } from './feed-check.ts';
import type { LogIdentity } from './identity.ts';
import type { FeedHead, LoggedControl, StoredEntry } from './log.ts';
import type { FeedRow, LogRows } from './ports.ts';

export class FeedReader {
  readonly #rows: LogRows;
  readonly #identity: LogIdentity;
  readonly #entry: (index: number) => StoredEntry;
  /** The statement that was read last: many rows in a row are named by one. */
  #last: { index: number; stated: FeedStatement } | undefined;

  /** @param entry reads an entry, checked against the tree */
  constructor(rows: LogRows, identity: LogIdentity, entry: (index: number) => StoredEntry) {
    this.#rows = rows;
    this.#identity = identity;
    this.#entry = entry;
  }

  head(treeSize: number): FeedHead {
    const size = this.#rows.feedSize(treeSize);
    if (size === 0) return { size, root: EMPTY_ROOT, statement: undefined };
    const row = this.#rows.feed(size - 1, size)[0];
    const stated = row && this.#statement(row.statement);
    if (stated?.feed.size !== size) throw corrupt('the feed has another size than the log states');
    return { size, root: stated.feed.root, statement: row!.statement };
  }

  controls(from: number, limit: number, treeSize: number): LoggedControl[] {
    const end = Math.min(this.#rows.feedSize(treeSize), from + limit);
    if (from >= end) return [];
    const rows = this.#rows.feed(from, end);
    if (rows.length !== end - from) throw corrupt('rows of the feed are missing');
    return rows.map((row, i) => this.#control(row, from + i));
  }

  #control(row: FeedRow, position: number): LoggedControl {
    const { batchStart, items, feed } = this.#statement(row.statement);
    const item = items[position - (feed.size - items.length)];
    const isNamed = row.position === position && item?.index === row.index && equalBytes(row.hash, feedLeafHash(item));
    if (!isNamed) throw corrupt('a row of the feed is not what the log states');
    const entry = this.#entry(row.index);
    const { payload } = entry;
    const isStated =
      payload.status === 'stored' &&
      equalBytes(entry.leafHash, item.leafHash) &&
      equalBytes(payload.sha256, item.payloadSha256);
    if (!isStated) throw corrupt('a control statement is not the one that the log states');
    return { position, statement: row.statement, batchStart, payloadSha256: item.payloadSha256, entry };
  }

  #statement(index: number): FeedStatement {
    if (this.#last?.index === index) return this.#last.stated;
    const { leaf, payload } = this.#entry(index);
    const stated =
      payload.status === 'stored'
        ? feedStatementAt({ payload: () => ({ index, ...payload }) }, index, parseLeaf(leaf), this.#identity)
        : undefined;
    if (stated === undefined) throw corrupt('the log states nothing where a row of the feed says it does');
    this.#last = { index, stated };
    return stated;
  }
}

function corrupt(message: string): LogError {
  return new LogError('corrupt', message);
}
