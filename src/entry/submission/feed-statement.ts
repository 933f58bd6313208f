/**
 * The log's statement that puts control statements into effect: it names those of its batch, and the feed's new size
 * and root. It is the batch's last leaf, so a control statement takes effect with the batch that brought it or never.
 */
import { toHex } from '../../core/bytes.ts';
import type { FeedItem } from '../control/feed-leaf.ts';
import { isIndex, logStatement, malformed, membersOfItem, readHash, readLogPredicate } from './log-statement.ts';

const FEED_PREDICATE = 'urn:countersign:statement:control:v1';

export interface FeedStatement {
  /** Entries before the batch. */
  readonly batchStart: number;
  /** The batch's control statements whose payload came with them, ascending by index; never empty. */
  readonly items: readonly FeedItem[];
  /** Size of the feed with them, and the root of its tree, 32 bytes. */
  readonly feed: { readonly size: number; readonly root: Uint8Array };
}

/** Bytes of the statement; its subjects are the leaves of the control statements. */
export function feedStatement({ batchStart, items, feed }: FeedStatement): Uint8Array {
  const subjects = items.map(({ index, leafHash }) => ({ name: `leaf:${index}`, digest: { sha256: toHex(leafHash) } }));
  const controls = items.map(({ index, leafHash, payloadSha256 }) => ({
    index,
    leafHash: toHex(leafHash),
    payloadSha256: toHex(payloadSha256),
  }));
  const predicate = { batchStart, controls, feed: { size: feed.size, rootHash: toHex(feed.root) } };
  return logStatement(FEED_PREDICATE, subjects, predicate);
}

/** @throws LogError malformed_statement for any other payload */
export function readFeedStatement(payload: Uint8Array): FeedStatement {
  const { batchStart, controls, feed } = readLogPredicate(payload, FEED_PREDICATE);
  if (!isIndex(batchStart) || !Array.isArray(controls) || controls.length === 0) {
    throw malformed('a feed statement lacks a member');
  }
  const stated = membersOfItem(feed);
  if (!isIndex(stated.size)) throw malformed('a feed statement states no size');
  return {
    batchStart,
    items: controls.map((item: unknown) => {
      const { index, leafHash, payloadSha256 } = membersOfItem(item);
      if (!isIndex(index)) throw malformed('an item is not readable');
      return { index, leafHash: readHash(leafHash), payloadSha256: readHash(payloadSha256) };
    }),
    feed: { size: stated.size, root: readHash(stated.rootHash) },
  };
}
