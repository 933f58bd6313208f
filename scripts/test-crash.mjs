/** The crash test alone, as long as wanted: `npm run test:crash -- [--cycles N] [--seed S] [vitest's own arguments]`. */
import { parseArgs } from 'node:util';

/** Options of ours, and the variables in which the test reads them. */
const VARIABLES = { cycles: 'COUNTERSIGN_CRASH_CYCLES', seed: 'COUNTERSIGN_CRASH_SEED' };

const { tokens } = parseArgs({
  options: { cycles: { type: 'string' }, seed: { type: 'string' } },
  strict: false,
  tokens: true,
});
const handedOn = process.argv.slice(2);
for (const token of tokens.toReversed()) {
  if (token.kind !== 'option' || !(token.name === 'cycles' || token.name === 'seed')) continue;
  if (!/^[1-9][0-9]{0,9}$/.test(token.value ?? '')) {
    process.stderr.write(`--${token.name} takes a whole number of 1 or more\n`);
    process.exit(2);
  }
  process.env[VARIABLES[token.name]] = token.value;
  handedOn.splice(token.index, token.inlineValue ? 1 : 2);
}

const vitest = new URL('../node_modules/vitest/vitest.mjs', import.meta.url);
process.argv.splice(1, Number.POSITIVE_INFINITY, vitest.pathname, 'run', '--config', 'test/vitest.config.ts');
process.argv.push('test/server/crash.test.ts', ...handedOn);
await import(vitest.href);
