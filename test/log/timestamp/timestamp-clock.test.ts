import { expect, it } from 'vitest';
import { TimestampClock } from '../../../src/log/timestamp/timestamp-clock.ts';

let now = 0;
const at = (seconds: number) => {
  now = seconds * 1000;
};
const clockOf = (shared: SharedArrayBuffer) => new TimestampClock(shared, () => now);

it('tells whole seconds', () => {
  at(1_790_000_000.999);
  expect(clockOf(new SharedArrayBuffer(8)).time()).toBe(1_790_000_000);
});

it('stands still where the clock is behind by a second', () => {
  const clock = clockOf(new SharedArrayBuffer(8));
  at(100);
  clock.time();
  at(99);
  expect(clock.time()).toBe(100);
});

it('refuses where the clock is behind by two, until it has caught up', () => {
  const clock = clockOf(new SharedArrayBuffer(8));
  at(100);
  clock.time();
  at(98);
  expect(() => clock.time()).toThrow(expect.objectContaining({ code: 'clock_regressed', retryAfter: 5 }));
  at(99);
  expect(clock.time()).toBe(100);
});

it('is never behind what another thread has stamped', () => {
  const shared = new SharedArrayBuffer(8);
  at(100);
  clockOf(shared).time();
  at(99);
  expect(clockOf(shared).time()).toBe(100);
});

it('is never behind what the log has signed', () => {
  const clock = clockOf(new SharedArrayBuffer(8));
  expect(clock.raise(5_000_000_000)).toBe(5_000_000_000);
  at(4_999_999_999);
  expect(clock.time()).toBe(5_000_000_000);
  expect(clock.raise(7)).toBe(5_000_000_000);
});
