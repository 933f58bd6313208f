/** Look-ups of a gate: bounded, and honest about it. */
import type { LookupTerm } from '../../entry/leaf/lookup.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { EvidenceSource, Narrowing } from '../facts/evidence-source.ts';

export interface Found {
  readonly evidence: readonly Evidence[];
  /** False where there is more than the limit: the newest of it is here then. */
  readonly all: boolean;
}

/** Everything that matches, oldest first; or the newest of it, newest first. @throws LogError index_rebuilding */
export async function findOrNewest(
  source: EvidenceSource,
  term: LookupTerm,
  limit: number,
  narrowing?: Narrowing,
): Promise<Found> {
  // One look-up and not two: that there is one too many tells.
  const newest = await source.newest(term, limit + 1, narrowing);
  if (newest.length > limit) return { evidence: newest.slice(0, limit), all: false };
  return { evidence: newest.toReversed(), all: true };
}
