/** What a Fulcio certificate says of the build that it was issued to, in the form that claims have. */
import { asCommit, asRef, normalRepository, repositoryAt } from '../../entry/predicate/repository.ts';
import type { FulcioFacts } from '../../entry/x509/fulcio-facts.ts';
import type { Mismatch } from './evidence.ts';

/** Facts of a build that certificate and predicate can both state. */
export type BuildFact = Mismatch['fact'];
export type BuildFacts = Readonly<Partial<Record<BuildFact, string>>>;

export const BUILD_FACTS: readonly BuildFact[] = [
  'repository',
  'repositoryId',
  'commit',
  'ref',
  'trigger',
  'runner',
  'invocation',
  'environment',
];

/**
 * Extensions .11 to .15, .20, .21 and .23; where they are missing, those that Fulcio wrote for GitHub before them
 * (.2, .3, .5, .6).
 */
export function buildFactsOf(facts: FulcioFacts): BuildFacts {
  const { sourceRepositoryURI: uri, githubWorkflowRepository: fullName } = facts;
  const repository = uri !== undefined ? normalRepository(uri) : fullName && repositoryAt(undefined, fullName);
  const stated: Record<BuildFact, string | undefined> = {
    repository,
    repositoryId: facts.sourceRepositoryIdentifier,
    commit: asCommit(facts.sourceRepositoryDigest?.replace(/^[a-z0-9]+:/, '') ?? facts.githubWorkflowSha),
    ref: asRef(facts.sourceRepositoryRef ?? facts.githubWorkflowRef),
    trigger: facts.buildTrigger ?? facts.githubWorkflowTrigger,
    runner: facts.runnerEnvironment,
    invocation: facts.runInvocationURI,
    environment: facts.deploymentEnvironment,
  };
  return Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined && value !== ''));
}
