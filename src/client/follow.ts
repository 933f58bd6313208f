/** Follows a log from checkpoint to checkpoint: each must extend the last one seen. */
import { equalBytes } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { EMPTY_ROOT, type Hash } from '../core/hash.ts';
import { inconsistentTrees, type MisbehaviourEvidence, twoRoots } from '../core/misbehaviour.ts';
import type { LogKey, TreeHead, VerifiedCheckpoint } from './log-key.ts';
import type { RequestOptions } from './transport.ts';

/** What following needs of a log. `TileClient` has it. */
export interface FollowedLog {
  readonly key: Pick<LogKey, 'verifierKey'>;
  checkpoint(options?: RequestOptions): Promise<VerifiedCheckpoint>;
  /** The root that `head` has at a smaller size, proved. @throws LogError proof_invalid */
  rootAt(size: number, head: TreeHead, options?: RequestOptions): Promise<{ root: Hash; proof: Hash[] }>;
}

/** What one look at a log showed. */
export type Observation =
  /** Nothing was known before; from here on everything must be consistent with it. */
  | { change: 'first'; checkpoint: VerifiedCheckpoint }
  | { change: 'none' | 'grown'; previous: TreeHead; checkpoint: VerifiedCheckpoint }
  /** An older view than was seen before, of the same tree: a cache, or a log that was restored from a copy. */
  | { change: 'older'; previous: TreeHead; checkpoint: VerifiedCheckpoint };

/** The log misbehaved, and this is how to show it to others. */
export class LogMisbehaviour extends LogError {
  readonly evidence: MisbehaviourEvidence;

  constructor(message: string, evidence: MisbehaviourEvidence) {
    super('log_misbehaved', message);
    this.evidence = evidence;
  }
}

/**
 * Looks at the log once and compares with what was seen last.
 * @throws LogMisbehaviour; LogError proof_invalid where the log's tiles do not belong to its own checkpoint, which
 *   proves neither honesty nor a fork
 */
export async function observe(
  log: FollowedLog,
  last: VerifiedCheckpoint | undefined,
  options: RequestOptions = {},
): Promise<Observation> {
  const checkpoint = await log.checkpoint(options);
  if (last === undefined) return { change: 'first', checkpoint };
  if (last.origin !== checkpoint.origin) {
    throw new LogError('checkpoint_unverified', 'the state was recorded for another log');
  }
  if (checkpoint.size === last.size) {
    if (!equalBytes(checkpoint.root, last.root)) throw doubleRoot(log, last, checkpoint);
    return { change: 'none', previous: last, checkpoint };
  }
  const [smaller, larger] = checkpoint.size > last.size ? [last, checkpoint] : [checkpoint, last];
  await proveExtension(log, smaller, larger, options);
  return { change: checkpoint === larger ? 'grown' : 'older', previous: last, checkpoint };
}

async function proveExtension(
  log: FollowedLog,
  smaller: VerifiedCheckpoint,
  larger: VerifiedCheckpoint,
  options: RequestOptions,
): Promise<void> {
  // Every tree extends the empty one, whose root a checkpoint cannot state wrongly; there is nothing to ask for.
  if (smaller.size === 0 && equalBytes(smaller.root, EMPTY_ROOT)) return;
  const { root, proof } = await log.rootAt(smaller.size, larger, options);
  if (equalBytes(root, smaller.root)) return;
  throw new LogMisbehaviour(
    `the log signed a tree of ${smaller.size} entries that its tree of ${larger.size} entries does not contain`,
    inconsistentTrees(log.key.verifierKey, smaller, larger, { provenRoot: root, proof }),
  );
}

function doubleRoot({ key }: FollowedLog, last: VerifiedCheckpoint, checkpoint: VerifiedCheckpoint): LogMisbehaviour {
  const message = `the log signed two different trees of ${checkpoint.size} entries`;
  return new LogMisbehaviour(message, twoRoots(key.verifierKey, last, checkpoint));
}
