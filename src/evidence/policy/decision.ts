/** What a gate answers: a verdict, and every rule's outcome with what proves it. */

export type Verdict = 'ALLOW' | 'DENY' | 'INDETERMINATE';
export type Phase = 'source' | 'build-input' | 'release' | 'deploy';

export interface RuleOutcome {
  /** Stable id: `provenance.repository`. */
  readonly rule: string;
  /** Signature and provenance are judged apart: a signature alone never satisfies more than `signed`. */
  readonly section:
    | 'signature'
    | 'provenance'
    | 'source'
    | 'dependencies'
    | 'attestations'
    | 'log'
    | 'revocation'
    | 'policy';
  readonly outcome: 'pass' | 'fail' | 'excepted' | 'unknown';
  /** Fixed failure code, `REF_NOT_ALLOWED`; undefined where it passes. */
  readonly code: string | undefined;
  readonly message: string;
  readonly expected: string;
  readonly actual: string;
  /** Entries that the outcome rests on. */
  readonly evidence: readonly { readonly index: number; readonly leafHash: string }[];
  /** What to do about it. */
  readonly fix: string | undefined;
}

export interface Decision {
  readonly decision: Verdict;
  /** What the mode makes of it: audit and warn let through what they report. */
  readonly mode: 'audit' | 'warn' | 'enforce';
  readonly permitted: boolean;
  readonly phase: Phase;
  readonly artifact: { readonly name: string | undefined; readonly digests: Readonly<Record<string, string>> };
  readonly policy: { readonly name: string; readonly sha256: string; readonly index: number | undefined };
  readonly log: {
    readonly origin: string;
    readonly treeSize: number;
    readonly rootHash: string;
    /** POSIX seconds of the newest stamp. */
    readonly time: number;
    readonly feedSize: number;
    readonly feedRoot: string;
  };
  /** Not required before there is a build. */
  readonly signature: 'pass' | 'fail' | 'not-required';
  readonly provenance: 'pass' | 'fail' | 'not-required';
  readonly results: readonly RuleOutcome[];
  /** Control statements that decided against something here. */
  readonly affectedBy: readonly number[];
}
