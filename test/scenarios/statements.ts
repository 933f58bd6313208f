/** Statements as build systems, forges, registries and scanners write them, for whatever a scenario makes up. */
import { createHash } from 'node:crypto';
import { PIN_SET_PREDICATE } from '../../src/entry/predicate/pin-set.ts';
import type { Artifact, Identity } from './scenario-log.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';
const SOURCE_POC = 'https://github.com/slsa-framework/slsa-source-poc';

/** One run of a workflow: its certificate and its provenance say the same of it. */
export interface Run {
  readonly repository: string;
  readonly repositoryId: string;
  readonly commit: string;
  readonly ref: string;
  /** `.github/workflows/release.yml` */
  readonly workflow: string;
  readonly trigger: string;
  /** `github-hosted` or `self-hosted`. */
  readonly runner: string;
  readonly environment?: string;
  /** Page of the run. */
  readonly invocation: string;
}

export interface Resolved {
  readonly uri: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly at?: string;
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function commitOf(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

/** A package's version, or any other file, with the digest that stands for its content. */
export function artifactOf(name: string): Artifact {
  return { name, digests: new Map([['sha256', sha256Of(name)]]) };
}

export function revision(commit: string): Artifact {
  return { name: commit, digests: new Map([['gitCommit', commit]]) };
}

/** Who signs for a run. */
export function identityOf(run: Run): Identity {
  const workflow = `${run.repository}/${run.workflow}@${run.ref}`;
  return {
    san: workflow,
    facts: {
      issuerV2: GITHUB,
      buildSignerURI: workflow,
      buildConfigURI: workflow,
      runnerEnvironment: run.runner,
      sourceRepositoryURI: run.repository,
      sourceRepositoryDigest: run.commit,
      sourceRepositoryRef: run.ref,
      sourceRepositoryIdentifier: run.repositoryId,
      buildTrigger: run.trigger,
      runInvocationURI: run.invocation,
      ...(run.environment !== undefined && { deploymentEnvironment: run.environment }),
    },
  };
}

/** Somebody else whom the CA knows by a name: a forge's verifier, a registry, a person. */
export function identity(san: string, issuer: string): Identity {
  return { san, facts: { issuerV2: issuer } };
}

/** SLSA provenance of what a run made. @param resolved what it took in beside its source */
export function provenanceOf(run: Run, artifacts: readonly Artifact[], resolved: readonly Resolved[] = []): object {
  const { repository, commit, ref, workflow, trigger, repositoryId, runner, environment, invocation } = run;
  return statement('https://slsa.dev/provenance/v1', artifacts, {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: { workflow: { ref, repository, path: workflow } },
      internalParameters: {
        github: { event_name: trigger, repository_id: repositoryId, runner_environment: runner, environment },
      },
      resolvedDependencies: [{ uri: `git+${repository}@${ref}`, digest: { gitCommit: commit } }, ...resolved],
    },
    runDetails: {
      builder: { id: `https://github.com/actions/runner/${runner}` },
      metadata: { invocationId: invocation },
    },
  });
}

/** npm's publish attestation. @param name `@acme/api` */
export function npmPublish(artifact: Artifact, name: string, version: string): object {
  const predicate = { name, version, registry: 'https://npm.acme.example' };
  return statement('https://github.com/npm/attestation/tree/main/specs/publish/v0.1', [artifact], predicate);
}

/** in-toto's release predicate. */
export function release(artifact: Artifact, packageUrl: string): object {
  return statement('https://in-toto.io/attestation/release/v0.1', [artifact], { purl: packageUrl });
}

/** What the workflow and lock files of a revision point to. */
export function pinSetOf(commit: string, pins: readonly Resolved[]): object {
  return statement(PIN_SET_PREDICATE, [revision(commit)], { pins });
}

/** What somebody saw a tag point to. */
export function tagSeen(repository: string, tag: string, commit: string): object {
  const predicate = { tag: `refs/tags/${tag}`, actor: 'observer', repo_uri: repository, controls: [] };
  return statement(`${SOURCE_POC}/tag-provenance/v1-draft`, [revision(commit)], predicate);
}

/** A verifier's summary of a revision. */
export function sourceSummary(repository: string, commit: string, ref: string, levels: readonly string[]): object {
  return {
    ...statement('https://slsa.dev/verification_summary/v1', [], {
      verifier: { id: SOURCE_VERIFIER.san },
      resourceUri: `git+${repository}`,
      policy: { uri: `${SOURCE_VERIFIER.san}/policy` },
      verificationResult: 'PASSED',
      verifiedLevels: levels,
    }),
    subject: [{ digest: { gitCommit: commit }, annotations: { sourceRefs: [ref] } }],
  };
}

/** A summary by which somebody lets an artifact into production. */
export function promotion(artifact: Artifact, by: Identity): object {
  return statement('https://slsa.dev/verification_summary/v1', [artifact], {
    verifier: { id: by.san },
    resourceUri: artifact.name,
    policy: { uri: `${by.san}/policy` },
    verificationResult: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
  });
}

export const SOURCE_VERIFIER = identity('https://source.acme.example', 'https://accounts.acme.example');

function statement(predicateType: string, artifacts: readonly Artifact[], predicate: object): object {
  const subject = artifacts.map(({ name, digests }) => ({
    ...(digests.has('gitCommit') ? {} : { name }),
    digest: Object.fromEntries(digests),
  }));
  return { _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate };
}
