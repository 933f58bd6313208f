/** One control statement as the log holds it: what the fold of revocation reads. */
import type { ControlEvent } from '../../entry/control/control-statement.ts';
import type { Credential } from '../facts/evidence.ts';

export interface ControlRecord {
  /** Of the control statement. */
  readonly index: number;
  /** Hex leaf hash. */
  readonly leafHash: string;
  /** Hex SHA-256 of the payload. */
  readonly payloadSha256: string;
  /** Index of the log's own statement that names it: it takes effect from there. */
  readonly effectiveFrom: number;
  /** Entries before its batch: within one batch revocation wins, so those from here on come after it. */
  readonly batchStart: number;
  readonly credentials: readonly Credential[];
  /** Undefined where it is of a version that this program does not know. */
  readonly event: ControlEvent | undefined;
}
