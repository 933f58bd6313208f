/** The crash test alone, as long as wanted: `npm run test:crash -- [--cycles N] [--seed S] [vitest's own arguments]`. */
import { runLongTest } from './long-test.mjs';

await runLongTest('test/server/crash.test.ts', { cycles: 'COUNTERSIGN_CRASH_CYCLES', seed: 'COUNTERSIGN_CRASH_SEED' });
