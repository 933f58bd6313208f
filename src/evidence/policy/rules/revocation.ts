/** What was taken back. These rules are always required, and nothing excepts from them. */
import type { Evidence } from '../../facts/evidence.ts';
import type { Ruling } from '../../revocation/standing.ts';
import { isAbout, refusals } from '../evidence-in-force.ts';
import type { FailureCode } from '../failure-code.ts';
import type { Judged } from '../policy-input.ts';
import { ALL_PHASES, type Context, type Finding, fail, listed, pass, type Rule } from '../rule.ts';
import { isBuildRequired } from './provenance.ts';

const artifact: Rule = {
  id: 'revocation.artifact',
  section: 'revocation',
  codes: ['ARTIFACT_REVOKED', 'ARTIFACT_QUARANTINED', 'WITHDRAWN'],
  failure: 'the artifact itself was revoked or is held back',
  fix: 'use the version that replaces it; only those who may revoke it can clear it',
  protects: 'artifacts that are known to be bad, whatever was signed about them',
  example: 'The owners quarantined the digest. Mend: use another version, or wait until they clear it.',
  phases: ALL_PHASES,
  absolute: true,
  expected: () => 'not revoked',
  judge: ({ input }) => {
    const rulings = refusals(input.rulings);
    return rulings.length === 0 ? pass('not revoked') : rulings.map((ruling) => ruled(ruling, []));
  },
};

const evidence: Rule = {
  id: 'revocation.evidence',
  section: 'revocation',
  codes: [
    'WITHDRAWN',
    'KEY_REVOKED',
    'KEY_NOT_AUTHORIZED',
    'IDENTITY_SUSPENDED',
    'BUILDER_REVOKED',
    'DEPENDENCY_TAINTED',
    'ARTIFACT_QUARANTINED',
    'ARTIFACT_REVOKED',
  ],
  failure: 'evidence that would be needed was taken back, and no other takes its place',
  fix: 'build, sign or attest anew with what still stands',
  protects: 'statements of stolen keys, of identities and builders in other hands, of builds with poisoned inputs',
  example: 'The run that built it was withdrawn. Mend: build again after cleaning up.',
  phases: ALL_PHASES,
  absolute: true,
  explains: true,
  expected: () => 'stands, or is replaced',
  judge: (context) => {
    const missed = [
      ...context.input.about.filter((one) => isAbout(one.evidence, context.input.artifact.digests)),
      ...ofCommits(context),
    ].filter(({ rulings, evidence }) => rulings.length > 0 && !isReplaced(evidence, context));
    if (missed.length === 0) return pass('what is needed stands');
    const byCode = new Map<string, Judged[]>();
    for (const one of missed) {
      for (const { code } of one.rulings) byCode.set(code, [...(byCode.get(code) ?? []), one]);
    }
    return [...byCode].map(([code, all]) => {
      const rulings = all.flatMap((one) => one.rulings.filter((ruling) => ruling.code === code));
      const found = ruled(
        rulings[0]!,
        all.map((one) => one.evidence),
      );
      return { ...found, by: [...new Set(rulings.flatMap((ruling) => ruling.by))].sort((a, b) => a - b) };
    });
  },
};

/** What was said about the commit of the build, or about any commit where no build is left to name one. */
function ofCommits({ input, build, commit }: Context): readonly Judged[] {
  if (commit !== undefined) return input.source.get(commit) ?? [];
  return build === undefined ? [...input.source.values()].flat() : [];
}

/** Something of the same kind stands: for a build one that the policy trusts. Else the rule of that kind tells. */
function isReplaced(taken: Evidence, { build, about, aboutCommit, policy }: Context): boolean {
  const kind = taken.claim?.kind;
  if (kind === 'provenance') return !isBuildRequired(policy.require) || build?.trusted !== undefined;
  return [...about, ...aboutCommit].some(({ claim }) => claim?.kind === kind);
}

function ruled({ code, by, reason }: Ruling, about: readonly Evidence[]): Finding {
  const actual = reason === undefined ? code : `${code}: ${reason.slice(0, 200)}`;
  // SUPERSEDED of evidence is a refusal like any other; there is no code of its own for it.
  const failure: FailureCode = code === 'SUPERSEDED' ? 'WITHDRAWN' : code;
  return { ...fail(listed([actual]), about.slice(0, 16), failure), by };
}

export const REVOCATION_RULES: readonly Rule[] = [artifact, evidence];
