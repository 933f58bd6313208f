/** Where a build came from: repository, ref, workflow, trigger, runner, environment, parameters. */
import { isObject } from '../../../entry/encoding/members.ts';
import type { Build, BuildFacts } from '../build.ts';
import { matches, matchesAny } from '../document/pattern.ts';
import type { Requirements } from '../document/require.ts';
import type { FailureCode } from '../failure-code.ts';
import { listed, type Rule, whether } from '../rule.ts';

type Provenance = NonNullable<Requirements['provenance']>;

/** A rule on one fact of the build: unknown facts fail. */
function onFact(
  fact: Exclude<keyof BuildFacts, 'ownerId'>,
  code: FailureCode,
  words: Pick<Rule, 'failure' | 'fix' | 'protects' | 'example'>,
  allowed: (provenance: Provenance) => readonly string[] | undefined,
  holds: (allowed: readonly string[], actual: string) => boolean = (patterns, actual) => matchesAny(patterns, actual),
): Rule {
  const of = (require: Requirements) => require.provenance && allowed(require.provenance);
  return {
    id: `provenance.${fact}`,
    section: 'provenance',
    codes: [code],
    ...words,
    onBuild: true,
    expected: ({ require }) => {
      const patterns = of(require);
      return patterns && listed(patterns);
    },
    judge: ({ policy, build }) => {
      const actual = build!.facts[fact];
      const patterns = of(policy.require) ?? [];
      return whether(actual !== undefined && holds(patterns, actual), actual, [build!.evidence]);
    },
  };
}

const repository: Rule = {
  id: 'provenance.repository',
  section: 'provenance',
  codes: ['REPO_NOT_ALLOWED'],
  failure: 'the artifact was built from another repository, or from an unknown one',
  fix: 'build it from the repository that is named; after a move, change require.provenance.repo',
  protects: 'builds of forks and of repositories that took over an abandoned name: the id does not follow a name',
  example: 'Built from `github.com/mallory/api`. Mend: build from `github.com/acme/api`.',
  onBuild: true,
  expected: ({ require }) => {
    const repo = require.provenance?.repo;
    return repo && (repo.id === undefined ? repo.uri : `${repo.uri} with id ${repo.id}`);
  },
  judge: ({ policy, build }) => {
    const { uri, id } = policy.require.provenance!.repo!;
    const { repository, repositoryId } = build!.facts;
    const holds = repository !== undefined && matches(uri, repository) && (id === undefined || id === repositoryId);
    const actual = id === undefined ? repository : `${repository ?? 'unknown'} with id ${repositoryId ?? 'unknown'}`;
    return whether(holds, actual, [build!.evidence]);
  },
};

const ref = onFact(
  'ref',
  'REF_NOT_ALLOWED',
  {
    failure: 'the artifact was built from another branch or tag',
    fix: 'build it from a ref of require.provenance.refs',
    protects: 'releases from a branch that anyone may push to',
    example: '`refs: ["refs/tags/v*"]`, built from `refs/heads/next`. Mend: tag the release, and build the tag.',
  },
  ({ refs }) => refs,
);

const workflow = onFact(
  'workflow',
  'WORKFLOW_NOT_ALLOWED',
  {
    failure: 'another workflow built the artifact',
    fix: 'build it with a workflow of require.provenance.workflows',
    protects: 'workflows that were slipped into the repository to publish from it',
    example: 'Built by `.github/workflows/discussion.yaml`. Mend: build by `.github/workflows/release.yml`.',
  },
  ({ workflows }) => workflows,
);

const trigger = onFact(
  'trigger',
  'TRIGGER_NOT_ALLOWED',
  {
    failure: 'something else started the build',
    fix: 'start it by an event of require.provenance.triggers',
    protects: 'builds that strangers can start, from an issue, a discussion, a pull request',
    example: '`triggers: [push]`, started by `discussion`. Mend: push the tag.',
  },
  ({ triggers }) => triggers,
  (allowed, actual) => allowed.includes(actual),
);

