/** SLSA provenance v1 (slsa.dev/provenance/v1), for the build types of GitHub, Google Cloud Build and GitLab, and any other. */
import { isObject } from '../encoding/members.ts';
import { type BuildSource, sourceOfBuild, sourceOfResource } from './build-source.ts';
import type { ProvenanceClaim } from './claim.ts';
import { commitOf, readDependency, readDigests } from './dependency.ts';
import { Fields } from './fields.ts';
import { githubInvocation, readGithubRun, runnerOfBuilder, workflowPath } from './github-run.ts';
import { asRef, normalRepository } from './repository.ts';

/** @throws ClaimFault */
export function readProvenanceV1(predicate: Fields): ProvenanceClaim {
  const definition = predicate.in('buildDefinition');
  const details = predicate.in('runDetails');
  const metadata = details.in('metadata');
  const external = definition.in('externalParameters');
  const internal = definition.in('internalParameters');
  const builder = details.in('builder').text('id');
  const github = openly(internal, 'github');
  // A draft called the internal parameters system parameters.
  const run = readGithubRun(internal.members === undefined ? definition.in('systemParameters') : internal);
  const dependencies = definition.objects('resolvedDependencies').map(readDependency);
  const source = sourceOfBuild([...placesIn(external), run], dependencies);
  return {
    kind: 'provenance',
    version: '1',
    builder,
    buildType: definition.text('buildType'),
    ...source,
    repositoryId: github.said('repository_id') ?? run.repositoryId,
    trigger: github.said('event_name') ?? run.trigger,
    runner: github.said('runner_environment') ?? run.runner ?? runnerOfBuilder(builder),
    workflow: configurationPath(external) ?? run.workflow,
    environment: github.said('environment'),
    // GitLab's runner spells it otherwise.
    invocation: githubInvocation(metadata.firstText('invocationId', 'invocationID'), source.repository, run),
    parameters: external.members ?? {},
    dependencies,
    startedOn: metadata.time('startedOn'),
    finishedOn: metadata.time('finishedOn'),
  };
}

/** Where external parameters name what is built; their members are the build type's own. */
function placesIn(external: Fields): BuildSource[] {
  const workflow = openly(external, 'workflow');
  const build = openly(external, 'sourceToBuild');
  const configuration = openly(external, 'buildConfigSource');
  return [placeOf(workflow), sourceIn(external), placeOf(build), placeOf(configuration)];
}

function placeOf(fields: Fields): BuildSource {
  const repository = fields.said('repository');
  const ref = asRef(fields.said('ref'));
  return { repository: repository === undefined ? undefined : normalRepository(repository), ref, commit: undefined };
}

/** `source`: a URI (GitLab), a resource (container-based builds), or an artifact that holds one (a draft). */
function sourceIn(external: Fields): BuildSource {
  const uri = external.said('source');
  if (uri !== undefined) return sourceOfResource(uri, undefined);
  const source = openly(external, 'source');
  const resource = source.has('artifact') ? openly(source, 'artifact') : source;
  return sourceOfResource(resource.said('uri'), commitOf(readDigests(openly(resource, 'digest'))));
}

function configurationPath(external: Fields): string | undefined {
  const github = openly(external, 'workflow').said('path') ?? openly(external, 'workflowPath').said('value');
  if (github !== undefined) return workflowPath(github) ?? github;
  return openly(external, 'buildConfigSource').said('path') ?? external.said('configPath');
}

/** A member's object in a map whose members are anyone's: what is no object says nothing. */
function openly(fields: Fields, name: string): Fields {
  const value = fields.value(name);
  return new Fields(isObject(value) ? value : undefined, name);
}
