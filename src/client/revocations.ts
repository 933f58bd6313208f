/** Replicates a log's control statements, once or for as long as the log streams them. */
import { equalBytes } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { parsePublicKeyPem } from '../entry/keys/public-key.ts';
import { unexpected } from './answer.ts';
import { eventsOf } from './event-stream.ts';
import type { LogClient } from './log-client.ts';
import { proofInvalid, type VerifiedCheckpoint } from './log-key.ts';
import { readGenesis } from './log-services.ts';
import { RevocationFeed } from './revocation-feed.ts';
import { pause, type RequestOptions } from './transport.ts';

export interface VerifiedFeed {
  feed: RevocationFeed;
  /** The tree that holds the log's newest statement of the feed; the newest there was for an empty feed. */
  checkpoint: VerifiedCheckpoint;
}

/**
 * Brings a replica up to what the log serves, and proves the log's newest statement of it to be in the tree. That none
 * is held back at the end, only a stream, a later look, or a full scan of the log can show.
 * @param feed one of the same log from before; without it, a new one
 * @throws LogError proof_invalid, signature_invalid, checkpoint_unverified, answer_unexpected
 */
export async function replicateRevocations(
  client: LogClient,
  feed?: RevocationFeed,
  options: RequestOptions = {},
): Promise<VerifiedFeed> {
  const replica = feed ?? (await newFeed(client, options));
  for (;;) {
    const from = replica.next;
    replica.append(await client.revocationPageUnverified(from, options));
    if (replica.next === from) break;
  }
  if (replica.next > replica.state.size) throw unexpected('the feed ends within a batch');
  return { feed: replica, checkpoint: await proveState(client, replica, options) };
}

/**
 * Follows a log: yields after each time that the replica has grown, and whenever the log shows that it is alive.
 * Connects again where a stream ends; ends by its signal, or where what the log says cannot be verified.
 * @throws LogError as `replicateRevocations`; the signal's reason
 */
export async function* followRevocations(
  client: LogClient,
  feed?: RevocationFeed,
  options: RequestOptions & { retryDelay?: number } = {},
): AsyncGenerator<VerifiedFeed & { grown: boolean }> {
  const replica = feed ?? (await newFeed(client, options));
  const { retryDelay = 2000, signal } = options;
  for (;;) {
    try {
      const stream = await client.revocationStreamUnverified(replica.next, options);
      for await (const { event, data } of eventsOf(stream, options)) {
        if (event === 'checkpoint') {
          yield { feed: replica, checkpoint: await client.openCheckpoint(stringOf(data), options), grown: false };
        } else if (event === 'controls' && replica.append(data).length > 0) {
          yield { feed: replica, checkpoint: await proveState(client, replica, options), grown: true };
        }
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!isLogError(error, 'unreachable', 'pool_full', 'rate_limited')) throw error;
    }
    await pause(retryDelay, signal);
  }
}

async function newFeed(client: LogClient, options: RequestOptions): Promise<RevocationFeed> {
  const { statementKey } = await readGenesis(client, options);
  return new RevocationFeed({ statementKey: parsePublicKeyPem(statementKey), checks: client.checks });
}

async function proveState(
  client: LogClient,
  { state }: RevocationFeed,
  options: RequestOptions,
): Promise<VerifiedCheckpoint> {
  if (state.statement === undefined) return client.checkpoint(options);
  const { index, leafHash } = state.statement;
  const proof = await client.inclusionProof({ index }, options);
  if (!equalBytes(proof.leafHash, leafHash)) throw proofInvalid('the log holds another entry where it states its feed');
  return proof.checkpoint;
}

function stringOf(value: unknown): string {
  if (typeof value !== 'string') throw unexpected('a checkpoint is not a string');
  return value;
}
