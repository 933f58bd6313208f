/** `npm run scenario -- [NAME|all] [--format text|json]`: runs incidents against a real log, and tells them. */
import { parseArgs } from 'node:util';
import { Account, type Check, type Event, holds } from './account.ts';
import { SCENARIOS } from './scenarios.ts';

const { values, positionals } = parseArgs({
  options: { format: { type: 'string', default: 'text' } },
  allowPositionals: true,
});
const [name, ...more] = positionals;
const chosen = name === 'all' ? SCENARIOS : SCENARIOS.filter((scenario) => scenario.name === name);
if (name === undefined || chosen.length === 0 || more.length > 0 || !['text', 'json'].includes(values.format)) {
  const width = Math.max(...SCENARIOS.map((scenario) => scenario.name.length));
  const lines = SCENARIOS.map((scenario) => `  ${scenario.name.padEnd(width)}  ${scenario.title}`);
  process.stderr.write(
    `npm run scenario -- NAME [--format json], with one of these names, or all:\n${lines.join('\n')}\n`,
  );
  process.exit(name === undefined ? 0 : 2);
}

const asJson = values.format === 'json';
const checks: Check[] = [];
for (const scenario of chosen) {
  if (!asJson) process.stdout.write(`${scenario.title}\n\n`);
  const account = new Account(asJson ? undefined : tell);
  await scenario.run(account);
  checks.push(...account.checks);
  if (!asJson) process.stdout.write('\n');
}
const wrong = checks.filter((check) => !holds(check));
if (asJson) process.stdout.write(`${JSON.stringify({ checks }, undefined, 2)}\n`);
else process.stdout.write(`${checks.length - wrong.length} of ${checks.length} checks hold.\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;

function tell(entry: Event | Check): void {
  if ('text' in entry) {
    process.stdout.write(`${new Date(entry.time * 1000).toISOString().slice(0, 19)}Z  ${entry.text}\n`);
    return;
  }
  const outcome = holds(entry)
    ? `ok    ${entry.name}: ${shown(entry.actual)}`
    : `WRONG ${entry.name}: ${shown(entry.actual)}, where ${shown(entry.expected)} is expected`;
  process.stdout.write(`                      ${outcome}\n`);
}

function shown(value: Check['actual']): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
