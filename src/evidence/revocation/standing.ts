/** What revocation makes of evidence at a tree size. */
import type { Digests } from '../../entry/predicate/claim.ts';
import type { Evidence } from '../facts/evidence.ts';

/** Why something does not stand, and by which logged events. */
export interface Ruling {
  readonly code:
    | 'KEY_REVOKED'
    | 'KEY_NOT_AUTHORIZED'
    | 'IDENTITY_SUSPENDED'
    | 'IDENTITY_PENDING'
    | 'BUILDER_REVOKED'
    | 'WITHDRAWN'
    | 'ARTIFACT_QUARANTINED'
    | 'ARTIFACT_REVOKED'
    | 'DEPENDENCY_TAINTED'
    | 'SUPERSEDED';
  /** Indexes of the control statements, ascending. */
  readonly by: readonly number[];
  readonly reason: string | undefined;
  /** Under whose authority; undefined where a key or signer spoke for itself. */
  readonly namespace?: string | undefined;
}

/**
 * Status at one tree size: a pure function of the log up to it, so everyone with the same checkpoint gets the same
 * answer. Implemented by `standing-at.ts`.
 */
export interface Standing {
  /** Control events that are in effect below the tree size. */
  readonly feedSize: number;
  /** Hex root of the feed of these events. */
  readonly feedRoot: string;
  /** Rulings against an entry, and so against all that it proves. Empty: it stands. */
  ofEvidence(evidence: Evidence): readonly Ruling[];
  /**
   * Rulings against an artifact or a dependency itself, whatever evidence there is. `SUPERSEDED` is information, not a
   * refusal. A namespace's word about a bare digest binds those who heed the namespace: each ruling names it.
   * @param packages package URLs by which it is known, with or without version
   */
  ofArtifact(digests: Digests, packages?: readonly string[]): readonly Ruling[];
  /**
   * What is tainted. `terms`: what statements that list it can be found by, digests `<algorithm>:<digest>` and package
   * URLs. `since`: entries below it were logged before every taint; infinite where there is none.
   */
  taints(): { readonly terms: readonly string[]; readonly since: number };
  /**
   * Rulings against an entry because its signer ran something tainted, in one of the other entries, before it was
   * logged: `IDENTITY_PENDING`, until an owner reinstates him.
   */
  ofPipeline(evidence: Evidence, others: readonly Evidence[]): readonly Ruling[];
  /** Exceptions granted by a namespace's owners, in effect at `time` (POSIX seconds). */
  exceptions(namespace: string, time: number): readonly GrantedException[];
}

export interface GrantedException {
  readonly index: number;
  readonly rule: string;
  /** `<algorithm>:<digest>` */
  readonly subject: string;
  /** POSIX seconds. */
  readonly until: number;
  readonly reason: string;
  readonly approvers: number;
}
