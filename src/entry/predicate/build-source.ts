/** Which revision was built: builders say it in different places, and list it among what they took in as well. */
import type { Dependency } from './claim.ts';
import { commitOf } from './dependency.ts';
import { readRepository } from './repository.ts';

export interface BuildSource {
  readonly repository: string | undefined;
  readonly ref: string | undefined;
  readonly commit: string | undefined;
}

const NONE: BuildSource = { repository: undefined, ref: undefined, commit: undefined };

/**
 * The first place that names a repository decides which one it is; the others fill in what it leaves out, where they
 * speak of the same repository. Where none does, it is the one git repository among the dependencies: of several,
 * nobody can say which was built.
 */
export function sourceOfBuild(places: readonly BuildSource[], dependencies: readonly Dependency[]): BuildSource {
  const revisions = dependencies.flatMap(revisionOf);
  const stated = places.find(({ repository }) => repository !== undefined) ?? onlyOne(revisions);
  if (stated === undefined) return NONE;
  const { repository } = stated;
  const same = [...places, ...revisions].filter((place) => place.repository === repository);
  const ref = stated.ref ?? same.find((place) => place.ref !== undefined)?.ref;
  return { repository, ref, commit: stated.commit ?? commitAt(same, ref) };
}

/** A resource as a place that names a source. */
export function sourceOfResource(uri: string | undefined, commit: string | undefined): BuildSource {
  const revision = uri === undefined ? undefined : readRepository(uri);
  if (revision === undefined) return NONE;
  return { repository: revision.repository, ref: revision.ref, commit: commit ?? revision.commit };
}

function revisionOf({ uri, digests }: Dependency): BuildSource[] {
  const revision = uri === undefined ? undefined : readRepository(uri);
  if (revision === undefined) return [];
  if (!revision.isGit && !digests.has('gitCommit')) return [];
  return [{ repository: revision.repository, ref: revision.ref, commit: commitOf(digests) ?? revision.commit }];
}

function onlyOne(revisions: readonly BuildSource[]): BuildSource | undefined {
  return new Set(revisions.map(({ repository }) => repository)).size === 1 ? revisions[0] : undefined;
}

/** A repository may be listed at several commits, as source and as tool: the ref then tells. */
function commitAt(places: readonly BuildSource[], ref: string | undefined): string | undefined {
  const withCommit = places.filter(({ commit }) => commit !== undefined);
  const atRef = withCommit.filter((place) => ref !== undefined && place.ref === ref);
  const commits = new Set((atRef.length > 0 ? atRef : withCommit).map(({ commit }) => commit));
  return commits.size === 1 ? [...commits][0] : undefined;
}
