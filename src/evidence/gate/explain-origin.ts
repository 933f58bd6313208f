/** Where an artifact came from: repository, commit, ref, and the run that made it. */
import type { Evidence } from '../facts/evidence.ts';
import { buildAnswer, statementBy } from './build-answer.ts';
import { type Answer, Findings, worst } from './findings.ts';

export interface OriginAnswers {
  readonly status: Answer['status'];
  readonly repository: Answer;
  /** The forge's own id, which stays when a name changes hands. */
  readonly repositoryId: Answer;
  readonly commit: Answer;
  readonly ref: Answer;
  readonly workflow: Answer;
  readonly trigger: Answer;
  readonly invocation: Answer;
}

export function originOf(about: readonly Evidence[]): OriginAnswers {
  const answers = {
    repository: buildAnswer(about, 'repository'),
    repositoryId: buildAnswer(about, 'repositoryId'),
    commit: buildAnswer(about, 'commit'),
    ref: buildAnswer(about, 'ref'),
    workflow: workflowAnswer(about),
    trigger: buildAnswer(about, 'trigger'),
    invocation: buildAnswer(about, 'invocation'),
  };
  return { status: worst(answers.repository, answers.commit), ...answers };
}

function workflowAnswer(about: readonly Evidence[]): Answer {
  const findings = new Findings();
  for (const one of about) if (one.claim?.kind === 'provenance') findings.add(one.claim.workflow, statementBy(one));
  return findings.answer({ several: false });
}
