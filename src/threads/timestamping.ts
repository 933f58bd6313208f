/** Brings up the timestamp authority of a log that runs one. */
import type { TrustedAuthority } from '../entry/trust/trusted-root.ts';
import type { StampSettings } from '../log/timestamp/entry-stamp.ts';
import { createTimestampAuthority, type TimestampAuthority } from '../log/timestamp/timestamp-authority.ts';
import { TimestampClock } from '../log/timestamp/timestamp-clock.ts';
import { readTimestampKey } from '../log/timestamp/timestamp-key.ts';
import type { TimestampEncoder } from '../log/timestamp/timestamp-shape.ts';

export interface Timestamping {
  /** Certificates, PEM, leaf first. */
  chain: string;
  /** As others trust it: its stamps prove when a signature was there. */
  trusted: TrustedAuthority;
  /** What workers stamp entries with. */
  stamping: StampSettings;
  /** The clock of authority and workers; whoever hears of a new head tells it. */
  clock: TimestampClock;
  /** @param assertAble throws a LogError where the log is in no state to tell the time */
  authority(assertAble: () => void): TimestampAuthority;
}

/**
 * @param keys folder of the log's keys
 * @param encoderOf makes the encoder of an authority, given its chain in DER
 * @param now POSIX milliseconds
 * @throws LogError config_invalid
 */
export async function loadTimestamping(
  keys: string,
  encoderOf: (chain: Uint8Array[]) => TimestampEncoder,
  now?: () => number,
): Promise<Timestamping> {
  const key = readTimestampKey(keys);
  const encoder = encoderOf(key.chain.map(({ der }) => der));
  // The leaf alone is enough to check a stamp with, and is kept with every one of them.
  const shape = await encoder.shape({
    hash: 'SHA2_256',
    nullParameters: false,
    nonceLength: undefined,
    certificates: 1,
  });
  const shared = new SharedArrayBuffer(8);
  const clock = new TimestampClock(shared, now);
  const { notBefore, notAfter } = key.chain[0];
  return {
    chain: key.chainPem,
    trusted: { uri: '', certificates: key.chain, validFor: { start: notBefore, end: notAfter } },
    stamping: { key: key.key, shape, notBefore, notAfter, clock: shared },
    clock,
    authority: (assertAble) => createTimestampAuthority(key, encoder, clock, assertAble),
  };
}
