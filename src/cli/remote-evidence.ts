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
import { isLogError, LogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { openWithQuorum } from '../core/require-quorum.ts';
import type { WitnessPolicy } from '../core/witness-policy.ts';
import { type LookupTerm, lookupTerms } from '../entry/leaf/lookup.ts';
import type { Evidence } from '../evidence/facts/evidence.ts';
import { countsFrom, type EvidenceEntry, evidenceOf } from '../evidence/facts/evidence-of.ts';
import type { EvidenceSource, Narrowing } from '../evidence/facts/evidence-source.ts';

/** As of the newest checkpoint, or of one that is known already. @throws LogError as `LogClient.checkpoint` */
export async function remoteEvidence(
  client: LogClient,
  options: RequestOptions,
  head?: VerifiedCheckpoint,
): Promise<EvidenceSource> {
  return new RemoteEvidenceSource(client, head ?? (await client.checkpoint(options)), undefined, options);
}

/**
 * As of the newest checkpoint that satisfies the policy: what came after it is not seen.
 * @throws LogError checkpoint_unverified where the log shows none; as `LogClient.checkpoint`
 */
export async function witnessedEvidence(
  client: LogClient,
  policy: WitnessPolicy,
  options: RequestOptions,
): Promise<EvidenceSource> {
  const head = await mostWitnessed(client, options);
  const witnesses = openWithQuorum(head.note, policy).cosignatures.map(({ witness }) => witness);
  return new RemoteEvidenceSource(client, head, witnesses, options);
}

/** Logs of other makes show one checkpoint only, with whatever cosignatures it has. */
async function mostWitnessed(client: LogClient, options: RequestOptions): Promise<VerifiedCheckpoint> {
  try {
    return await client.witnessedCheckpoint(options);
  } catch (error) {
    // A log that does not know the route takes its last word for a size, which it is not.
    if (!isLogError(error, 'not_found', 'not_enabled', 'route_unknown', 'malformed_request')) throw error;
    return client.checkpoint(options);
  }
}

/**
 * As of a tree size, its time that of the first checkpoint which covers it: the same for whoever asks, whenever.
 * @throws LogError not_yet_published; usage for the empty tree; as `LogClient.head`
 */
export async function remoteEvidenceAt(
  client: LogClient,
  treeSize: number,
  options: RequestOptions,
): Promise<EvidenceSource> {
  const { size, root } = await client.head(treeSize, options);
  const { origin, time } = await client.checkpointCovering(treeSize - 1, options);
  return new RemoteEvidenceSource(client, { origin, size, root, time }, undefined, options);
}

type Head = Pick<VerifiedCheckpoint, 'origin' | 'size' | 'root' | 'time'>;

interface VerifiedEvidence {
  stored: EvidenceEntry;
  evidence: Evidence;
}

class RemoteEvidenceSource implements EvidenceSource {
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly witnesses?: readonly string[];
  /** 0 where the log's time key is not known, so that nothing passes for recent. */
  readonly time: number;
  readonly #client: LogClient;
  readonly #options: RequestOptions;
  /** By index: the same entry is found by several terms. */
  readonly #known = new Map<number, Promise<VerifiedEvidence>>();

  constructor(client: LogClient, head: Head, witnesses: readonly string[] | undefined, options: RequestOptions) {
    this.origin = head.origin;
    this.treeSize = head.size;
    this.rootHash = toHex(head.root);
    this.time = head.time ?? 0;
    if (witnesses !== undefined) this.witnesses = witnesses;
    this.#client = client;
    this.#options = options;
  }

  async find(term: LookupTerm, limit: number, narrowing?: Narrowing): Promise<readonly Evidence[]> {
    const found = await this.#newest(term, limit + 1, narrowing);
    if (found.length > limit) {
      throw new LogError('limit_exceeded', `more than ${limit} entries match, and no part of them is an answer`);
    }
    return found.reverse();
  }

  newest(term: LookupTerm, limit: number, narrowing?: Narrowing): Promise<readonly Evidence[]> {
    return this.#newest(term, limit, narrowing);
  }

  async #newest(term: LookupTerm, limit: number, { before, predicateType }: Narrowing = {}): Promise<Evidence[]> {
    const { kind, value } = term;
    const query = {
      ...(before !== undefined && { before }),
      ...(predicateType !== undefined && { predicateType }),
      ...(kind === 'leaf' ? { leafHash: value } : { [kind]: value }),
    };
    const found: Evidence[] = [];
    if (limit === 0) return found;
    for await (const { index } of this.#client.find(query, this.#options)) {
      // The log may have grown since this source was made.
      if (index >= this.treeSize) continue;
      const { stored, evidence } = await this.#entry(index);
      if (!matchesTerm(stored, term) || !isOfType(evidence, predicateType)) continue;
      found.push(evidence);
      if (found.length === limit) break;
    }
    return found;
  }

  #entry(index: number): Promise<VerifiedEvidence> {
    const known = this.#known.get(index) ?? this.#read(index);
    this.#known.set(index, known);
    return known;
  }

  async #read(index: number): Promise<VerifiedEvidence> {
    const entry = await this.#client.entry(index, { ...this.#options, size: this.treeSize });
    // Proved in the very tree that was witnessed, and not in a later one that the log alone vouches for.
    if (toHex(entry.inclusion.rootHash) !== this.rootHash) {
      throw new LogError('proof_invalid', 'the entry is proved to be in another tree than the one that is asked');
    }
    const stored = storedEntry(entry, this.treeSize);
    const { time } = await this.#client.checkpointCovering(countsFrom(stored), this.#options);
    return { stored, evidence: verifiedEvidence(entry, stored, time) };
  }
}

/** @param time POSIX seconds of the first checkpoint that covers what the entry counts from, where it is known */
export function verifiedEvidence(
  { chainsUnverified }: VerifiedEntry,
  stored: EvidenceEntry,
  time: number | undefined,
): Evidence {
  const marks = chainsUnverified.map((mark) => mark ?? 'unverified');
  return evidenceOf(stored, marks, time ?? 0);
}

/** @param predicateType undefined: any */
export function isOfType(evidence: Evidence, predicateType: string | undefined): boolean {
  return predicateType === undefined || evidence.predicateType === predicateType;
}

/** Whether an entry is what was looked for. The entry itself decides, also as of the tree size: its payload may have arrived since. */
export function matchesTerm({ leaf, payload }: EvidenceEntry, { kind, value }: LookupTerm): boolean {
  const terms = lookupTerms(leaf, 'bytes' in payload ? payload : undefined);
  return terms.some((term) => term.kind === kind && term.value === value);
}

/** An entry as evidence takes it, as of a tree size: what arrived later is not there yet. */
export function storedEntry(entry: VerifiedEntry, treeSize: number): EvidenceEntry {
  const { index, leaf, leafHash, payload, payloadStatusUnverified: status, countsFromUnverified } = entry;
  const from = Math.max(index, countsFromUnverified ?? index);
  const known = { index, leaf, leafHash, companions: [] };
  if (payload === undefined || from >= treeSize) {
    return { ...known, payload: status === 'erased' ? { status } : { status: 'absent' } };
  }
  const kept = { status: from === index ? 'stored' : 'attached', ...payload, sha256: sha256(payload.bytes) } as const;
  return { ...known, payload: { ...kept, countsFrom: from } };
}
