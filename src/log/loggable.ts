/** From an entry that was prepared away from the writer to one that the planner takes. */
import { toHex } from '../core/bytes.ts';
import { encodeCompanion, type PreparedEntry } from '../entry/prepared-entry.ts';
import { lookupKey, lookupKeys } from './lookup-key.ts';
import type { LoggableEntry } from './planner.ts';

/** @param salt of the look-up index */
export function toLoggable(prepared: PreparedEntry, salt: Uint8Array): LoggableEntry {
  const { leaf, leafHash, payload, companion, terms } = prepared;
  const own = lookupKey(salt, { kind: 'leaf', value: toHex(leafHash) });
  const others = lookupKeys(
    salt,
    terms.filter(({ kind }) => kind !== 'leaf'),
  );
  return {
    leaf,
    leafHash,
    payload,
    companion: companion === undefined ? undefined : encodeCompanion(companion),
    keys: [own, ...others],
  };
}
