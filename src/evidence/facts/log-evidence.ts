/** Evidence looked up in a log that is open here. */
import { setImmediate } from 'node:timers/promises';
import { toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { LookupTerm } from '../../entry/leaf/lookup.ts';
import type { EntryQuery, Log, LogReader, StoredEntry } from '../../log/log.ts';
import type { Evidence } from './evidence.ts';
import { EvidenceCache } from './evidence-cache.ts';
import { countsFrom, evidenceOf } from './evidence-of.ts';
import type { EvidenceSource, Narrowing } from './evidence-source.ts';

/** What of a log is asked. */
interface EvidenceLog extends Pick<Log, 'identity' | 'head' | 'certificates'> {
  readonly reader: Pick<LogReader, 'entry' | 'find' | 'checkpointCovering' | 'inclusionProof'>;
}

/** Bytes of entries whose evidence is kept: what is asked for again and again, a gate's artifacts and their commits. */
const CACHE_CAPACITY = 32 * 1024 * 1024;

/** One per log: it owns the cache that all sources of the log share. */
export class LogEvidence {
  readonly #log: EvidenceLog;
  readonly #cache = new EvidenceCache(CACHE_CAPACITY);

  constructor(log: EvidenceLog) {
    this.#log = log;
  }

  /** As of the published head. */
  now(): EvidenceSource {
    const { size, root, time } = this.#log.head();
    return new LogEvidenceSource(this.#log, this.#cache, { treeSize: size, rootHash: toHex(root), time });
  }

  /** Entries by their indexes, as of the published head. @throws LogError not_found, not_yet_published */
  ofEntries(indexes: readonly number[]): Promise<readonly Evidence[]> {
    const entries = indexes.map((index) => this.#log.reader.entry(index));
    return evidenceOfAll(this.#log, this.#cache, entries);
  }

  /**
   * As of an earlier size. Its time is that of the first checkpoint which covers it: what was known then.
   * @throws LogError not_yet_published; malformed_request for the empty tree
   */
  at(treeSize: number): EvidenceSource {
    const head = this.#log.head();
    if (treeSize === head.size) return this.now();
    if (treeSize < 1) throw new LogError('malformed_request', 'nothing is known of the empty tree', { at: 'treeSize' });
    const { reader } = this.#log;
    const { proof } = reader.inclusionProof(treeSize - 1, treeSize);
    const { time } = reader.checkpointCovering(treeSize - 1);
    return new LogEvidenceSource(this.#log, this.#cache, { treeSize, rootHash: toHex(proof.rootHash), time });
  }
}

class LogEvidenceSource implements EvidenceSource {
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly time: number;
  readonly #log: EvidenceLog;
  readonly #cache: EvidenceCache;

  constructor(log: EvidenceLog, cache: EvidenceCache, head: { treeSize: number; rootHash: string; time: number }) {
    this.origin = log.identity.origin;
    this.treeSize = head.treeSize;
    this.rootHash = head.rootHash;
    this.time = head.time;
    this.#log = log;
    this.#cache = cache;
  }

  async find(term: LookupTerm, limit: number, narrowing?: Narrowing): Promise<readonly Evidence[]> {
    const entries = await this.#entries(term, limit + 1, narrowing);
    if (entries.length > limit) {
      throw new LogError('limit_exceeded', `more than ${limit} entries match, and no part of them is an answer`);
    }
    return this.#evidence(entries.reverse());
  }

  async newest(term: LookupTerm, limit: number, narrowing?: Narrowing): Promise<readonly Evidence[]> {
    return this.#evidence(await this.#entries(term, limit, narrowing));
  }

  /** Newest first, at most so many. */
  async #entries({ kind, value }: LookupTerm, most: number, narrowing: Narrowing = {}): Promise<StoredEntry[]> {
    const { predicateType } = narrowing;
    const query: EntryQuery = {
      ...(predicateType !== undefined && { predicateType }),
      ...(kind === 'leaf' ? { leafHash: value } : { [kind]: value }),
    };
    const entries: StoredEntry[] = [];
    let before = Math.min(this.treeSize, narrowing.before ?? this.treeSize);
    for (;;) {
      const limit = most - entries.length;
      const page = this.#log.reader.find(query, { limit, treeSize: this.treeSize, before });
      entries.push(...page.entries);
      if (page.next === undefined || entries.length >= most) return entries;
      before = page.next.before;
      // A page may read some megabytes: others are served before the next.
      await setImmediate();
    }
  }

  #evidence(entries: readonly StoredEntry[]): Promise<Evidence[]> {
    return evidenceOfAll(this.#log, this.#cache, entries);
  }
}

async function evidenceOfAll(
  log: EvidenceLog,
  cache: EvidenceCache,
  entries: readonly StoredEntry[],
): Promise<Evidence[]> {
  const known = entries.map((entry) => cache.get(entry));
  const unknown = entries.filter((_, i) => known[i] === undefined);
  const marks = unknown.length === 0 ? [] : await log.certificates?.marks(unknown);
  const computed = unknown.map((entry, i) => {
    const { time } = log.reader.checkpointCovering(countsFrom(entry));
    const evidence = evidenceOf(entry, marks?.[i], time);
    cache.set(entry, evidence);
    return evidence;
  });
  let next = 0;
  return known.map((one) => one ?? computed[next++]!);
}
