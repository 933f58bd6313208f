/** `npm run scenario -- [NAME | all] [--format text|json]`; without a name, what there is. Exit 1 where a check fails, 2 for a wrong call. */
import { parseArgs } from 'node:util';
import { runScenarios } from './run.ts';

const { values, positionals } = parseArgs({
  options: { format: { type: 'string', default: 'text' } },
  allowPositionals: true,
});
process.exitCode = await runScenarios(positionals, values.format, {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
