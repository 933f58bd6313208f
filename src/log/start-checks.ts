/** What must hold before a log may run. Each failure has its own code, and none of them writes anything. */
import { equalBytes, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { type Hash, leafHash } from '../core/hash.ts';
import type { TileEdge } from '../core/tile-edge.ts';
import type { AnchorRecord } from './anchor.ts';
import { isDevelopmentOrigin, type LogIdentity } from './identity.ts';
import type { LogRows, StoredHead } from './ports.ts';
import { readEdge } from './stored-edge.ts';
import { storedNoteCheck } from './stored-note.ts';
import { VerifiedTree } from './verified-tree.ts';

/** Newest entries whose leaves are hashed again at every start. */
const REHASHED_ENTRIES = 256;

/** @throws LogError wrong_origin, wrong_key */
export function checkIdentity(pinned: LogIdentity, own: LogIdentity): void {
  if (pinned.origin !== own.origin)
    throw new LogError('wrong_origin', `the database belongs to the log ${pinned.origin}`);
  for (const name of ['verifierKey', 'timeVerifierKey', 'statementKey'] as const) {
    if (pinned[name] !== own[name]) {
      throw new LogError('wrong_key', `the ${KEY_NAMES[name]} is not the one that the log was created with`);
    }
  }
}

const KEY_NAMES = {
  verifierKey: 'checkpoint key',
  timeVerifierKey: 'time key',
  statementKey: 'statement key',
} as const;

/**
 * Checks the stored head against its signatures, the tiles and the newest leaves.
 * @returns the right edge at the head
 * @throws LogError corrupt; log_missing where creating the log never came to its genesis
 */
export function checkHead(rows: LogRows, identity: LogIdentity): { head: StoredHead; edge: TileEdge } {
  const head = rows.head();
  if (head.size === 0) {
    throw new LogError('log_missing', 'the log has no genesis entry: creating it was interrupted, so create it anew');
  }
  const edge = readEdge(rows, head.size, head.root);
  const checkNote = storedNoteCheck(identity);
  checkNote(head);
  const first = rows.checkpoint(head.size);
  if (first === undefined || !equalBytes(first.root, head.root) || first.time > head.time) {
    throw new LogError('corrupt', 'the stored head has no checkpoint of its own');
  }
  checkNote(first);
  const beyond = rows.entry(head.size) !== undefined || rows.checkpoints(head.size, 1).length > 0;
  if (beyond) throw new LogError('corrupt', 'there are entries or checkpoints beyond the stored head');
  for (const row of rows.entries(Math.max(0, head.size - REHASHED_ENTRIES), head.size)) {
    if (!equalBytes(leafHash(row.leaf), row.leafHash)) {
      throw new LogError('corrupt', `the stored leaf ${row.index} does not give its hash`);
    }
  }
  return { head, edge };
}

/** What the anchor allows: writing, or reads only until the operator has stated the head. */
export type AnchorVerdict = 'current' | 'behind' | 'missing-development' | 'missing' | 'accepted';

/**
 * Compares the database with the record kept outside it.
 * @param accepted the head that the operator states, where he does
 * @throws LogError rolled_back, anchor_foreign, config_invalid
 */
export function checkAnchor(
  rows: LogRows,
  head: StoredHead,
  identity: LogIdentity,
  record: AnchorRecord | undefined,
  accepted: { size: number; root: Hash } | undefined,
): AnchorVerdict {
  if (accepted !== undefined) {
    if (accepted.size !== head.size || !equalBytes(accepted.root, head.root)) {
      throw new LogError(
        'rolled_back',
        `the stated head is not the stored one, which is ${head.size}:${toHex(head.root)}`,
      );
    }
    return 'accepted';
  }
  if (record === undefined) return isDevelopmentOrigin(identity.origin) ? 'missing-development' : 'missing';
  if (!equalBytes(record.logId, identity.logId)) throw new LogError('anchor_foreign', "the anchor is another log's");
  if (record.size > head.size) {
    throw new LogError(
      'rolled_back',
      `the database is at size ${head.size}, but the log was published at ${record.size}: it was restored from an older copy`,
    );
  }
  const root = new VerifiedTree(rows, head.size, head.root).root(record.size);
  if (!equalBytes(root, record.root)) {
    throw new LogError(
      'rolled_back',
      `the database has another root at the anchored size ${record.size}: it is another history of this log`,
    );
  }
  return record.size === head.size ? 'current' : 'behind';
}
