import { describe, expect, it } from 'vitest';
import {
  COMMIT,
  cloudBuildProvenance,
  containerProvenance,
  delegatedProvenance,
  generatorProvenance,
  githubProvenance,
  gitlabProvenance,
  npmProvenance,
  oldProvenance,
  REPOSITORY,
  RUN,
  tektonProvenance,
} from '../../fixtures/predicates.ts';
import { claimOf, typedClaimOf } from './claim-of.ts';

const workflow = '.github/workflows/release.yml';

describe('provenance', () => {
  it('of a GitHub workflow states source, run, runner and what went in', () => {
    expect(claimOf(githubProvenance)).toEqual({
      kind: 'provenance',
      version: '1',
      builder: `${REPOSITORY}/${workflow}@refs/heads/main`,
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      repository: REPOSITORY,
      repositoryId: '4711',
      commit: COMMIT,
      ref: 'refs/heads/main',
      trigger: 'push',
      runner: 'github-hosted',
      workflow,
      invocation: RUN,
      parameters: githubProvenance.predicate.buildDefinition && {
        workflow: { ref: 'refs/heads/main', repository: REPOSITORY, path: workflow },
      },
      dependencies: [
        { uri: `git+${REPOSITORY}@refs/heads/main`, digests: { gitCommit: COMMIT } },
        { uri: 'pkg:npm/left-pad@1.3.0', digests: { sha512: 'aa' } },
      ],
      startedOn: Date.parse('2026-01-02T03:04:05Z') / 1000,
    });
  });

  it.each([
    ['a delegating generator', delegatedProvenance, 'refs/tags/v1.0.0', REPOSITORY, workflow, RUN, 'push'],
    [
      'a container-based build',
      containerProvenance,
      'refs/tags/v1.0.0',
      REPOSITORY,
      'build/config.toml',
      undefined,
      undefined,
    ],
    [
      'Google Cloud Build',
      cloudBuildProvenance,
      'refs/heads/main',
      'https://example.com/acme/api',
      'cloudbuild.yaml',
      'https://cloudbuild.googleapis.com/v1/builds/7',
      undefined,
    ],
    ['GitLab', gitlabProvenance, undefined, 'https://gitlab.com/acme/team/api', undefined, '100', undefined],
    ['npm, v0.2', npmProvenance, 'refs/heads/main', REPOSITORY, workflow, RUN, 'push'],
    // The entry point is a workflow's name there, and no file.
    ['the first SLSA generators, v0.2', generatorProvenance, 'refs/tags/v1.0.0', REPOSITORY, undefined, RUN, 'release'],
    ['Tekton, v0.2', tektonProvenance, undefined, 'https://example.com/acme/api', undefined, undefined, undefined],
    ['Cloud Build, v0.1', oldProvenance, 'refs/tags/v1', REPOSITORY, 'build/cloudbuild.yaml', 'f00d', undefined],
  ])('of %s states what it can', (_, statement, ref, repository, path, invocation, trigger) => {
    const claim = typedClaimOf(statement);
    expect(claim).toMatchObject({
      kind: 'provenance',
      repository,
      commit: COMMIT,
      ref,
      workflow: path,
      invocation,
      trigger,
    });
  });

  it('finds the repository id in variables and in the event', () => {
    const ids = [delegatedProvenance, npmProvenance, generatorProvenance].map((one) => claimOf(one).repositoryId);
    expect(ids).toEqual(['4711', '4711', '4711']);
  });

  it("takes the runner from the builder's id where it is GitHub's own", () => {
    expect(claimOf(npmProvenance).runner).toBe('github-hosted');
  });

  it('names a commit that is stated as sha1 by gitCommit too', () => {
    expect(claimOf(npmProvenance).dependencies).toEqual([
      { uri: `git+${REPOSITORY}@refs/heads/main`, digests: { sha1: COMMIT, gitCommit: COMMIT } },
    ]);
  });

  it('does not pair a repository with the commit of another', () => {
    const { buildDefinition, ...rest } = cloudBuildProvenance.predicate as { buildDefinition: Record<string, unknown> };
    const externalParameters = { buildConfigSource: { repository: 'https://example.com/other', path: 'x' } };
    const predicate = { ...rest, buildDefinition: { ...buildDefinition, externalParameters } };
    const claim = claimOf({ ...cloudBuildProvenance, predicate });
    expect([claim.repository, claim.commit]).toEqual(['https://example.com/other', undefined]);
  });

  it('of an unknown build type with two repositories does not guess which was built', () => {
    const materials = ['a', 'b'].map((name) => ({ uri: `git+https://example.com/${name}`, digest: { sha1: COMMIT } }));
    const claim = claimOf({ ...tektonProvenance, predicate: { ...tektonProvenance.predicate, materials } });
    expect([claim.repository, claim.commit]).toEqual([undefined, undefined]);
  });

  it('does not guess between two commits of the repository that was built', () => {
    const commits = [COMMIT, 'd0'.repeat(20)];
    const uri = 'git+https://example.com/acme/api';
    const materials = commits.map((sha1) => ({ uri, digest: { sha1 } }));
    const claim = claimOf({ ...tektonProvenance, predicate: { ...tektonProvenance.predicate, materials } });
    expect([claim.repository, claim.commit]).toEqual(['https://example.com/acme/api', undefined]);
  });

  it('tells by the ref which of two commits of the repository was built', () => {
    const { buildDefinition, ...rest } = githubProvenance.predicate as { buildDefinition: object };
    const resolvedDependencies = [
      { uri: `git+${REPOSITORY}@refs/tags/tools`, digest: { gitCommit: 'd0'.repeat(20) } },
      { uri: `git+${REPOSITORY}@refs/heads/main`, digest: { gitCommit: COMMIT } },
    ];
    const predicate = { ...rest, buildDefinition: { ...buildDefinition, resolvedDependencies } };
    expect(claimOf({ ...githubProvenance, predicate }).commit).toBe(COMMIT);
  });

  it('leaves an invocation as it is that names another run than its variables', () => {
    const predicate = { ...npmProvenance.predicate, metadata: { buildInvocationId: '78-1' } };
    expect(claimOf({ ...npmProvenance, predicate }).invocation).toBe('78-1');
  });
});
