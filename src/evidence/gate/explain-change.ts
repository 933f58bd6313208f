/** Who changed the source that an artifact was built from, and what its platform vouches for. */
import type { Evidence } from '../facts/evidence.ts';
import { statementBy } from './build-answer.ts';
import { type Answer, Findings } from './findings.ts';

export interface ChangeAnswers {
  readonly status: Answer['status'];
  readonly actor: Answer;
  readonly actorKind: Answer;
  /** `pr_merge`, `direct_push`, … */
  readonly activity: Answer;
  readonly approvers: Answer;
  /** Levels and properties of summaries that passed. */
  readonly levels: Answer;
  /** Controls that were on. */
  readonly controls: Answer;
}

/** @param source evidence about the commits */
export function changeOf(source: readonly Evidence[]): ChangeAnswers {
  const found = {
    actor: new Findings(),
    actorKind: new Findings(),
    activity: new Findings(),
    approvers: new Findings(),
    levels: new Findings(),
    controls: new Findings(),
  };
  for (const one of source) {
    const { claim } = one;
    const support = statementBy(one);
    if (claim?.kind === 'source') {
      found.actor.add(claim.actor, support);
      found.actorKind.add(claim.actorKind, support);
      found.activity.add(claim.activity, support);
      for (const name of claim.controls.keys()) found.controls.add(name, support);
    } else if (claim?.kind === 'approval') {
      for (const approver of approversOf(one, claim.approvers)) found.approvers.add(approver, support);
    } else if (claim?.kind === 'summary' && claim.passed) {
      for (const level of claim.levels) found.levels.add(level, support);
    }
  }
  const answers = {
    actor: found.actor.answer({ several: false }),
    actorKind: found.actorKind.answer({ several: false }),
    activity: found.activity.answer({ several: false }),
    approvers: found.approvers.answer({ several: true }),
    levels: found.levels.answer({ several: true }),
    controls: found.controls.answer({ several: true }),
  };
  const { actor, approvers } = answers;
  return { status: actor.status === 'unknown' ? approvers.status : actor.status, ...answers };
}

/** An authorization that names nobody is its signer's: by name where that is proved, else by key. */
function approversOf({ credentials }: Evidence, named: readonly string[]): readonly string[] {
  if (named.length > 0) return named;
  return credentials.flatMap(({ chain, names, key }) => (chain === 'trusted' ? names : [`key ${key}`]));
}
