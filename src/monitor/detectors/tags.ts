/** Tags that were seen at one commit, and then at another. */
import { matchesAny } from '../../evidence/policy/document/pattern.ts';
import { type Detector, Recent } from '../detector.ts';

/** Tags that are remembered. */
const MOST = 100_000;

export function tags(repositories: readonly string[], kept?: unknown): Detector {
  /** Commits by repository and tag: the first, and those that were told. */
  const known = new Recent<string[]>(MOST, (kept ?? []) as [string, string[]][]);
  return {
    name: 'tags',
    observe({ claim, subjects, index, loggedAt: time }) {
      if (claim?.kind !== 'tag' || claim.repository === undefined || claim.tag === undefined) return [];
      if (!matchesAny(repositories, claim.repository)) return [];
      const about = `${claim.repository} ${claim.tag.replace(/^refs\/tags\//, '')}`;
      const commits = subjects.flatMap(({ digests }) => digests.get('gitCommit') ?? digests.get('sha1') ?? []);
      const before = known.get(about) ?? [];
      const fresh = commits.filter((commit) => !before.includes(commit));
      known.set(about, [...before, ...fresh]);
      if (before.length === 0) return [];
      return fresh.map((commit) => ({
        ...{ kind: 'tag-moved' as const, index, time, about },
        message: `${about} was at ${before[0]}, and is at ${commit}`,
      }));
    },
    state: () => known.entries(),
  };
}
