/** What a statement claims, normalised: one shape for every version of a predicate. Claims are the signer's words. */
import type { Members } from '../encoding/members.ts';

/** Digest by algorithm as stated, hexadecimal ones in lower case. */
export type Digests = ReadonlyMap<string, string>;

/** Something that went into a build: a source revision, a package, an action, an image. */
export interface Dependency {
  readonly uri: string | undefined;
  readonly name: string | undefined;
  readonly digests: Digests;
}

/** A build's own account: SLSA provenance v1, v0.2 or v0.1. */
export interface ProvenanceClaim {
  readonly kind: 'provenance';
  readonly version: '1' | '0.2' | '0.1';
  readonly builder: string | undefined;
  readonly buildType: string | undefined;
  /** Repository as a URI without `git+` and without what follows `@`; no trailing slash or `.git`. */
  readonly repository: string | undefined;
  /** Immutable id of the repository at its forge. */
  readonly repositoryId: string | undefined;
  /** Commit that was built, lower-case hexadecimal. */
  readonly commit: string | undefined;
  /** `refs/heads/main` */
  readonly ref: string | undefined;
  /** `push`, `release`, … */
  readonly trigger: string | undefined;
  /** As stated: `github-hosted`, `self-hosted`, … */
  readonly runner: string | undefined;
  /** Path of the workflow or build configuration in the repository. */
  readonly workflow: string | undefined;
  readonly environment: string | undefined;
  readonly invocation: string | undefined;
  /** What whoever started the build chose; untrusted. */
  readonly parameters: Members;
  readonly dependencies: readonly Dependency[];
  /** POSIX seconds, as claimed. */
  readonly startedOn: number | undefined;
  readonly finishedOn: number | undefined;
}

/** A verifier's verdict: SLSA verification summary. For sources its subjects are commits. */
export interface SummaryClaim {
  readonly kind: 'summary';
  readonly verifier: string | undefined;
  readonly resource: string | undefined;
  readonly passed: boolean;
  readonly levels: readonly string[];
  /** Fully qualified refs, from the subjects' annotations. */
  readonly sourceRefs: readonly string[];
  /** POSIX seconds, as claimed. */
  readonly verifiedOn: number | undefined;
  readonly policy: string | undefined;
  /** Origin of the log whose gate decided so; undefined where it is no gate's decision. */
  readonly gateOf: string | undefined;
}

/** How a revision came about: SLSA source provenance. Its subjects are commits. */
export interface SourceClaim {
  readonly kind: 'source';
  readonly repository: string | undefined;
  readonly ref: string | undefined;
  readonly previousCommit: string | undefined;
  readonly actor: string | undefined;
  /** `human`, `agent`, …, where it is stated. */
  readonly actorKind: string | undefined;
  /** `pr_merge`, `direct_push`, … */
  readonly activity: string | undefined;
  /** Control by name, and since when it is on without a gap, POSIX seconds. */
  readonly controls: ReadonlyMap<string, number | undefined>;
}

/** What a tag pointed to when it was looked at. Its subject is the commit. */
export interface TagClaim {
  readonly kind: 'tag';
  readonly repository: string | undefined;
  readonly tag: string | undefined;
  readonly actor: string | undefined;
  readonly controls: ReadonlyMap<string, number | undefined>;
}

export interface SbomClaim {
  readonly kind: 'sbom';
  readonly format: 'spdx' | 'cyclonedx';
  readonly components: readonly Dependency[];
}

export interface TestClaim {
  readonly kind: 'test-result';
  readonly result: string | undefined;
  readonly configurations: readonly Dependency[];
}

export interface VulnerabilityClaim {
  readonly kind: 'vulnerabilities';
  readonly scanner: string | undefined;
  /** POSIX seconds of the database's last update, as claimed. */
  readonly databaseUpdatedOn: number | undefined;
  readonly found: readonly string[];
}

/** That something was released under a name, by whoever may release: in-toto release, npm publish. */
export interface ReleaseClaim {
  readonly kind: 'release';
  /** Package URL without version, `pkg:npm/%40acme/api`. */
  readonly package: string | undefined;
  readonly version: string | undefined;
  readonly registry: string | undefined;
}

export interface ApprovalClaim {
  readonly kind: 'approval';
  readonly approvers: readonly string[];
  readonly ref: string | undefined;
}

/** What the workflow files and lock files of a revision point to, each pinned by digest or not. */
export interface PinSetClaim {
  readonly kind: 'pin-set';
  readonly pins: readonly (Dependency & { readonly at: string | undefined })[];
}

/** Everything else, and what its own format does not allow (`fault` says why). Found by subject all the same. */
export interface OtherClaim {
  readonly kind: 'other';
  readonly fault: string | undefined;
}

export type Claim =
  | ProvenanceClaim
  | SummaryClaim
  | SourceClaim
  | TagClaim
  | SbomClaim
  | TestClaim
  | VulnerabilityClaim
  | ReleaseClaim
  | ApprovalClaim
  | PinSetClaim
  | OtherClaim;