const runner = onFact(
  'runner',
  'RUNNER_NOT_ALLOWED',
  {
    failure: 'the build did not run where the policy wants it to, or does not say where',
    fix: 'build on a runner of require.provenance.runner',
    protects: 'runners that keep credentials and changes from one build to the next',
    example: '`runner: hosted`, built on `self-hosted`. Mend: build on a hosted runner.',
  },
  ({ runner }) => (runner === 'hosted' ? ['hosted'] : runner),
  (allowed, actual) => (allowed[0] === 'hosted' && isHosted(actual)) || allowed.includes(actual),
);

/** By the provider: `github-hosted`, `gitlab-hosted`. Not what is reached by a shell in the middle of a build. */
export function isHosted(runner: string): boolean {
  return runner.endsWith('-hosted') && runner !== 'self-hosted';
}

const environment = onFact(
  'environment',
  'ENVIRONMENT_MISSING',
  {
    failure: 'the build did not run in the deployment environment, which has its own approvals',
    fix: 'give the job the environment of require.provenance.environment, and protect it with reviewers',
    protects: 'a run that has the right workflow and ref, and that nobody let through',
    example: '`environment: production`, and the certificate names none. Mend: `environment: production` in the job.',
  },
  ({ environment }) => environment,
);

const parameters: Rule = {
  id: 'provenance.parameters',
  section: 'provenance',
  codes: ['PARAMETER_NOT_ALLOWED'],
  failure: 'whoever started the build chose something that the policy does not know',
  fix: 'start the build without it, or name the parameter with a pattern of its values',
  protects: 'builds steered from outside: another compiler, another target, tests left out',
  example: '`parameters: closed`, started with `inputs: {skip-tests: true}`. Mend: start it without.',
  onBuild: true,
  expected: ({ require }) => {
    const allowed = require.provenance?.parameters;
    return allowed && (allowed === 'closed' ? 'none beyond the workflow' : listed(Object.keys(allowed)));
  },
  judge: ({ policy, build }) => {
    const allowed = policy.require.provenance?.parameters ?? 'closed';
    const strange = strangeParameters(build!, allowed === 'closed' ? {} : allowed);
    return whether(strange.length === 0, strange.length === 0 ? 'none other' : listed(strange), [build!.evidence]);
  },
};

/** What names the workflow and its source is judged by other rules. */
const OF_THE_BUILD_TYPE = new Set(['workflow', 'source', 'repository', 'ref', 'path']);
/** Objects that hold what was chosen, one member each. */
const CHOSEN = new Set(['inputs', 'vars']);

function strangeParameters({ claim }: Build, allowed: Readonly<Record<string, string>>): string[] {
  const chosen = Object.entries(claim.parameters).flatMap(([name, value]): [string, unknown][] => {
    if (!CHOSEN.has(name) || Object.hasOwn(allowed, name)) return [[name, value]];
    if (isObject(value)) return Object.entries(value).map(([inner, one]) => [`${name}.${inner}`, one]);
    return value === null || value === undefined || value === '' ? [] : [[name, value]];
  });
  return chosen
    .filter(([name, value]) => {
      const pattern = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
      if (pattern !== undefined) return !matches(pattern, typeof value === 'string' ? value : JSON.stringify(value));
      return !OF_THE_BUILD_TYPE.has(name);
    })
    .map(([name]) => name);
}

const buildType: Rule = {
  id: 'provenance.buildType',
  section: 'provenance',
  codes: ['BUILD_TYPE_NOT_ALLOWED'],
  failure: 'the policy does not know this type of build',
  fix: 'add the build type, after reading what its parameters mean',
  protects: 'parameters read by the meaning of another build type',
  example: "A `buildType` of somebody's own. Mend: name it in `buildTypes`.",
  onBuild: true,
  expected: ({ require }) => require.provenance?.buildTypes && listed(require.provenance.buildTypes),
  judge: ({ policy, build }) => {
    const { buildType } = build!.claim;
    const holds = buildType !== undefined && matchesAny(policy.require.provenance?.buildTypes ?? [], buildType);
    return whether(holds, buildType, [build!.evidence]);
  },
};

export const ORIGIN_RULES: readonly Rule[] = [
  repository,
  ref,
  workflow,
  trigger,
  runner,
  environment,
  parameters,
  buildType,
];
