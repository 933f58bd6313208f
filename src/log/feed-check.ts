/** The log's own statements of its feed, and whether the stored feed is the one that the newest of them states. */
import { equalBytes, toHex } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { LogError } from '../core/errors.ts';
import { type LeafContent, parseLeaf } from '../entry/leaf/leaf.ts';
import { type FeedStatement, readFeedStatement } from '../entry/submission/feed-statement.ts';
import type { LogIdentity } from './identity.ts';
import { ownStatement, readAs } from './own-statement.ts';
import type { LogRows } from './ports.ts';

/** What an entry states of the feed; undefined where it is no statement of the log's about it. */
export function feedStatementAt(
  rows: Pick<LogRows, 'payload'>,
  index: number,
  leaf: LeafContent,
  identity: LogIdentity,
): FeedStatement | undefined {
  const own = ownStatement(rows, index, leaf, identity);
  return own && readAs(readFeedStatement, own);
}

/** Rows that are read at a time: each has a hash only. */
const ROWS = 10_000;

/** Newest entries that are looked through for a statement whose rows are missing; a full check looks through all. */
const LOOKED_THROUGH = 256;

/**
 * Reads the feed at a head and compares it with what the newest statement of it says.
 * @returns the feed there
 * @throws LogError corrupt
 */
export function checkFeed(rows: LogRows, identity: LogIdentity, headSize: number): CompactRange {
  const feed = CompactRange.empty();
  let newest = -1;
  for (let page = rows.feed(0, ROWS); page.length > 0; page = rows.feed(feed.size, feed.size + ROWS)) {
    for (const { position, statement, hash } of page) {
      if (position !== feed.size || statement < newest || statement >= headSize) {
        throw new LogError('corrupt', `row ${feed.size} of the stored feed is missing or out of place`);
      }
      newest = statement;
      feed.append(hash);
    }
  }
  if (newest >= 0) requireStated(rows, identity, newest, feed);
  for (const { index, leaf } of rows.entries(Math.max(newest + 1, headSize - LOOKED_THROUGH), headSize)) {
    if (feedStatementAt(rows, index, parseLeaf(leaf), identity) === undefined) continue;
    throw new LogError('corrupt', `entry ${index} states a feed whose rows are missing`);
  }
  return feed;
}

function requireStated(rows: LogRows, identity: LogIdentity, statement: number, feed: CompactRange): void {
  const entry = rows.entry(statement);
  const stated = entry && feedStatementAt(rows, statement, parseLeaf(entry.leaf), identity);
  if (stated?.feed.size === feed.size && equalBytes(stated.feed.root, feed.root())) return;
  throw new LogError(
    'corrupt',
    `the stored feed of ${feed.size} control statements with root ${toHex(feed.root())} is not what entry ${statement} states`,
  );
}
