/** Standing at a tree size, from the control statements of the log alone. */
import { fromHex, toHex } from '../../core/bytes.ts';
import { feedOf } from '../../entry/control/feed-leaf.ts';
import type { ControlRecord } from './control-record.ts';
import type { RevocationRoots } from './in-force.ts';
import { RevocationState } from './revocation-state.ts';
import { StandingAt, type StandingOptions } from './standing-at.ts';

/** Those of `records`, ascending by index, that are in effect below a tree size. */
function inEffectAt(records: readonly ControlRecord[], treeSize: number): readonly ControlRecord[] {
  return records.filter(({ effectiveFrom }) => effectiveFrom < treeSize);
}

/**
 * @param records all control statements of the log's feed, ascending by index
 * @param treeSize those that take effect at or beyond it are passed over
 */
export function standingAt(
  records: readonly ControlRecord[],
  treeSize: number,
  roots: RevocationRoots,
  options: StandingOptions = {},
): StandingAt {
  const state = RevocationState.from(roots);
  const inEffect = inEffectAt(records, treeSize);
  for (const record of inEffect) state.apply(record);
  const feed = feedOf(
    inEffect.map(({ index, leafHash, payloadSha256 }) => ({
      index,
      leafHash: fromHex(leafHash),
      payloadSha256: fromHex(payloadSha256),
    })),
  );
  return new StandingAt(state.inForce, { size: feed.size, root: toHex(feed.root()) }, options);
}
