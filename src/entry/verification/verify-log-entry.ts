/** Judges an entry of a log that a trusted root names: that it is in the log, or for old bundles that the log promised it. */
import { equalBytes } from '../../core/bytes.ts';
import type { OpenedCheckpoint } from '../../core/checkpoint.ts';
import { LogError } from '../../core/errors.ts';
import { leafHash } from '../../core/hash.ts';
import { verifyInclusion } from '../../core/proof.ts';
import type { InclusionStatement, TransparencyLogEntry } from '../bundle/transparency-log-entry.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { isOfNumberedTree, openLogCheckpoint } from '../trust/log-checkpoint.ts';
import type { TrustedLog } from '../trust/trusted-root.ts';
import { verifyPromise } from '../trust/verify-promise.ts';

export interface VerifiedLogEntry {
  readonly log: TrustedLog;
  readonly entry: TransparencyLogEntry;
  /** The checkpoint that the entry was proved under; undefined where there is the log's promise alone. */
  readonly checkpoint: OpenedCheckpoint | undefined;
  /** When the log promised to have taken it, seconds since 1970. */
  readonly integratedTime: number | undefined;
}

/**
 * Verifies what an entry says about itself under its log's key. What it is about is not looked at.
 * @param mayBePromised whether the log's promise is enough where the bundle has no inclusion proof with a checkpoint
 * @throws LogError proof_invalid, checkpoint_unverified, malformed_checkpoint
 */
export function verifyLogEntry(
  entry: TransparencyLogEntry,
  log: TrustedLog,
  mayBePromised: boolean,
  checks: SignatureChecks,
): VerifiedLogEntry {
  const { promise } = entry;
  const integratedTime = promise && verifyPromise({ ...entry, promise }, log, checks);
  if (entry.inclusion !== undefined) {
    const checkpoint = verifiedCheckpoint(entry.body, entry.inclusion, log, checks);
    // A log of several trees has an index of its own over all of them, which only its promise vouches for.
    if (integratedTime === undefined && !isOfNumberedTree(checkpoint) && entry.logIndex !== entry.inclusion.index) {
      throw invalid('the indexes of the log entry differ');
    }
    return { log, entry, integratedTime, checkpoint };
  }
  if (mayBePromised && integratedTime !== undefined) return { log, entry, integratedTime, checkpoint: undefined };
  throw invalid('the bundle has no inclusion proof with a checkpoint of its log');
}

function verifiedCheckpoint(
  body: Uint8Array,
  { checkpoint: note, index, hashes, size, root }: InclusionStatement,
  log: TrustedLog,
  checks: SignatureChecks,
): OpenedCheckpoint {
  const checkpoint = openLogCheckpoint(note, log, checks);
  if ((size ?? checkpoint.size) !== checkpoint.size || !equalBytes(root ?? checkpoint.root, checkpoint.root)) {
    throw invalid('the stated root or size is not the one of the checkpoint');
  }
  verifyInclusion({ index, size: checkpoint.size, leafHash: leafHash(body), proof: hashes, root: checkpoint.root });
  return checkpoint;
}

function invalid(message: string): LogError {
  return new LogError('proof_invalid', message);
}
