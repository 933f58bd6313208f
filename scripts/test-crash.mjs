/** The crash test alone, with as many cycles as wanted: `npm run test:crash -- --cycles N [vitest's own arguments]`. */
import { parseArgs } from 'node:util';

const { values, tokens } = parseArgs({ options: { cycles: { type: 'string' } }, strict: false, tokens: true });
const { cycles } = values;
if (cycles !== undefined && !/^[1-9][0-9]*$/.test(String(cycles))) {
  process.stderr.write('--cycles takes a number of 1 or more\n');
  process.exit(2);
}
if (typeof cycles === 'string') process.env.COUNTERSIGN_CRASH_CYCLES = cycles;

const handedOn = process.argv.slice(2);
const option = tokens.find((token) => token.kind === 'option' && token.name === 'cycles');
if (option?.kind === 'option') handedOn.splice(option.index, option.inlineValue ? 1 : 2);
const vitest = new URL('../node_modules/vitest/vitest.mjs', import.meta.url);
process.argv.splice(1, Number.POSITIVE_INFINITY, vitest.pathname, 'run', '--config', 'test/vitest.config.ts');
process.argv.push('test/crash/', ...handedOn);
await import(vitest.href);
