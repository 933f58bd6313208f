/** All that a log knows about an artifact, and about the revisions that it was built from. */
import type { LookupTerm } from '../../entry/leaf/lookup.ts';
import type { Digests } from '../../entry/predicate/claim.ts';
import { buildFactsOf } from '../facts/certificate-facts.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { EvidenceSource } from '../facts/evidence-source.ts';
import { findOrNewest } from './look-up.ts';

export interface ArtifactEvidence {
  /** What was asked for: digests of one artifact, by algorithm. */
  readonly digests: Digests;
  /** About the artifact, oldest first. */
  readonly about: readonly Evidence[];
  /** About the commits that evidence on the artifact names, by commit. */
  readonly source: ReadonlyMap<string, readonly Evidence[]>;
  /** False where there is more than the limits let through: the newest of it is here then. */
  readonly complete: boolean;
}

/** Anyone can log statements about any digest: how many of them are looked at, and how many commits they may name. */
export interface EvidenceLimits {
  readonly entries: number;
  readonly commits: number;
}

export const EVIDENCE_LIMITS: EvidenceLimits = { entries: 200, commits: 4 };

/** @throws LogError index_rebuilding */
export async function artifactEvidence(
  source: EvidenceSource,
  digests: Digests,
  limits: EvidenceLimits = EVIDENCE_LIMITS,
): Promise<ArtifactEvidence> {
  let complete = true;
  const look = async (terms: readonly LookupTerm[]): Promise<Evidence[]> => {
    const found = new Map<number, Evidence>();
    for (const term of terms) {
      const { evidence, all } = await findOrNewest(source, term, limits.entries);
      complete &&= all;
      for (const one of evidence) found.set(one.index, one);
    }
    return [...found.values()].sort((a, b) => a.index - b.index);
  };
  const about = await look([...digests].map(([algorithm, digest]) => subject(algorithm, digest)));
  const commits = commitsOf(about);
  complete &&= commits.length <= limits.commits;
  const revisions = new Map<string, readonly Evidence[]>();
  for (const commit of commits.slice(0, limits.commits)) {
    revisions.set(commit, digests.get('gitCommit') === commit ? about : await look([subject('gitCommit', commit)]));
  }
  return { digests, about, source: revisions, complete };
}

/** Commits that evidence on builds names, those of trusted certificates first. */
function commitsOf(about: readonly Evidence[]): string[] {
  const certified = about.flatMap(({ credentials }) =>
    credentials.filter(({ chain }) => chain === 'trusted').map(({ facts }) => buildFactsOf(facts).commit),
  );
  const claimed = about.map(({ claim }) => (claim?.kind === 'provenance' ? claim.commit : undefined));
  return [...new Set([...certified, ...claimed])].filter((commit) => commit !== undefined);
}

function subject(algorithm: string, digest: string): LookupTerm {
  return { kind: 'subject', value: `${algorithm}:${digest}` };
}
