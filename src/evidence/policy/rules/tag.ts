/** Tags: a tag that was seen at two commits was moved, and what it pointed to first is what it meant. */
import type { TagClaim } from '../../../entry/predicate/claim.ts';
import type { Evidence } from '../../facts/evidence.ts';
import { normalUri } from '../build.ts';
import { isAboutCommit, isAttested, isSameRepository, standing, verifierOf } from '../evidence-in-force.ts';
import { ALL_PHASES, type Context, fail, listed, pass, type Rule, unknown } from '../rule.ts';

interface Observation {
  readonly evidence: Evidence;
  readonly claim: TagClaim;
}

const moved: Rule = {
  id: 'source.tag',
  section: 'source',
  codes: ['TAG_MOVED'],
  failure: 'the tag pointed to another commit before',
  fix: 'use the commit that the tag pointed to first, or make a new tag; and find out who moved it',
  protects: 'releases and actions that are swapped under their own version',
  example: '`v1` was seen at one commit, then at another, which is built. Mend: pin to the first commit.',
  phases: ALL_PHASES,
  expected: ({ require }) => (require.source?.tagImmutable ? 'the commit at which the tag was first seen' : undefined),
  judge: (context) => {
    const { commit } = context;
    if (commit === undefined) return unknown('the commit is unknown', [], 'NO_PROVENANCE');
    if (!context.input.complete) return unknown('the observations are not completely known', [], 'INCOMPLETE');
    const all = observations(context);
    const conflicts = tagsOf(context, all).flatMap((tag) => {
      const first = all.find(({ claim }) => sameTag(claim, tag));
      return first === undefined || isAboutCommit(first.evidence, commit) ? [] : [first];
    });
    if (conflicts.length === 0) return pass('not seen elsewhere');
    const told = conflicts.map(({ evidence, claim }) => `${claim.tag} at ${listed(commitsOf(evidence))}`);
    return fail(
      listed(told),
      conflicts.map(({ evidence }) => evidence),
    );
  },
};

const tagged: Rule = {
  id: 'source.tagged',
  section: 'source',
  codes: ['NO_SOURCE_TAG'],
  failure: 'no tag was seen at the commit that was built, or the commit is unknown',
  fix: 'tag the release in the repository, and log what the tag points to',
  protects: 'uploads of releases that the repository knows nothing about',
  example: 'Two files uploaded with a stolen token: no commit, no tag. Mend: release from a tag.',
  expected: ({ require }) => (require.source?.tagged ? 'an observed tag' : undefined),
  judge: (context) => {
    const { commit } = context;
    if (commit === undefined) return fail('the commit is unknown');
    const ref = context.build?.facts.ref;
    const found = observations(context).find(
      ({ evidence, claim }) =>
        isAboutCommit(evidence, commit) &&
        isSameRepository(context, claim.repository) &&
        (ref?.startsWith('refs/tags/') !== true || fullTag(claim.tag) === ref),
    );
    return found === undefined ? fail('no tag at the commit') : pass(found.claim.tag ?? '', [found.evidence]);
  },
};

/** What trusted observers saw, oldest first. */
function observations(context: Context): Observation[] {
  const all = [...standing(context.input.tags, context.input.log.treeSize), ...context.aboutCommit];
  const seen = new Set<number>();
  return all
    .flatMap((evidence) => {
      const { claim } = evidence;
      if (claim?.kind !== 'tag' || seen.has(evidence.index)) return [];
      seen.add(evidence.index);
      const counts = verifierOf(context, evidence) !== undefined || isAttested(context, evidence);
      return counts ? [{ evidence, claim }] : [];
    })
    .sort((a, b) => a.evidence.countsFrom - b.evidence.countsFrom);
}

/** The tag that was built, and all that were seen at the commit. */
function tagsOf({ build, commit }: Context, all: readonly Observation[]): Pick<TagClaim, 'repository' | 'tag'>[] {
  const seen = all.filter(({ evidence }) => isAboutCommit(evidence, commit!)).map(({ claim }) => claim);
  const { repository, ref } = build?.facts ?? {};
  return ref?.startsWith('refs/tags/') ? [...seen, { repository, tag: ref }] : seen;
}

function sameTag(one: Pick<TagClaim, 'repository' | 'tag'>, other: Pick<TagClaim, 'repository' | 'tag'>): boolean {
  return fullTag(one.tag) === fullTag(other.tag) && normalUri(one.repository) === normalUri(other.repository);
}

function fullTag(tag: string | undefined): string | undefined {
  return tag === undefined || tag.startsWith('refs/') ? tag : `refs/tags/${tag}`;
}

function commitsOf({ subjects }: Evidence): string[] {
  return subjects.flatMap(({ digests }) => [...digests.values()]);
}

export const TAG_RULES: readonly Rule[] = [moved, tagged];
