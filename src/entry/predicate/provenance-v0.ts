/** SLSA provenance v0.2 and v0.1, and in-toto's Provenance v0.1, from which it came. */
import { sourceOfBuild, sourceOfResource } from './build-source.ts';
import type { Dependency, ProvenanceClaim } from './claim.ts';
import { commitOf, readDependency, readDigests } from './dependency.ts';
import type { Fields } from './fields.ts';
import { githubInvocation, readGithubRun, runnerOfBuilder, workflowPath } from './github-run.ts';
import { asCommit } from './repository.ts';

/** slsa.dev/provenance/v0.2. @throws ClaimFault */
export function readProvenanceV02(predicate: Fields): ProvenanceClaim {
  const invocation = predicate.in('invocation');
  const metadata = predicate.in('metadata');
  const configuration = invocation.in('configSource');
  const builder = predicate.in('builder').text('id');
  const buildType = predicate.text('buildType');
  const run = readGithubRun(invocation.in('environment'));
  const dependencies = predicate.objects('materials').map(readDependency);
  const configured = sourceOfResource(configuration.text('uri'), commitOf(readDigests(configuration.in('digest'))));
  const source = sourceOfBuild([configured, run], dependencies);
  return {
    kind: 'provenance',
    version: '0.2',
    builder,
    buildType,
    ...source,
    repositoryId: run.repositoryId,
    trigger: run.trigger,
    runner: run.runner ?? runnerOfBuilder(builder),
    workflow: run.workflow ?? configurationPath(configuration.text('entryPoint'), buildType),
    environment: undefined,
    invocation: githubInvocation(invocationOf(metadata), source.repository, run),
    parameters: invocation.in('parameters').members ?? {},
    dependencies,
    startedOn: metadata.time('buildStartedOn'),
    finishedOn: metadata.time('buildFinishedOn'),
  };
}

/** slsa.dev/provenance/v0.1 and in-toto.io/Provenance/v0.1. @throws ClaimFault */
export function readProvenanceV01(predicate: Fields): ProvenanceClaim {
  const recipe = predicate.in('recipe');
  const metadata = predicate.in('metadata');
  const parameters = recipe.in('arguments');
  const builder = predicate.in('builder').text('id');
  const buildType = recipe.text('type');
  const dependencies = predicate.objects('materials').map(readDependency);
  const defined = definedIn(recipe, dependencies);
  const source = sourceOfBuild([sourceOfResource(defined?.uri, defined && commitOf(defined.digests))], dependencies);
  return {
    kind: 'provenance',
    version: '0.1',
    builder,
    buildType,
    ...source,
    ...cloudBuildRevision(parameters, source),
    repositoryId: undefined,
    trigger: undefined,
    runner: runnerOfBuilder(builder),
    workflow: configurationPath(recipe.text('entryPoint'), buildType),
    environment: undefined,
    invocation: invocationOf(metadata),
    parameters: parameters.members ?? {},
    dependencies,
    startedOn: metadata.time('buildStartedOn'),
    finishedOn: metadata.time('buildFinishedOn'),
  };
}

function invocationOf(metadata: Fields): string | undefined {
  return metadata.firstText('buildInvocationId', 'buildInvocationID');
}

/** `definedInMaterial`: which material holds the recipe; a number, or its digits. */
function definedIn(recipe: Fields, materials: readonly Dependency[]): Dependency | undefined {
  const position = Number(recipe.said('definedInMaterial') ?? Number.NaN);
  return materials[position];
}

/** On GitHub an entry point may be a workflow's name, which anyone can give to any file. */
function configurationPath(entryPoint: string | undefined, buildType: string | undefined): string | undefined {
  if (buildType?.startsWith('https://github.com/')) return workflowPath(entryPoint);
  return entryPoint;
}

/** Google Cloud Build says branch, tag and commit among the substitutions of a triggered build. */
function cloudBuildRevision(
  parameters: Fields,
  source: { ref: string | undefined; commit: string | undefined },
): { ref: string | undefined; commit: string | undefined } {
  const substitutions = parameters.in('substitutions');
  const tag = substitutions.said('TAG_NAME');
  const branch = substitutions.said('BRANCH_NAME');
  const ref = tag !== undefined ? `refs/tags/${tag}` : branch && `refs/heads/${branch}`;
  return { ref: source.ref ?? ref, commit: source.commit ?? asCommit(substitutions.said('COMMIT_SHA')) };
}
