import { defineConfig } from 'vitest/config';

const MINUTE = 60_000;

/** One file at a time, since each has a server and a judge of its own; time for builds and downloads on the first run. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/foreign/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 5 * MINUTE,
    hookTimeout: 15 * MINUTE,
    teardownTimeout: MINUTE,
    // Says why a test was skipped.
    reporters: ['verbose'],
  },
});
