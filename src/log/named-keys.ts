/**
 * The keys that a log has beside its three, for clients of Rekor v1 and for timestamps: genesis names those that it was
 * made with, and a statement of its own each one that came later. A key is named once, for good.
 */
import { equalBytes } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { readGenesisStatement, readKeyStatement, type ServiceKeys } from '../entry/submission/log-statement.ts';
import type { LogIdentity } from './identity.ts';
import { ownStatementAt, readAs } from './own-statement.ts';
import type { LogRows } from './ports.ts';

export const KEY_ROLES = ['rekor-v1', 'timestamp'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export interface NamedKey {
  /** SubjectPublicKeyInfo of the Rekor v1 key, or the certificates of the timestamp key. */
  pem: string;
  /** Of the entry that names it. */
  index: number;
}

/** Of each role that the log has a key for. */
export type NamedKeys = { readonly [Role in KeyRole]?: NamedKey };

type NamingRows = Pick<LogRows, 'entry' | 'payload' | 'keyStatement'>;

/** The member of a statement that names a key of this role. */
export const STATED_AS = { 'rekor-v1': 'rekorV1Key', timestamp: 'timestampChain' } as const satisfies Record<
  KeyRole,
  keyof ServiceKeys
>;

/**
 * The key that the log is named to have; undefined where it has none.
 * @param rows unverified, which is enough to find a key by: damage elsewhere must not keep a log from being served
 * @throws LogError corrupt where the entry that is to name a key does not
 */
export function namedKey(rows: NamingRows, identity: LogIdentity, role: KeyRole): NamedKey | undefined {
  const genesis = rows.payload(0);
  const first = genesis && readGenesisStatement(genesis.bytes)[STATED_AS[role]];
  if (first !== undefined) return { pem: first, index: 0 };
  const index = rows.keyStatement(role);
  if (index === undefined) return undefined;
  const pem = statedKeys(ownStatementAt(rows, index, identity), index, identity)?.[STATED_AS[role]];
  if (pem === undefined) throw new LogError('corrupt', `entry ${index} does not name the ${role} key that it should`);
  return { pem, index };
}

/** What one of the log's own statements names: about this log, at this index. */
export function statedKeys(own: Uint8Array | undefined, index: number, identity: LogIdentity): ServiceKeys | undefined {
  const stated = own && readAs(readKeyStatement, own);
  return stated?.index === index && equalBytes(stated.logId, identity.logId) ? stated : undefined;
}
