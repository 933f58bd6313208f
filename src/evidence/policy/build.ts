/** One build of the artifact: a provenance statement, and what is known of it after its certificate was asked. */
import type { ProvenanceClaim } from '../../entry/predicate/claim.ts';
import type { Credential, Evidence } from '../facts/evidence.ts';
import { matches } from './document/pattern.ts';
import type { PolicyDocument } from './document/policy.ts';
import { isSigner } from './signers.ts';

type Builder = NonNullable<PolicyDocument['trust']['builders']>[number];

export interface Build {
  readonly evidence: Evidence;
  readonly claim: ProvenanceClaim;
  /** The pair of builder and signer that the policy trusts; undefined where there is none. */
  readonly trusted: Builder | undefined;
  /** True where the policy names the builder, whoever signed. */
  readonly isBuilderNamed: boolean;
  readonly facts: BuildFacts;
}

export interface BuildFacts {
  readonly repository: string | undefined;
  readonly repositoryId: string | undefined;
  readonly ownerId: string | undefined;
  readonly commit: string | undefined;
  readonly ref: string | undefined;
  readonly trigger: string | undefined;
  readonly runner: string | undefined;
  readonly workflow: string | undefined;
  readonly environment: string | undefined;
  readonly invocation: string | undefined;
  /** Workflow that signed, and the one that was started; known from a trusted certificate only. */
  readonly buildSigner: string | undefined;
  readonly buildConfig: string | undefined;
}

/** A provenance statement as a build; undefined for other evidence. */
export function buildOf(evidence: Evidence, { trust }: Pick<PolicyDocument, 'trust'>): Build | undefined {
  const { claim } = evidence;
  if (claim?.kind !== 'provenance') return undefined;
  const named = (trust.builders ?? []).filter(({ id }) => claim.builder !== undefined && matches(id, claim.builder));
  const pairs = named.filter(({ signer }) => evidence.credentials.some((credential) => isSigner(signer, credential)));
  // Several pairs may fit; the highest level is what the policy grants.
  const trusted = pairs.reduce<Builder | undefined>(
    (best, pair) => (best && best.level >= pair.level ? best : pair),
    undefined,
  );
  return {
    evidence,
    claim,
    trusted,
    isBuilderNamed: named.length > 0,
    facts: factsOf(credentialOf(evidence, trusted), claim),
  };
}

/** The credential by which the build is trusted: facts of another one that signed along are not its. */
export function credentialOf(evidence: Evidence, trusted: Builder | undefined): Credential | undefined {
  if (trusted === undefined) return evidence.credentials.find(isCertified);
  return evidence.credentials.find((credential) => isSigner(trusted.signer, credential));
}

/** Facts of a certificate outrank the predicate's where its chain is trusted; an unverified one proves nothing. */
function factsOf(credential: Credential | undefined, claim: ProvenanceClaim): BuildFacts {
  const facts = credential !== undefined && isCertified(credential) ? credential.facts : {};
  const { repository, repositoryId, commit, ref, trigger, runner, workflow, environment, invocation } = claim;
  const stated = Object.keys(facts).length > 0;
  return {
    repository: normalUri(facts.sourceRepositoryURI ?? gitHub(facts.githubWorkflowRepository)) ?? repository,
    repositoryId: facts.sourceRepositoryIdentifier ?? repositoryId,
    ownerId: facts.sourceRepositoryOwnerIdentifier,
    commit: (facts.sourceRepositoryDigest ?? facts.githubWorkflowSha)?.toLowerCase() ?? commit,
    ref: facts.sourceRepositoryRef ?? facts.githubWorkflowRef ?? ref,
    trigger: facts.buildTrigger ?? facts.githubWorkflowTrigger ?? trigger,
    runner: facts.runnerEnvironment ?? runner,
    workflow: workflowPath(facts.buildConfigURI, facts.sourceRepositoryURI) ?? workflow,
    // Builds outside an environment have no such extension: what the predicate says would be the build's own word.
    environment: stated ? facts.deploymentEnvironment : environment,
    invocation: facts.runInvocationURI ?? invocation,
    buildSigner: facts.buildSignerURI,
    buildConfig: facts.buildConfigURI,
  };
}

/** True for the holder of a certificate whose chain the log trusts. */
export function isCertified(credential: Credential): boolean {
  return credential.kind === 'certificate' && credential.chain === 'trusted';
}

function gitHub(repository: string | undefined): string | undefined {
  return repository === undefined ? undefined : `https://github.com/${repository}`;
}

/** A repository's URI as claims have it: without `git+`, without `.git` or a slash at the end. */
export function normalUri(uri: string | undefined): string | undefined {
  if (uri === undefined) return undefined;
  const bare = uri.startsWith('git+') ? uri.slice(4) : uri;
  const whole = bare.endsWith('/') ? bare.slice(0, -1) : bare;
  return whole.endsWith('.git') ? whole.slice(0, -4) : whole;
}

/** `https://github.com/acme/api/.github/workflows/x.yml@refs/tags/v1` → `.github/workflows/x.yml` */
function workflowPath(config: string | undefined, repository: string | undefined): string | undefined {
  if (config === undefined) return undefined;
  const at = config.indexOf('@');
  const path = at === -1 ? config : config.slice(0, at);
  return repository !== undefined && path.startsWith(`${repository}/`) ? path.slice(repository.length + 1) : path;
}
