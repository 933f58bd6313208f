/** The policy itself: whether it still holds, and for this artifact. */
import { matches, matchesAny } from '../document/pattern.ts';
import { ALL_PHASES, type Context, fail, listed, pass, type Rule, whether } from '../rule.ts';

const expired: Rule = {
  id: 'policy.expires',
  section: 'policy',
  codes: ['POLICY_EXPIRED'],
  failure: 'the policy has expired by log time',
  fix: 'review the policy, and log a new version of it with a later date',
  protects: 'rules that nobody has looked at for years and that still let things through',
  example: '`expires: 2026-01-31`, asked in February. Mend: review it, and set a later day.',
  phases: ALL_PHASES,
  absolute: true,
  expected: ({ expires }) => (expires === undefined ? undefined : `before ${day(expires)}`),
  judge: ({ policy, input }) => whether(input.log.time < policy.expires!, day(input.log.time)),
};

const applies: Rule = {
  id: 'policy.applies',
  section: 'policy',
  codes: ['POLICY_NOT_APPLICABLE'],
  failure: 'the policy is not for an artifact of this name',
  fix: 'use the policy of this package, or say the name of the artifact',
  protects: "an artifact judged by another package's laxer policy",
  example: '`applies: ["pkg:npm/@acme/*"]`, asked about `pkg:npm/left-pad`. Mend: ask with the policy of that package.',
  phases: ALL_PHASES,
  absolute: true,
  expected: ({ applies }) => (applies === undefined ? undefined : listed(applies)),
  judge: (context) => {
    const patterns = context.policy.applies ?? [];
    const names = namesOf(context);
    const found = names.find((name) => matchesAny(patterns, name) || matchesAny(patterns, withoutVersion(name)));
    return found === undefined ? fail(names.length === 0 ? 'no name is known' : listed(names)) : pass(found);
  },
};

/** Names given by whoever asks, and by statements of the build that is judged. */
function namesOf({ input, build }: Context): string[] {
  const stated = build?.trusted === undefined ? [] : build.evidence.subjects.map(({ name }) => name);
  const names = input.artifact.name === undefined ? stated : [input.artifact.name];
  return names.filter((name) => name !== undefined).map(decoded);
}

/** Package URLs escape the `@` of a scope. */
function decoded(name: string): string {
  return name.startsWith('pkg:') ? name.replaceAll('%40', '@') : name;
}

function withoutVersion(name: string): string {
  const bare = name.split(/[?#]/, 1)[0]!;
  const at = bare.indexOf('@', bare.lastIndexOf('/') + 2);
  return matches('pkg:**', bare) && at !== -1 ? bare.slice(0, at) : bare;
}

function day(time: number): string {
  return new Date(time * 1_000).toISOString().slice(0, 19).concat('Z');
}

export const POLICY_RULES: readonly Rule[] = [expired, applies];
