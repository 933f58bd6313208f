/** What took effect, kept with who signed it: whether what gave trust still holds depends on later revocations. */
import type {
  ArtifactClear,
  ArtifactQuarantine,
  ArtifactRevoke,
  DependencyTaint,
} from '../../entry/control/artifact-events.ts';
import type { Authority } from '../../entry/control/authority-set.ts';
import type { ControlEvent } from '../../entry/control/control-statement.ts';
import type { IdentityReinstate, IdentitySuspend } from '../../entry/control/identity-events.ts';
import type { KeyAuthorize, KeyRotate, RevocationReason } from '../../entry/control/key-events.ts';
import type { ControlRecord } from './control-record.ts';

/** An authority as it came to be. */
export interface Mandate extends Authority {
  /** Control statement that set it; undefined where configuration or a verifier's policy did. */
  readonly record: ControlRecord | undefined;
  /** The one whose owners had to agree; undefined for the first of its namespace. */
  readonly previous: Mandate | undefined;
}

/** An event in effect. */
export interface InEffect<E extends ControlEvent = ControlEvent> {
  readonly event: E;
  readonly record: ControlRecord;
  /** Under whose authority; undefined where a key or signer spoke for itself. */
  readonly mandate: Mandate | undefined;
  /** Principals that it took. */
  readonly threshold: number;
}

/** Takes trust away until a reversal gives it back. */
export type Hold = InEffect<ArtifactQuarantine | ArtifactRevoke>;
export type Suspension = InEffect<IdentitySuspend>;
/** A taint stays, and the identities that it suspended can be reinstated. */
export type Reversible = Hold | Suspension | InEffect<DependencyTaint>;
export type Reversal = InEffect<ArtifactClear | IdentityReinstate>;
export type Authorization = InEffect<KeyAuthorize | KeyRotate>;

export interface RevokedKey {
  readonly record: ControlRecord;
  /** Undefined: the key revoked itself, whatever it signed. */
  readonly namespace: string | undefined;
  readonly reason: RevocationReason;
  /** Entries of the key below it stand. */
  readonly validBelow: number;
}
