/** Stamps the signatures of an entry when it is logged, so that its bundle tells when each was there. */
import { type KeyObject, sign } from 'node:crypto';
import { sha256 } from '../../core/hash.ts';
import { encodeCompanion, type PreparedEntry } from '../../entry/submission/prepared-entry.ts';
import { TimestampClock } from './timestamp-clock.ts';
import { completeShape, fillShape, type ResponseShape } from './timestamp-shape.ts';

/** Plain data, which a worker thread is given. */
export interface StampSettings {
  /** The timestamp authority's. */
  key: KeyObject;
  /** SHA-256, no nonce. */
  shape: ResponseShape;
  /** Validity of the authority's certificate, POSIX seconds. */
  notBefore: number;
  notAfter: number;
  /** The authority's clock. */
  clock: SharedArrayBuffer;
}

/**
 * An encoded companion with an RFC 3161 timestamp of each signature that was made under a certificate which is valid
 * now; undefined where there is none.
 * @throws LogError clock_regressed
 */
export type EntryStamp = (entry: Pick<PreparedEntry, 'certified'>) => Uint8Array | undefined;

export function entryStamp(settings: StampSettings, now?: () => number): EntryStamp {
  const clock = new TimestampClock(settings.clock, now);

  return function stampEntry({ certified }) {
    // Nothing is done for a plain key: it does not expire.
    if (certified.length === 0) return undefined;
    const time = clock.time();
    if (!covers(settings, time)) return undefined;
    const valid = certified.filter(({ certificate }) => covers(certificate, time));
    if (valid.length === 0) return undefined;
    const timestamps = valid.map(({ signature }) => stampOf(settings, signature, time));
    return encodeCompanion({ chain: [], timestamps, keyids: [], keyHint: undefined, own: true });
  };
}

function covers({ notBefore, notAfter }: { notBefore: number; notAfter: number }, time: number): boolean {
  return notBefore <= time && time <= notAfter;
}

function stampOf({ key, shape }: StampSettings, signature: Uint8Array, time: number): Uint8Array {
  const digest = sha256(signature);
  for (;;) {
    const unsigned = fillShape(shape, { digest, time });
    const response = completeShape(shape, unsigned, sign('sha256', unsigned.attributes, key));
    if (response !== undefined) return response;
  }
}
