/** Approvals: as many different people of a group as are asked for, none of them judging their own work. */
import type { Evidence } from '../../facts/evidence.ts';
import { AFTER_BUILD, type Context, fail, listed, pass, type Rule, whether } from '../rule.ts';
import { isSigner, principalsOf, shareSigner } from '../signers.ts';
import { sourceStatements } from './source.ts';

const approved: Rule = {
  id: 'approvals.count',
  section: 'attestations',
  codes: ['APPROVAL_MISSING'],
  failure: 'too few people of the group approved',
  fix: 'have it approved: each approver signs an approval of the commit or the artifact, and logs it',
  protects: 'changes that one person, one token or one agent can bring into production alone',
  example: '`count: 2`, and the author and one other approved. Mend: ask a third; the author does not count.',
  phases: ['source', 'build-input', ...AFTER_BUILD],
  expected: ({ require: { approvals } }) => approvals && `${approvals.count} of ${approvals.from}`,
  judge: (context) => {
    const { count, distinctFrom, unless } = context.policy.require.approvals!;
    const sources = sourceStatements(context);
    if (unless !== undefined) {
      const human = sources.find(({ claim }) => claim.actorKind === 'human');
      if (human !== undefined) return pass('a human made the change', [human.evidence]);
    }
    if (distinctFrom?.includes('author') !== true) return enough(approvers(context, undefined), count);
    // Any one statement of who the author is will do; without one nobody is known to be somebody else.
    const authors = sources.map(({ claim }) => claim.actor).filter((actor) => actor !== undefined);
    if (authors.length === 0) return fail('the author is unknown');
    const findings = authors.map((author) => enough(approvers(context, author), count));
    return findings.find(({ outcome }) => outcome === 'pass') ?? findings[0]!;
  },
};

function enough(found: ReadonlyMap<string, Evidence>, count: number) {
  return whether(found.size >= count, `${found.size}: ${listed([...found.keys()])}`, [...found.values()]);
}

/** Who approved, each with the statement that shows it. */
function approvers(context: Context, author: string | undefined): ReadonlyMap<string, Evidence> {
  const { policy, build, about, aboutCommit } = context;
  const { from, distinctFrom } = policy.require.approvals!;
  const group = policy.trust.groups?.[from.slice('group:'.length)] ?? [];
  const found = new Map<string, Evidence>();
  for (const evidence of [...about, ...aboutCommit]) {
    const { claim, credentials } = evidence;
    if (claim?.kind !== 'approval') continue;
    if (distinctFrom?.includes('builder') && build !== undefined && shareSigner(evidence, build.evidence)) continue;
    for (const member of group) {
      for (const credential of credentials) {
        if (!isSigner(member, credential)) continue;
        // A forge's app signs for people; everyone else for himself, by the name that the policy matched.
        const people = member.vouches ? claim.approvers : principalsOf(credential).slice(0, 1);
        const names = [...claim.approvers, ...credential.names];
        for (const person of people) {
          const isAuthor = member.vouches ? person === author : author !== undefined && names.includes(author);
          if (!isAuthor) found.set(person, evidence);
        }
      }
    }
  }
  return found;
}

export const APPROVAL_RULES: readonly Rule[] = [approved];
