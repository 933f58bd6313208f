/**
 * Evidence from a log that somebody else runs: every entry is proved to be in its tree, and what it says is read here.
 * Only what nobody can prove is taken on the log's word: that no match was left out, from when a late payload counts,
 * and which CAs it trusts.
 */
import type { VerifiedEntry } from '../client/entry.ts';
import type { LogClient } from '../client/log-client.ts';
import type { VerifiedCheckpoint } from '../client/log-key.ts';
import type { RequestOptions } from '../client/transport.ts';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { LookupTerm } from '../entry/leaf/lookup.ts';
import type { Evidence } from '../evidence/facts/evidence.ts';
import { countsFrom, evidenceOf } from '../evidence/facts/evidence-of.ts';
import type { EvidenceSource } from '../evidence/facts/evidence-source.ts';
import type { StoredEntry } from '../log/log.ts';

/** As of the newest checkpoint. @throws LogError as `LogClient.checkpoint` */
export async function remoteEvidence(client: LogClient, options: RequestOptions): Promise<EvidenceSource> {
  return new RemoteEvidenceSource(client, await client.checkpoint(options), options);
}

class RemoteEvidenceSource implements EvidenceSource {
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHash: string;
  /** 0 where the log's time key is not known, so that nothing passes for recent. */
  readonly time: number;
  readonly #client: LogClient;
  readonly #options: RequestOptions;
  /** By index: the same entry is found by several terms. */
  readonly #known = new Map<number, Promise<Evidence>>();

  constructor(client: LogClient, head: VerifiedCheckpoint, options: RequestOptions) {
    this.origin = head.origin;
    this.treeSize = head.size;
    this.rootHash = toHex(head.root);
    this.time = head.time ?? 0;
    this.#client = client;
    this.#options = options;
  }

  async find(term: LookupTerm, limit: number): Promise<readonly Evidence[]> {
    const found = await this.#newest(term, limit + 1);
    if (found.length > limit) {
      throw new LogError('limit_exceeded', `more than ${limit} entries match, and no part of them is an answer`);
    }
    return found.reverse();
  }

  newest(term: LookupTerm, limit: number): Promise<readonly Evidence[]> {
    return this.#newest(term, limit);
  }

  async #newest({ kind, value }: LookupTerm, limit: number): Promise<Evidence[]> {
    const query = kind === 'leaf' ? { leafHash: value } : { [kind]: value };
    const found: Evidence[] = [];
    if (limit === 0) return found;
    for await (const { index } of this.#client.find(query, this.#options)) {
      // The log may have grown since this source was made.
      if (index >= this.treeSize) continue;
      found.push(await this.#evidence(index));
      if (found.length === limit) break;
    }
    return found;
  }

  #evidence(index: number): Promise<Evidence> {
    const known = this.#known.get(index) ?? this.#read(index);
    this.#known.set(index, known);
    return known;
  }

  async #read(index: number): Promise<Evidence> {
    const entry = await this.#client.entry(index, this.#options);
    const stored = storedEntry(entry);
    const { time } = await this.#client.checkpointCovering(countsFrom(stored), this.#options);
    return evidenceOf(
      stored,
      entry.chainsUnverified.map((mark) => mark ?? 'unverified'),
      time ?? 0,
    );
  }
}

function storedEntry(entry: VerifiedEntry): StoredEntry {
  const { index, leaf, leafHash, payload, payloadStatusUnverified: status, countsFromUnverified } = entry;
  const companions: Uint8Array[] = [];
  if (payload === undefined) {
    return { index, leaf, leafHash, companions, payload: { status: status === 'erased' ? 'erased' : 'absent' } };
  }
  const from = Math.max(index, countsFromUnverified ?? index);
  const kept = { status: from === index ? 'stored' : 'attached', ...payload, sha256: sha256(payload.bytes) } as const;
  return { index, leaf, leafHash, companions, payload: { ...kept, countsFrom: from } };
}
