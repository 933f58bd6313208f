/** Entries as the writer receives them, for tests that need no signatures: a leaf is whatever the test says. */
import { utf8 } from '../../src/core/bytes.ts';
import { leafHash, sha256 } from '../../src/core/hash.ts';
import { type FeedStatement, feedStatement } from '../../src/entry/submission/feed-statement.ts';
import { type AttachedPayload, STATEMENT_PAYLOAD_TYPE } from '../../src/entry/submission/log-statement.ts';
import type { LoggableEntry } from '../../src/log/planner.ts';
import type { PooledEntry } from '../../src/log/sequencer.ts';

export interface EntryOptions {
  payload?: string | undefined;
  companion?: string | undefined;
  keys?: number[];
}

/** The leaf is the name. */
export function entryOf(name: string, { payload, companion, keys }: EntryOptions = {}): LoggableEntry {
  const leaf = utf8(name);
  const bytes = payload === undefined ? undefined : utf8(payload);
  return {
    leaf,
    leafHash: leafHash(leaf),
    payload: bytes && { bytes, type: 'text/plain', sha256: sha256(bytes) },
    companion: companion === undefined ? undefined : utf8(companion),
    keys: keys ?? keysOf(name),
  };
}

/** A leaf key made from the name, and a second key that an entry with a payload might have. */
function keysOf(name: string): number[] {
  const hash = sha256(utf8(name));
  return [hash[0]! * 65_536 + hash[1]! * 256 + hash[2]!, hash[3]!];
}

/** An `attached` statement that can be told from others: its payload names what it attaches. */
export function attachedEntry(items: AttachedPayload[]): LoggableEntry {
  const text = `attached ${items.map(({ index }) => index).join(' ')}`;
  return entryOf(`statement: ${text}`, { payload: text });
}

/** A statement of the feed, as the log makes it, under a leaf that can be told from others. */
export function feedEntry(stated: FeedStatement): LoggableEntry {
  const bytes = feedStatement(stated);
  const entry = entryOf(`feed ${stated.feed.size}`);
  return { ...entry, payload: { bytes, type: STATEMENT_PAYLOAD_TYPE, sha256: sha256(bytes) } };
}

/** An entry whose payload is a control statement. */
export function controlEntry(name: string): LoggableEntry {
  const predicateType = 'urn:countersign:control:withdraw:v1';
  const bytes = utf8(JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', predicateType, name }));
  const payload = { bytes, type: STATEMENT_PAYLOAD_TYPE, sha256: sha256(bytes) };
  return { ...entryOf(name), payload, control: true };
}

export function pooled(entries: LoggableEntry[], ticket = 0): PooledEntry[] {
  return entries.map((entry, item) => ({ ticket, item, returnsLeaf: false, entry }));
}
