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
  const stated = places.find((place) => place.repository !== undefined);
  const repository = stated?.repository ?? only(revisions.map((revision) => revision.repository));
  if (repository === undefined) return NONE;
  const same = [...places, ...revisions].filter((place) => place.repository === repository);
  const ref = stated?.ref ?? only(same.map((place) => place.ref));
  const atRef = same.filter((place) => ref !== undefined && place.ref === ref);
  // A repository may be listed at several commits, as source and as tool: the ref then tells.
  const commit = stated?.commit ?? only(atRef.map((place) => place.commit)) ?? only(same.map((place) => place.commit));
  return { repository, ref, commit };
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

/** The one value that all agree on who state any. */
function only(values: readonly (string | undefined)[]): string | undefined {
  const stated = new Set(values.filter((value) => value !== undefined));
  return stated.size === 1 ? [...stated][0] : undefined;
}
