/** Says of a bundle without proof of a certain log which other logs its entries are of, so that people know what to do. */
import { toHex } from '../../core/bytes.ts';
import { checkpointOf, type LogEntryMembers, logIdOf } from '../bundle/transparency-log-entry.ts';
import type { Members } from '../encoding/members.ts';

/** What is shown of a kind; anything else could be written for the terminal of whoever verifies. */
const KIND = /^[a-z][a-z0-9]{0,31}$/;
const VERSION = /^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$/;

/**
 * @param origin of the log whose proof is missing
 * @returns words to follow "the bundle carries …"
 */
export function describeForeignEntries(entries: readonly LogEntryMembers[], origin: string): string {
  if (entries.length === 0) return 'no entry of any log';
  const logs = [...new Set(entries.map((entry) => describeEntry(entry, origin)))];
  return `no inclusion proof of this log, but ${logs.join('; ')}`;
}

function describeEntry(entry: LogEntryMembers, origin: string): string {
  const id = toHex(logIdOf(entry));
  const log = id === '' ? 'a log that it does not name' : `the log with the id ${id}`;
  const { kind, version } = (entry.kindVersion ?? {}) as Members;
  const isShown = typeof kind === 'string' && typeof version === 'string' && KIND.test(kind) && VERSION.test(version);
  const what = isShown ? `a ${kind} ${version} entry` : 'an entry';
  const whose = isOfRekorV1Door(entry, origin) ? `, which is the key that ${origin} has for clients of Rekor v1` : '';
  return `${what} of ${log}${whose}`;
}

/** As the bundle says: a tree's number behind the log's own name. */
function isOfRekorV1Door(entry: LogEntryMembers, origin: string): boolean {
  const first = checkpointOf(entry)?.split('\n', 1)[0] ?? '';
  return first.startsWith(`${origin} - `) && /^[0-9]{1,20}$/.test(first.slice(origin.length + 3));
}
