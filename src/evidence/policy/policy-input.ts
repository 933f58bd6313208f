/** All that a policy may look at: evidence as of one tree size, with what revocation makes of it. */
import type { Digests } from '../../entry/predicate/claim.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { GrantedException, Ruling } from '../revocation/standing.ts';
import type { Phase } from './decision.ts';

/** Evidence, and the rulings against it; it counts only where there are none. */
export interface Judged {
  readonly evidence: Evidence;
  readonly rulings: readonly Ruling[];
}

/** One entry in time: entries of one batch have one time, so the index tells their order. */
export interface Activity {
  readonly index: number;
  /** POSIX seconds, log time. */
  readonly loggedAt: number;
}

export interface PolicyInput {
  readonly phase: Phase;
  readonly artifact: { readonly name: string | undefined; readonly digests: Digests };
  /** About the artifact, oldest first. */
  readonly about: readonly Judged[];
  /** About the commits that evidence on the artifact names, by commit. */
  readonly source: ReadonlyMap<string, readonly Judged[]>;
  /** About its dependencies, by `<algorithm>:<digest>`. */
  readonly dependencies: ReadonlyMap<string, readonly Judged[]>;
  /** Rulings against dependencies themselves, by `<algorithm>:<digest>` or URI. */
  readonly taints: ReadonlyMap<string, readonly Ruling[]>;
  /** Of builds of the artifact, by index: what their signers ran elsewhere. Complete: nobody else ran it. */
  readonly pipelines: { readonly rulings: ReadonlyMap<number, readonly Ruling[]>; readonly complete: boolean };
  /** Earlier entries about the same package (`pkg:` name of a release or provenance), oldest first. */
  readonly history: readonly Judged[];
  /** Earlier observations of tags that point to these commits or bear the same name, oldest first. */
  readonly tags: readonly Judged[];
  /** When entries of the signing identity were logged, by identity (SAN) or key (hex); in any order. */
  readonly activity: ReadonlyMap<string, readonly Activity[]>;
  /** Repositories that entries signed with a key are about, by key (hex). */
  readonly repositories: ReadonlyMap<string, readonly string[]>;
  readonly rulings: readonly Ruling[];
  readonly exceptions: readonly GrantedException[];
  /** True where everything above is complete for the tree size; false makes requirements of completeness fail. */
  readonly complete: boolean;
  readonly log: {
    readonly origin: string;
    readonly treeSize: number;
    readonly rootHash: string;
    /** Log time, POSIX seconds: what `now` means in a policy. */
    readonly time: number;
    /** Seconds by which the newest stamp is behind the clock of whoever asks. */
    readonly staleness: number;
    readonly feedSize: number;
    readonly feedRoot: string;
    /** Names of witnesses whose cosignatures on this head were verified. */
    readonly witnesses: readonly string[];
  };
}
