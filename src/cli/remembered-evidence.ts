/** Evidence that was looked up before: every look-up of a source is made once. */
import { isLogError } from '../core/errors.ts';
import type { LookupTerm } from '../entry/leaf/lookup.ts';
import type { Evidence } from '../evidence/facts/evidence.ts';
import type { EvidenceSource, Narrowing } from '../evidence/facts/evidence-source.ts';

/** A look-up as it was asked for. `all`: it is an answer only where nothing was left out. */
export interface Lookup {
  readonly term: LookupTerm;
  readonly limit: number;
  readonly all: boolean;
  readonly narrowing: Narrowing;
}

/** As of the tree size of the source beneath. Owns what it has looked up; a failure is not remembered. */
export class RememberedEvidence implements EvidenceSource {
  readonly #source: EvidenceSource;
  readonly #time: () => number;
  readonly #known = new Map<string, { lookup: Lookup; found: Promise<readonly Evidence[]> }>();

  /** @param time of the log's newest stamp, where that is known from elsewhere and later than the source */
  constructor(source: EvidenceSource, time: () => number = () => source.time) {
    this.#source = source;
    this.#time = time;
  }

  get origin(): string {
    return this.#source.origin;
  }

  get treeSize(): number {
    return this.#source.treeSize;
  }

  get rootHash(): string {
    return this.#source.rootHash;
  }

  get time(): number {
    return this.#time();
  }

  find(term: LookupTerm, limit: number, narrowing: Narrowing = {}): Promise<readonly Evidence[]> {
    return this.#once({ term, limit, all: true, narrowing });
  }

  newest(term: LookupTerm, limit: number, narrowing: Narrowing = {}): Promise<readonly Evidence[]> {
    return this.#once({ term, limit, all: false, narrowing });
  }

  /** What was looked up, with its answers, in the order of the asking. */
  async lookups(): Promise<{ lookup: Lookup; found: PromiseSettledResult<readonly Evidence[]> }[]> {
    const known = [...this.#known.values()];
    const settled = await Promise.allSettled(known.map(({ found }) => found));
    return known.map(({ lookup }, i) => ({ lookup, found: settled[i]! }));
  }

  #once(lookup: Lookup): Promise<readonly Evidence[]> {
    const key = lookupKey(lookup);
    const known = this.#known.get(key);
    if (known !== undefined) return known.found;
    const { term, limit, all, narrowing } = lookup;
    const found = all ? this.#source.find(term, limit, narrowing) : this.#source.newest(term, limit, narrowing);
    this.#known.set(key, { lookup, found });
    found.catch((error: unknown) => {
      // That there are too many is an answer.
      if (!isLogError(error, 'limit_exceeded')) this.#known.delete(key);
    });
    return found;
  }
}

export function lookupKey({ term: { kind, value }, limit, all, narrowing }: Lookup): string {
  return JSON.stringify([all, limit, kind, value, narrowing.before, narrowing.predicateType]);
}
