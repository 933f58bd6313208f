/** Time as the HTTP layer sees it, so that tests can set it. */
export interface Clock {
  /** POSIX time in milliseconds. */
  now(): number;
  /** Milliseconds that only ever grow, from an arbitrary start. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
