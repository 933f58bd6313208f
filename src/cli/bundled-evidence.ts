/** Evidence from a bundle: the look-ups that were made when it was exported, answered by what it proves. */
import type { VerifiedEvidence } from '../client/verify-evidence-bundle.ts';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import type { LookupTerm } from '../entry/leaf/lookup.ts';
import type { Evidence } from '../evidence/facts/evidence.ts';
import type { EvidenceSource, Narrowing } from '../evidence/facts/evidence-source.ts';
import { type Lookup, lookupKey } from './remembered-evidence.ts';
import { isOfType, matchesTerm, storedEntry, verifiedEvidence } from './remote-evidence.ts';

/** As of the bundle's checkpoint. */
export class BundledEvidence implements EvidenceSource {
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHash: string;
  /** 0 where the log's time key is not known, so that nothing passes for recent. */
  readonly time: number;
  readonly #entries: VerifiedEvidence['entries'];
  readonly #found: ReadonlyMap<string, readonly number[] | null>;

  constructor({ checkpoint, entries, statedUnverified: { lookups } }: VerifiedEvidence) {
    this.origin = checkpoint.origin;
    this.treeSize = checkpoint.size;
    this.rootHash = toHex(checkpoint.root);
    this.time = checkpoint.time ?? 0;
    this.#entries = entries;
    this.#found = new Map(
      lookups.map(({ kind, value, limit, all, found, ...narrowing }) => [
        lookupKey({ term: { kind, value }, limit, all, narrowing }),
        found,
      ]),
    );
  }

  async find(term: LookupTerm, limit: number, narrowing: Narrowing = {}): Promise<readonly Evidence[]> {
    return this.#lookUp({ term, limit, all: true, narrowing });
  }

  async newest(term: LookupTerm, limit: number, narrowing: Narrowing = {}): Promise<readonly Evidence[]> {
    return this.#lookUp({ term, limit, all: false, narrowing });
  }

  /** That nothing is there is never concluded from a look-up that was not made. */
  #lookUp(lookup: Lookup): Evidence[] {
    const found = this.#found.get(lookupKey(lookup));
    if (found === undefined) {
      throw new LogError(
        'evidence_incomplete',
        'the evidence bundle does not hold all that this policy looks for; export it for the policy, with --policy',
      );
    }
    if (found === null || found.length > lookup.limit) {
      throw new LogError('limit_exceeded', `more than ${lookup.limit} entries match, and no part of them is an answer`);
    }
    return found.map((index) => this.#evidence(index, lookup));
  }

  #evidence(index: number, { term, narrowing: { before, predicateType } }: Lookup): Evidence {
    const known = this.#entries.get(index);
    if (known === undefined) throw new LogError('malformed_evidence', 'the evidence bundle lacks an entry it found');
    const stored = storedEntry(known.entry, this.treeSize);
    const evidence = verifiedEvidence(known.entry, stored, known.loggedAt);
    const isBelow = before === undefined || index < before;
    if (!matchesTerm(stored, term) || !isBelow || !isOfType(evidence, predicateType)) {
      throw new LogError('malformed_evidence', 'the evidence bundle found an entry by what it does not say');
    }
    return evidence;
  }
}
