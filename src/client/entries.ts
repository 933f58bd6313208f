/** Follows the entries of a log for as long as it streams them. */
import { isLogError } from '../core/errors.ts';
import { inconsistentTrees, twoRoots } from '../core/misbehaviour.ts';
import { unexpected } from './answer.ts';
import { EntryFeed, FeedContradiction, type FeedPage } from './entry-feed.ts';
import { eventsOf } from './event-stream.ts';
import { LogMisbehaviour } from './follow.ts';
import type { LogClient } from './log-client.ts';
import { pause, type RequestOptions } from './transport.ts';

/** Entries and the checkpoint that covers them; without entries, the newest checkpoint, which covers all seen before. */
export type FollowedEntries = FeedPage & { feed: EntryFeed };

/**
 * Yields entries as the log brings them, and its newest checkpoint when it has nothing else to say. Connects again where
 * a stream ends; ends by its signal, or where what the log says cannot be verified.
 * @param feed what was seen before; without it, from the first entry on
 * @throws LogMisbehaviour where the log signed two trees; LogError proof_invalid, checkpoint_unverified,
 *   answer_unexpected; the signal's reason
 */
export async function* followEntries(
  client: LogClient,
  feed: EntryFeed = new EntryFeed(),
  options: RequestOptions & { retryDelay?: number } = {},
): AsyncGenerator<FollowedEntries> {
  const { retryDelay = 2000, signal } = options;
  const open = (note: string) => client.openCheckpoint(note, options);
  for (;;) {
    try {
      const stream = await client.entryStreamUnverified(feed.next, options);
      for await (const { event, data } of eventsOf(stream, options)) {
        if (event === 'checkpoint') {
          const checkpoint = await open(stringOf(data));
          feed.expect(checkpoint);
          if (checkpoint.size === feed.next) yield { feed, entries: [], checkpoint, revocationsUnverified: undefined };
        } else if (event === 'entries') yield { feed, ...(await feed.append(data, open)) };
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof FeedContradiction) throw await misbehaviourOf(error, client, options);
      if (!isLogError(error, 'unreachable', 'pool_full', 'rate_limited')) throw error;
    }
    await pause(retryDelay, signal);
  }
}

/** With the proof that others can check, where the log gives it. */
async function misbehaviourOf(
  contradiction: FeedContradiction,
  client: LogClient,
  options: RequestOptions,
): Promise<Error> {
  const { signed, given, by } = contradiction;
  const verifierKey = await client.verifierKey(options);
  if (by.size === signed.size && by !== signed) {
    const message = `the log signed two different trees of ${signed.size} entries`;
    return new LogMisbehaviour(message, twoRoots(verifierKey, signed, by));
  }
  if (by.size === signed.size) return contradiction;
  try {
    const proof = await client.consistencyProof(given, by, options);
    return new LogMisbehaviour(
      `the log signed a tree of ${signed.size} entries that its tree of ${by.size} entries does not contain`,
      inconsistentTrees(verifierKey, signed, by, { provenRoot: given.root, proof }),
    );
  } catch (error) {
    if (isLogError(error)) return contradiction;
    throw error;
  }
}

function stringOf(value: unknown): string {
  if (typeof value !== 'string') throw unexpected('a checkpoint is not a string');
  return value;
}
