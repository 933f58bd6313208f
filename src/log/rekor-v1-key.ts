/** Whether a log signs for clients of Rekor v1, and by which key: its genesis says so. */
import type { KeyObject } from 'node:crypto';
import { LogError } from '../core/errors.ts';
import { readGenesisStatement } from '../entry/submission/log-statement.ts';
import { publicPem, readRekorV1Key } from './keys.ts';
import type { LogRows } from './ports.ts';

/**
 * The private key, held against the one that the log's first entry names; undefined for a log made without one.
 * @param rows unverified, which is enough to find the key by: damage elsewhere must not keep a log from being served
 * @throws LogError config_invalid where the key cannot be read; wrong_key where it is another one
 */
export function openRekorV1Key(rows: Pick<LogRows, 'payload'>, folder: string): KeyObject | undefined {
  const genesis = rows.payload(0);
  const named = genesis && readGenesisStatement(genesis.bytes).rekorV1Key;
  if (named === undefined) return undefined;
  const key = readRekorV1Key(folder);
  if (publicPem(key) === named) return key;
  throw new LogError('wrong_key', 'the key for clients of Rekor v1 is not the one that the log was created with');
}
