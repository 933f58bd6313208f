/** Audits the feed of control statements that a log serves, against what a scan of all its entries sees. */
import { LogClient, type LogClientOptions } from '../client/log-client.ts';
import { replicateRevocations } from '../client/revocations.ts';
import type { RequestOptions } from '../client/transport.ts';
import { isLogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { isControlPayload } from '../entry/control/control-payload.ts';
import { feedLeafHash } from '../entry/control/feed-leaf.ts';
import { parseLeaf } from '../entry/leaf/leaf.ts';
import { readFeedStatement } from '../entry/submission/feed-statement.ts';
import { type AuditedFeed, FeedAudit } from '../log/feed-audit.ts';
import type { LogIdentity } from '../log/identity.ts';
import type { StoredCheckpoint } from '../log/log.ts';
import { isSignedByLog, readAs } from '../log/own-statement.ts';
import type { FeedRow } from '../log/ports.ts';
import type { CopiedEntry, CopiedPart } from '../log/replay.ts';
import { mayBeControl } from '../log/written-feed.ts';

export class ServedFeedAudit {
  readonly #identity: LogIdentity;
  readonly #audit: FeedAudit;
  /** Sizes that the log signed, ascending, as far as the scan has come. */
  readonly #sizes: number[] = [];

  private constructor(identity: LogIdentity, rows: readonly FeedRow[], report: (at: string, message: string) => void) {
    this.#identity = identity;
    const signed = (size: number) => ({ size }) as StoredCheckpoint;
    const feed: AuditedFeed = {
      feed: (start, end) => rows.slice(start, end),
      feedSize: (treeSize) => rows.filter(({ statement }) => statement < treeSize).length,
      checkpoint: (size) => (this.#sizes[this.#after(size - 1)] === size ? signed(size) : undefined),
      checkpoints: (after, limit) => {
        const first = this.#after(after);
        return this.#sizes.slice(first, first + limit).map(signed);
      },
    };
    this.#audit = new FeedAudit(feed, report);
  }

  /**
   * Replicates the feed first, which verifies it on its own terms.
   * @returns undefined where none is served, as by a mirror
   * @throws LogError as `replicateRevocations`
   */
  static async begin(
    options: LogClientOptions,
    identity: LogIdentity,
    report: (at: string, message: string) => void,
    request: RequestOptions,
  ): Promise<ServedFeedAudit | undefined> {
    try {
      const { feed } = await replicateRevocations(new LogClient(options), undefined, request);
      const rows = feed.events.map((event) => {
        const { position, index, statement } = event;
        return { position, index, statement, hash: feedLeafHash(event) };
      });
      return new ServedFeedAudit(identity, rows, report);
    } catch (error) {
      if (isLogError(error, 'route_unknown', 'forbidden')) return undefined;
      throw error;
    }
  }

  /** Parts must come in order. */
  add({ entries, notes }: CopiedPart): void {
    this.#sizes.push(...notes.map((note) => Number(note.split('\n', 2)[1])));
    this.#audit.add({
      controls: entries.flatMap((entry) => controlOf(entry) ?? []),
      feedStatements: entries.flatMap((entry) => this.#statementOf(entry) ?? []),
    });
  }

  /** @returns the control statements in effect below a size */
  finish(size: number): number {
    return this.#audit.finish(size);
  }

  /** Place of the first signed size above a size. */
  #after(size: number): number {
    let [low, high] = [0, this.#sizes.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#sizes[middle]! > size) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #statementOf({ index, leaf, payload }: CopiedEntry) {
    if (payload?.countsFrom !== index || !isSignedByLog(parseLeaf(leaf), this.#identity)) return undefined;
    const stated = readAs(readFeedStatement, payload.bytes);
    return stated && { ...stated, index };
  }
}

function controlOf({ index, leafHash, payload }: CopiedEntry) {
  if (payload?.countsFrom !== index || !mayBeControl(payload) || !isControlPayload(payload)) return undefined;
  return { index, leafHash, payloadSha256: sha256(payload.bytes) };
}
