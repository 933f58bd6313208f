/** The feed as a batch wrote it, on the second path: from the stored leaves and payloads, before anything is signed. */
import { equalBytes } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { LogError } from '../core/errors.ts';
import { leafHash, sha256 } from '../core/hash.ts';
import { isControlPayload } from '../entry/control/control-payload.ts';
import { type FeedItem, feedLeafHash } from '../entry/control/feed-leaf.ts';
import { type FeedStatement, readFeedStatement } from '../entry/submission/feed-statement.ts';
import type { PayloadRow, WrittenRows } from './ports.ts';

/**
 * @param before the feed before the batch; it is not changed
 * @param batchStart tree size before the batch
 * @throws LogError corrupt where the batch's last leaf does not name exactly its control statements, or rows and
 *   statement do not give one feed
 */
export function checkWrittenFeed(before: CompactRange, batchStart: number, written: WrittenRows): void {
  const items = controlsOf(batchStart, written);
  if (items.length !== written.feed.length) throw corrupt('the feed has other control statements than the batch');
  const last = written.entries.at(-1);
  if (items.length === 0 || last === undefined) return;
  const feed = CompactRange.from(before.size, before.peakHashes());
  for (const [i, item] of items.entries()) {
    const row = written.feed[i]!;
    const hash = feedLeafHash(item);
    const same = row.position === feed.size && row.index === item.index && row.statement === last.index;
    if (!same || !equalBytes(row.hash, hash)) throw corrupt('a written row of the feed is not the planned one');
    feed.append(hash);
  }
  const stated = statedBy(written.payloads.find(({ index }) => index === last.index));
  const isSame =
    stated.batchStart === batchStart &&
    sameItems(stated.items, items) &&
    stated.feed.size === feed.size &&
    equalBytes(stated.feed.root, feed.root());
  if (!isSame) throw corrupt('the batch does not state the feed that it wrote');
}

/** Control statements whose payload came with them, from what was written. */
function controlsOf(batchStart: number, { entries, payloads }: WrittenRows): FeedItem[] {
  return payloads
    .filter(({ index, countsFrom }) => index === countsFrom && index >= batchStart)
    .filter((payload) => mayBeControl(payload) && isControlPayload(payload))
    .map(({ index, bytes }) => {
      const entry = entries[index - batchStart];
      if (entry === undefined) throw corrupt('a control statement has no entry');
      return { index, leafHash: leafHash(entry.leaf), payloadSha256: sha256(bytes) };
    })
    .sort((a, b) => a.index - b.index);
}

/** Whether it is worth parsing: a predicate type is there in letters, or in escapes of them. */
export function mayBeControl({ bytes }: Pick<PayloadRow, 'bytes'>): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.includes('urn:countersign:control:') || buffer.includes('\\u');
}

function statedBy(payload: PayloadRow | undefined): FeedStatement {
  try {
    return readFeedStatement(payload!.bytes);
  } catch (cause) {
    throw new LogError('corrupt', 'the batch does not end with a statement of its feed', { cause });
  }
}

export function sameItems(a: readonly FeedItem[], b: readonly FeedItem[]): boolean {
  return (
    a.length === b.length &&
    a.every((item, i) => {
      const { index, leafHash, payloadSha256 } = b[i]!;
      return (
        item.index === index && equalBytes(item.leafHash, leafHash) && equalBytes(item.payloadSha256, payloadSha256)
      );
    })
  );
}

function corrupt(message: string): LogError {
  return new LogError('corrupt', message);
}
