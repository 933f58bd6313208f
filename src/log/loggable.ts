/** From an entry that was prepared away from the writer to one that the planner takes. */
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { type Companion, encodeCompanion, MAX_COMPANION_LENGTH } from '../entry/leaf/companion.ts';
import type { PreparedEntry } from '../entry/submission/prepared-entry.ts';
import { lookupKey, lookupKeys } from './index/lookup-key.ts';
import type { LoggableEntry } from './planner.ts';
import type { EntryStamp } from './timestamp/entry-stamp.ts';

function boundedCompanion(companion: Companion): Uint8Array {
  const encoded = encodeCompanion(companion);
  if (encoded.length <= MAX_COMPANION_LENGTH) return encoded;
  throw new LogError(
    'limit_exceeded',
    'the chain and timestamps beside the signature are too long; send fewer of them',
  );
}

/**
 * @param salt of the look-up index
 * @param stamp where entries are stamped
 * @throws LogError limit_exceeded where what came along is too long to be kept; clock_regressed from `stamp`
 */
export function toLoggable(prepared: PreparedEntry, salt: Uint8Array, stamp?: EntryStamp): LoggableEntry {
  const { leaf, leafHash, payload, control, companion, terms } = prepared;
  const own = lookupKey(salt, { kind: 'leaf', value: toHex(leafHash) });
  const others = lookupKeys(
    salt,
    terms.filter(({ kind }) => kind !== 'leaf'),
  );
  return {
    leaf,
    leafHash,
    payload,
    control,
    companion: companion === undefined ? undefined : boundedCompanion(companion),
    stamp: stamp?.(prepared),
    keys: [own, ...others],
  };
}
