/** What the log's anchor outside its directory says at a start, and whether the log may then be written. */
import { isLogError, LogError } from '../core/errors.ts';
import { Anchor, type AnchorRecord } from '../log/anchor.ts';
import type { LogIdentity } from '../log/identity.ts';
import type { StoredHead } from '../log/ports.ts';
import { checkAnchor } from '../log/start-checks.ts';
import type { SqliteLogStore } from '../storage/sqlite/log-store.ts';
import type { WriterSettings } from './messages.ts';
import { defaultAnchor } from './paths.ts';

export interface Anchoring {
  /** Undefined where the log serves reads only. */
  anchor: Anchor | undefined;
  readsOnly: LogError | undefined;
  path: string;
  warnings: string[];
}

/** Compares the log with its anchor, and brings the anchor up where it may be. */
export function anchoring(
  settings: WriterSettings,
  store: SqliteLogStore,
  identity: LogIdentity,
  head: StoredHead,
): Anchoring {
  const path = settings.anchor ?? defaultAnchor(identity.logId);
  const current: AnchorRecord = { logId: identity.logId, size: head.size, root: head.root };
  if (settings.acceptHead !== undefined) {
    checkAnchor(store, head, identity, undefined, settings.acceptHead);
    // The operator's word stands in for an anchor that is missing or unreadable. It does not overrule a sound one.
    const standing = standingRecord(path);
    if (standing !== undefined) checkAnchor(store, head, identity, standing, undefined);
    return { path, anchor: Anchor.create(path, current), readsOnly: undefined, warnings: [] };
  }
  const opened = Anchor.open(path);
  const verdict = checkAnchor(store, head, identity, opened?.record, undefined);
  if (opened === undefined) {
    if (verdict === 'missing-development') {
      const warnings = [
        `there was no anchor at ${path}; a development log starts one, any other would serve reads only`,
      ];
      return { path, anchor: Anchor.create(path, current), readsOnly: undefined, warnings };
    }
    const readsOnly = new LogError(
      'reads_only',
      `there is no anchor at ${path}, so nobody knows whether this is the newest state of the log: it serves reads only. ` +
        'If the stored head is right, start once with --accept-head SIZE:ROOT; in a container, put the anchor on a volume of its own',
    );
    return { path, anchor: undefined, readsOnly, warnings: [readsOnly.message] };
  }
  if (verdict === 'behind') opened.anchor.write(current);
  return { path, anchor: opened.anchor, readsOnly: undefined, warnings: [] };
}

/** The record that stands at the path; undefined where there is none, or none that can be read. */
function standingRecord(path: string): AnchorRecord | undefined {
  try {
    const opened = Anchor.open(path);
    opened?.anchor.close();
    return opened?.record;
  } catch (error) {
    if (isLogError(error, 'anchor_foreign')) return undefined;
    throw error;
  }
}
