/** The source revision: what a trusted verifier found out about it, and how it came about. */

import type { SourceClaim, SummaryClaim } from '../../../entry/predicate/claim.ts';
import type { Evidence } from '../../facts/evidence.ts';
import { isSameRepository, verifierOf } from '../evidence-in-force.ts';
import { ALL_PHASES, type Context, fail, listed, type Phases, pass, type Rule, whether } from '../rule.ts';

/** `verifiedLevels` member by which a gate says that a commit may be built; see SLSA 1.2 on levels of one's own. */
export const GATED_LEVEL = 'COUNTERSIGN_BUILD_INPUT_ALLOWED';

const PHASES: Phases = { phases: ALL_PHASES };

const attested: Rule = {
  id: 'source.attested',
  section: 'source',
  codes: ['SOURCE_UNATTESTED'],
  failure: 'no trusted verifier vouches for the commit',
  fix: 'let the source verifier look at the commit and log its summary, or add the verifier to trust.verifiers',
  protects: 'commits that were never on a protected branch: pushed past it, or reached by a moved tag',
  example: 'A tag was moved to a commit that no branch holds. Mend: build a commit that went through the branch.',
  ...PHASES,
  expected: ({ require }) =>
    require.source?.level === undefined && require.source?.properties === undefined ? undefined : 'a passed summary',
  judge: (context) => {
    const found = summaries(context);
    return found.length > 0 ? pass(found[0]!.claim.levels.join(', '), [found[0]!.evidence]) : fail(commitText(context));
  },
};

const level: Rule = {
  id: 'source.level',
  section: 'source',
  codes: ['SOURCE_LEVEL'],
  failure: 'the SLSA Source level of the commit is too low',
  fix: 'protect the branch as the level asks, and build a commit made under that protection',
  protects: 'rogue pushes: changes that one person or one stolen token can make alone',
  example: '`level: 4`, and the commit had no second reviewer. Mend: let it be reviewed and merged.',
  ...PHASES,
  expected: ({ require }) =>
    require.source?.level === undefined ? undefined : `SLSA Source level ${require.source.level}`,
  judge: (context) => {
    const ranked = summaries(context).map(({ evidence, claim, most }) => ({
      evidence,
      level: Math.min(most, ...[Math.max(0, ...claim.levels.map(sourceLevel))]),
    }));
    const best = ranked.reduce<(typeof ranked)[number] | undefined>(
      (a, b) => (a && a.level >= b.level ? a : b),
      undefined,
    );
    if (best === undefined) return fail('no summary');
    return whether(best.level >= (context.policy.require.source?.level ?? 0), `level ${best.level}`, [best.evidence]);
  },
};

const properties: Rule = {
  id: 'source.properties',
  section: 'source',
  codes: ['SOURCE_PROPERTY'],
  failure: 'the summary of the commit lacks a property',
  fix: 'turn on the control in the repository, and build a commit made under it',
  protects: 'a level that is reached without the very control that you rely on',
  example: '`properties: [SLSA_SOURCE_TWO_PARTY_REVIEWED]`, merged without review. Mend: have it reviewed.',
  ...PHASES,
  expected: ({ require }) => require.source?.properties && listed(require.source.properties),
  judge: (context) => {
    const wanted = context.policy.require.source?.properties ?? [];
    const missing = (claim: SummaryClaim) => wanted.filter((property) => !claim.levels.includes(property));
    const found = summaries(context);
    const whole = found.find(({ claim }) => missing(claim).length === 0);
    if (whole !== undefined) return pass(listed(wanted), [whole.evidence]);
    return fail(found.length === 0 ? 'no summary' : `without ${listed(missing(found.at(-1)!.claim))}`);
  },
};

const activity: Rule = {
  id: 'source.activity',
  section: 'source',
  codes: ['ACTIVITY_NOT_ALLOWED'],
  failure: 'the commit did not come about as the policy wants it to, or nothing says how',
  fix: 'merge the change as require.source.activities says',
  protects: 'changes that went around the pull request',
  example: '`activities: [pr_merge]`, and it was a `direct_push`. Mend: open a pull request.',
  ...PHASES,
  expected: ({ require }) => require.source?.activities && listed(require.source.activities),
  judge: (context) => {
    const found = sourceStatements(context);
    const allowed = context.policy.require.source?.activities ?? [];
    const one = found.find(({ claim }) => claim.activity !== undefined && allowed.includes(claim.activity));
    if (one !== undefined) return pass(one.claim.activity ?? '', [one.evidence]);
    return fail(
      found.length === 0 ? 'no source provenance' : listed(found.map(({ claim }) => claim.activity ?? 'unknown')),
    );
  },
};

const gated: Rule = {
  id: 'source.gated',
  section: 'source',
  codes: ['INPUT_NOT_GATED'],
  failure: 'the commit had not passed the gate for build inputs before it was built',
  fix: 'ask the gate with phase build-input before the build, and log its decision',
  protects: 'unsigned and unreviewed inputs that enter a build and are looked at only afterwards, if at all',
  example: '`gated: true`, and the build came first. Mend: call the gate as the first step of the build.',
  onBuild: true,
  expected: ({ require }) => (require.source?.gated ? 'an ALLOW logged before the build' : undefined),
  judge: (context) => {
    const before = context.build?.evidence.countsFrom ?? 0;
    const found = summaries(context).find(
      ({ evidence, claim }) => claim.levels.includes(GATED_LEVEL) && evidence.countsFrom < before,
    );
    return found === undefined ? fail('none before the build') : pass('allowed', [found.evidence]);
  },
};

/** Passed summaries of trusted verifiers about the commit, in the repository that is judged. */
function summaries(context: Context): { evidence: Evidence; claim: SummaryClaim; most: number }[] {
  return context.aboutCommit.flatMap((evidence) => {
    const { claim } = evidence;
    if (claim?.kind !== 'summary' || !claim.passed || !isSameRepository(context, claim.resource)) return [];
    const verifier = verifierOf(context, evidence);
    return verifier === undefined || !coversBranch(context, claim) ? [] : [{ evidence, claim, most: verifier.level }];
  });
}

/** A build of a branch needs a summary for that branch; tags point to commits of any. */
function coversBranch({ build }: Context, { sourceRefs }: SummaryClaim): boolean {
  const ref = build?.facts.ref;
  return ref?.startsWith('refs/heads/') !== true || sourceRefs.length === 0 || sourceRefs.includes(ref);
}

/** Source provenance of trusted verifiers about the commit. */
export function sourceStatements(context: Context): { evidence: Evidence; claim: SourceClaim }[] {
  return context.aboutCommit.flatMap((evidence) => {
    const { claim } = evidence;
    if (claim?.kind !== 'source' || !isSameRepository(context, claim.repository)) return [];
    return verifierOf(context, evidence) === undefined ? [] : [{ evidence, claim }];
  });
}

/** SLSA Source level that a summary's `verifiedLevels` member names; 0 for anything else. */
export function sourceLevel(level: string): number {
  return Number(/^SLSA_SOURCE_LEVEL_([0-4])$/.exec(level)?.[1] ?? 0);
}

function commitText({ commit }: Context): string {
  return commit === undefined ? 'the commit is unknown' : `nothing about ${commit.slice(0, 64)}`;
}

export const SOURCE_RULES: readonly Rule[] = [attested, level, properties, activity, gated];
