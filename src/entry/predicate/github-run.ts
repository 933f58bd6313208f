/** What GitHub's runners tell a build about itself, as npm and the SLSA generators copy it into provenance. */
import { isObject } from '../encoding/members.ts';
import { Fields } from './fields.ts';
import { asCommit, asRef, repositoryAt } from './repository.ts';

export interface CiRun {
  readonly repository: string | undefined;
  readonly repositoryId: string | undefined;
  readonly commit: string | undefined;
  readonly ref: string | undefined;
  readonly trigger: string | undefined;
  readonly runner: string | undefined;
  readonly workflow: string | undefined;
  /** Number of the run and of the attempt. */
  readonly run: string | undefined;
  readonly attempt: string | undefined;
}

const VARIABLES = [
  'EVENT_NAME',
  'REF',
  'REPOSITORY',
  'REPOSITORY_ID',
  'RUN_ATTEMPT',
  'RUN_ID',
  'SERVER_URL',
  'SHA',
  'WORKFLOW_REF',
] as const;

/** Put together once: every submission is read for them. */
const SPELLINGS = Object.fromEntries(
  VARIABLES.map((name) => [name, [`GITHUB_${name}`, `github_${name.toLowerCase()}`]]),
) as Record<(typeof VARIABLES)[number], [string, string]>;

const NO_RUN: CiRun = {
  repository: undefined,
  repositoryId: undefined,
  commit: undefined,
  ref: undefined,
  trigger: undefined,
  runner: undefined,
  workflow: undefined,
  run: undefined,
  attempt: undefined,
};

/** Variables in GitHub's spelling (`GITHUB_SHA`) or in that of the first SLSA generators (`github_sha1`). */
export function readGithubRun(variables: Fields): CiRun {
  if (variables.members === undefined) return NO_RUN;
  const read = (name: keyof typeof SPELLINGS): string | undefined =>
    stated(variables, SPELLINGS[name][0]) ?? variables.said(SPELLINGS[name][1]);
  const event = variables.value('github_event_payload');
  const repository = new Fields(isObject(event) && isObject(event.repository) ? event.repository : undefined, 'event');
  const fullName = read('REPOSITORY') ?? repository.said('full_name');
  return {
    repository: fullName === undefined ? undefined : repositoryAt(read('SERVER_URL'), fullName),
    repositoryId: read('REPOSITORY_ID') ?? repository.said('id'),
    commit: asCommit(read('SHA') ?? variables.said('github_sha1')),
    ref: asRef(read('REF')),
    trigger: read('EVENT_NAME'),
    runner: stated(variables, 'RUNNER_ENVIRONMENT'),
    workflow: workflowPath(read('WORKFLOW_REF')),
    run: read('RUN_ID'),
    attempt: read('RUN_ATTEMPT'),
  };
}

/** `.github/workflows/x.yml` of `owner/repo/.github/workflows/x.yml@ref`, or of the path alone. */
export function workflowPath(text: string | undefined): string | undefined {
  return text === undefined ? undefined : /(?:^|\/)(\.github\/workflows\/[^@]+)/.exec(text)?.[1];
}

/** The page of a run, which certificates and newer provenance name it by, for `<run>-<attempt>`. */
export function githubInvocation(stated: string | undefined, repository: string | undefined, run: CiRun) {
  const isThisRun = run.run !== undefined && stated === `${run.run}-${run.attempt ?? '1'}`;
  if (!isThisRun || repository === undefined) return stated;
  return `${repository}/actions/runs/${run.run}/attempts/${run.attempt ?? '1'}`;
}

/** `github-hosted` or `self-hosted`, where the builder's id is GitHub's runner itself. */
export function runnerOfBuilder(builder: string | undefined): string | undefined {
  return /^https:\/\/github\.com\/actions\/runner\/([a-z-]+)$/.exec(builder ?? '')?.[1];
}

/** A draft of SLSA v1 wraps each variable: `{"value": …}`. */
function stated(variables: Fields, name: string): string | undefined {
  const value = variables.value(name);
  return isObject(value) ? new Fields(value, name).said('value') : variables.said(name);
}
