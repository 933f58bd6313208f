/** Periods of validity as Sigstore's trusted roots write them (protobuf-specs `TimeRange`; protobuf JSON, RFC 3339). */
import { LogError } from '../../core/errors.ts';
import { isObject } from '../encoding/members.ts';

/** Seconds since 1970, fractions kept. Both ends belong to it. */
export interface TimeRange {
  readonly start: number;
  /** Undefined where it has not ended. */
  readonly end: number | undefined;
}

const CODE = 'malformed_trusted_root';
const TIMESTAMP = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/** True from the first to the last moment, both included. */
export function isWithin({ start, end }: TimeRange, seconds: number): boolean {
  return seconds >= start && (end === undefined || seconds <= end);
}

/**
 * Reads a period. Without a start nothing says that it has begun, so it must be there.
 * @throws LogError malformed_trusted_root
 */
export function readTimeRange(value: unknown, at: string): TimeRange {
  if (!isObject(value) || value.start === undefined || value.start === null) {
    throw new LogError(CODE, 'a period of validity must have a start', { at });
  }
  const start = readTimestamp(value.start, `${at}.start`);
  const end = value.end === undefined || value.end === null ? undefined : readTimestamp(value.end, `${at}.end`);
  if (end !== undefined && end < start) throw new LogError(CODE, 'a period of validity ends before it starts', { at });
  return { start, end };
}

function readTimestamp(value: unknown, at: string): number {
  const [, moment, fraction = '', zone = ''] = (typeof value === 'string' && TIMESTAMP.exec(value)) || [];
  const whole = Date.parse(`${moment}Z`) / 1000;
  // The engine turns the 30th of February into a day of March.
  if (moment === undefined || Number.isNaN(whole) || new Date(whole * 1000).toISOString() !== `${moment}.000Z`) {
    throw new LogError(CODE, 'a time is not of the form 2026-01-31T12:00:00Z', { at });
  }
  return whole - offsetOf(zone) + Number(`0${fraction}`);
}

/** Seconds by which a zone's clock is ahead. */
function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const [, sign, hours, minutes] = /^(.)(..):(..)$/.exec(zone)!;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}
