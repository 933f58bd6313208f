/** Which artifacts a log knows to have been built or released, and all that was said of them. */
import { LogError } from '../../core/errors.ts';
import type { LookupTerm } from '../../entry/leaf/lookup.ts';
import type { Digests } from '../../entry/predicate/claim.ts';
import { readPackageUrl } from '../../entry/predicate/package-url.ts';
import { RELEASE_PREDICATES } from '../../entry/predicate/read-claim.ts';
import { readRepository } from '../../entry/predicate/repository.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { EvidenceSource } from '../facts/evidence-source.ts';
import { acceptedDigests } from '../policy/evidence-in-force.ts';
import type { Judged } from '../policy/policy-input.ts';
import type { Standing } from '../revocation/standing.ts';
import { findOrNewest } from './look-up.ts';

export interface Artifact {
  /** Package URL that a statement gives it; undefined where none does. */
  readonly name: string | undefined;
  /** By algorithms that a subject may be matched by; at least one. */
  readonly digests: Digests;
}

export interface Artifacts {
  /** In the order in which the log had them. */
  readonly artifacts: readonly Artifact[];
  /** False where there are more than the limit: the newest are here then. */
  readonly complete: boolean;
}

/** What finds every build and release that a log holds. */
export const ALL_RELEASES: readonly LookupTerm[] = RELEASE_PREDICATES.map((value) => ({
  kind: 'predicateType',
  value,
}));

/**
 * What finds the builds and releases of a package URL, whatever its version, or of a repository's URI.
 * @throws LogError usage for anything else
 */
export function releaseTerm(name: string): LookupTerm {
  const named = readPackageUrl(name);
  if (named !== undefined) return { kind: 'package', value: named.package };
  const repository = readRepository(name)?.repository;
  if (repository !== undefined) return { kind: 'repository', value: repository };
  throw new LogError(
    'usage',
    `"${name}" is neither a package URL, such as pkg:npm/left-pad, nor the URL of a repository, such as https://github.com/acme/api`,
  );
}

/**
 * One artifact of each entry that matches and states a build or a release: the others of its subjects share what it
 * says.
 * @throws LogError index_rebuilding
 */
export async function artifactsOf(
  source: EvidenceSource,
  terms: readonly LookupTerm[],
  limit: number,
): Promise<Artifacts> {
  const found = new Map<number, Evidence>();
  let complete = true;
  for (const term of terms) {
    const { evidence, all } = await findOrNewest(source, term, limit);
    complete &&= all;
    for (const one of evidence) if (statesRelease(one)) found.set(one.index, one);
  }
  const artifacts = new Map<string, Artifact>();
  for (const { subjects } of [...found.values()].sort((a, b) => b.index - a.index)) {
    const [first] = subjects.flatMap(({ name, digests }) => {
      const accepted = acceptedDigests(digests);
      return accepted.size === 0 ? [] : [{ name: name?.startsWith('pkg:') ? name : undefined, digests: accepted }];
    });
    if (first === undefined) continue;
    const key = [...first.digests].join(' ');
    if (!artifacts.has(key)) artifacts.set(key, first);
  }
  const newest = [...artifacts.values()].slice(0, limit);
  return { artifacts: newest.reverse(), complete: complete && artifacts.size <= limit };
}

/** What bears on how an artifact came about: its builds, releases and bare signatures. Each once, oldest first. */
export async function historyOf(
  source: EvidenceSource,
  standing: Standing,
  artifacts: readonly Artifact[],
): Promise<Judged[]> {
  const found = new Map<number, Evidence>();
  for (const { digests } of artifacts) {
    for (const [algorithm, digest] of digests) {
      const term = { kind: 'subject', value: `${algorithm}:${digest}` } as const;
      for (const one of (await findOrNewest(source, term, EACH)).evidence) {
        if (one.claim === undefined || statesRelease(one)) found.set(one.index, one);
      }
    }
  }
  const oldestFirst = [...found.values()].sort((a, b) => a.index - b.index);
  return oldestFirst.map((evidence) => ({ evidence, rulings: standing.ofEvidence(evidence) }));
}

/** Entries about one artifact that are looked at. */
const EACH = 200;

function statesRelease({ claim }: Evidence): boolean {
  return claim?.kind === 'provenance' || claim?.kind === 'release';
}
