/** Runs one test file for longer than `npm test` does. */
import { parseArgs } from 'node:util';

/**
 * Becomes vitest on that one file.
 * @param {string} file from the root of the repository
 * @param {Record<string, string>} variables options of ours, each a whole number, and the variables in which the test
 *   reads them; other arguments are handed on to vitest
 */
export async function runLongTest(file, variables) {
  const { tokens } = parseArgs({
    options: Object.fromEntries(Object.keys(variables).map((name) => [name, { type: 'string' }])),
    strict: false,
    tokens: true,
  });
  const handedOn = process.argv.slice(2);
  for (const token of tokens.toReversed()) {
    if (token.kind !== 'option') continue;
    const variable = variables[token.name];
    if (variable === undefined) continue;
    if (!/^[1-9][0-9]{0,9}$/.test(token.value ?? '')) {
      process.stderr.write(`--${token.name} takes a whole number of 1 or more\n`);
      process.exit(2);
    }
    process.env[variable] = token.value;
    handedOn.splice(token.index, token.inlineValue ? 1 : 2);
  }

  const vitest = new URL('../node_modules/vitest/vitest.mjs', import.meta.url);
  process.argv.splice(1, Number.POSITIVE_INFINITY, vitest.pathname, 'run', '--config', 'test/vitest.config.ts');
  process.argv.push(file, ...handedOn);
  await import(vitest.href);
}
