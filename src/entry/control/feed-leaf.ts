/**
 * The feed: an RFC 6962 tree over one leaf per control statement in effect, in their order. The log states its size and
 * root whenever it grows, so that whoever holds all of it can show that nothing is missing.
 */
import { toHex, utf8 } from '../../core/bytes.ts';
import { CompactRange } from '../../core/compact-range.ts';
import { type Hash, leafHash } from '../../core/hash.ts';
import { canonicalJson } from '../encoding/canonical-json.ts';

/** What a leaf of the feed says. */
export interface FeedItem {
  /** Of the control statement in the log. */
  readonly index: number;
  /** 32 bytes. */
  readonly leafHash: Uint8Array;
  /** 32 bytes. */
  readonly payloadSha256: Uint8Array;
}

/** Bytes of a leaf: RFC 8785 canonical JSON of `index`, `leafHash` and `payloadSha256`, hashes in hexadecimal. */
function feedLeaf(item: FeedItem): Uint8Array {
  return utf8(
    canonicalJson({
      index: item.index,
      leafHash: toHex(item.leafHash),
      payloadSha256: toHex(item.payloadSha256),
    }),
  );
}

/** Hash of the leaf in the feed's tree, 32 bytes. */
export function feedLeafHash(item: FeedItem): Hash {
  return leafHash(feedLeaf(item));
}

/** The feed's tree over some items. */
export function feedOf(items: Iterable<FeedItem>): CompactRange {
  const range = CompactRange.empty();
  for (const item of items) range.append(feedLeafHash(item));
  return range;
}
