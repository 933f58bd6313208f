/** Look-ups of a gate: bounded, and honest about it. */
import { isLogError } from '../../core/errors.ts';
import type { LookupTerm } from '../../entry/leaf/lookup.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { EvidenceSource } from '../facts/evidence-source.ts';

export interface Found {
  readonly evidence: readonly Evidence[];
  /** False where there is more than the limit: the newest of it is here then. */
  readonly all: boolean;
}

/** Everything that matches, or the newest of it. @throws LogError index_rebuilding */
export async function findOrNewest(source: EvidenceSource, term: LookupTerm, limit: number): Promise<Found> {
  try {
    return { evidence: await source.find(term, limit), all: true };
  } catch (error) {
    if (!isLogError(error, 'limit_exceeded')) throw error;
    return { evidence: await source.newest(term, limit), all: false };
  }
}
