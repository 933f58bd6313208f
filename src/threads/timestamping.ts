/** Brings up the timestamp authority of a log that runs one. The ASN.1 library is loaded here, and on no other thread. */
import { LogError } from '../core/errors.ts';
import { readGenesisStatement } from '../entry/log-statement.ts';
import type { StampSettings } from '../log/entry-stamp.ts';
import type { TimestampAuthority } from '../log/timestamp-authority.ts';
import { TimestampClock } from '../log/timestamp-clock.ts';
import { readTimestampKey } from '../log/timestamp-key.ts';
import { openLogRows } from '../storage/sqlite/log-rows.ts';

export interface Timestamping {
  /** Certificates, PEM, leaf first. */
  chain: string;
  /** What workers stamp entries with. */
  stamping: StampSettings;
  /** The clock of authority and workers; whoever hears of a new head tells it. */
  clock: TimestampClock;
  /** @param assertAble throws a LogError where the log is in no state to tell the time */
  authority(assertAble: () => void): TimestampAuthority;
}

/**
 * @param keys folder of the log's keys
 * @param now POSIX milliseconds
 * @throws LogError config_invalid
 */
export async function loadTimestamping(keys: string, now?: () => number): Promise<Timestamping> {
  const key = readTimestampKey(keys);
  const [{ createTimestampAuthority }, { makeShape }] = await Promise.all([
    import('../log/timestamp-authority.ts'),
    import('../log/timestamp-patterns.ts'),
  ]);
  const [leaf] = key.chain;
  const shared = new SharedArrayBuffer(8);
  const clock = new TimestampClock(shared, now);
  // The leaf alone is enough to check a stamp with, and is kept with every one of them.
  const shape = makeShape(leaf.der, {
    hash: 'SHA2_256',
    nullParameters: false,
    nonceLength: undefined,
    certificates: [leaf.der],
  });
  return {
    chain: key.chainPem,
    stamping: { key: key.key, shape, notBefore: leaf.notBefore, notAfter: leaf.notAfter, clock: shared },
    clock,
    authority: (assertAble) => createTimestampAuthority(key, clock, assertAble),
  };
}

/**
 * A log names its authority in its first entry, so that whoever trusts the log can tell whom it stamps by.
 * @param logFile `log.db`, which the writer has checked
 * @throws LogError wrong_key where it names another, or none
 */
export function checkNamedChain(logFile: string, chain: string): void {
  const { rows, close } = openLogRows(logFile);
  try {
    const genesis = rows.payload(0);
    if (genesis !== undefined && readGenesisStatement(genesis.bytes).timestampChain === chain) return;
    throw new LogError('wrong_key', 'the timestamp certificates are not those that the log was created with');
  } finally {
    close();
  }
}
