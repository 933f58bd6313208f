/** The policy fuzz alone: `npm run test:policy-fuzz -- [--runs N] [--seed S] [vitest's own arguments]`; 100,000 of each. */
import { runLongTest } from './long-test.mjs';

process.env.COUNTERSIGN_POLICY_RUNS ??= '100000';
await runLongTest('test/evidence/policy/fuzz.test.ts', {
  runs: 'COUNTERSIGN_POLICY_RUNS',
  seed: 'COUNTERSIGN_POLICY_SEED',
});
