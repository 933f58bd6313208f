/** The P-256 test alone: `npm run test:p256 -- [--signatures N] [--seed S] [vitest's own arguments]`; 100,000 of them. */
import { runLongTest } from './long-test.mjs';

process.env.COUNTERSIGN_P256_SIGNATURES ??= '100000';
await runLongTest('test/log/native/native-p256-digest.test.ts', {
  signatures: 'COUNTERSIGN_P256_SIGNATURES',
  seed: 'COUNTERSIGN_P256_SEED',
});
