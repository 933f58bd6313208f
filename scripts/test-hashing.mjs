/** The hashing of tree nodes alone: `npm run test:hashing -- [--nodes N] [vitest's own arguments]`; 100,000,000 of them. */
import { runLongTest } from './long-test.mjs';

process.env.COUNTERSIGN_HASHED_NODES ??= '100000000';
await runLongTest('test/core/node-hasher.test.ts', { nodes: 'COUNTERSIGN_HASHED_NODES' });
