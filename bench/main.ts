/**
 * `npm run bench -- [--quick] [--only hashing,append,proofs,http,growth] [--entries N] [--json FILE]`: the project's
 * figures on this machine. The growth run takes many minutes and is only made where it is asked for; N is the size that
 * its log grows to.
 * Tables go to stdout; `--json -` sends JSON there and the tables to stderr.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { benchAppend } from './append.ts';
import { benchGrowth, growthDeadline } from './growth.ts';
import { benchHashing } from './hashing.ts';
import { benchHttp } from './http.ts';
import type { Effort } from './measure.ts';
import { benchProofs } from './proofs.ts';
import { formatSection, type Section } from './report.ts';

const BY_DEFAULT = ['hashing', 'append', 'proofs', 'http'];
const SECTIONS = [...BY_DEFAULT, 'growth'];
/** Longer than any run on a machine that works. */
const DEADLINE_MS = { quick: 120_000, full: 900_000 };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    entries: { type: 'string', default: '1e6' },
    json: { type: 'string' },
  },
});
const { quick } = values;
const chosen = values.only?.split(',') ?? BY_DEFAULT;
const unknown = chosen.find((name) => !SECTIONS.includes(name));
if (unknown !== undefined) fail(2, `--only takes ${SECTIONS.join(', ')}`);
const entries = Number(values.entries);
if (!Number.isSafeInteger(entries) || entries < 10_000) fail(2, '--entries takes a number of 10,000 or more');

// Ending through process.exit lets the server that is being measured be ended with it.
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
const deadline = setTimeout(
  () => fail(1, 'the benchmark did not come to an end'),
  DEADLINE_MS[quick ? 'quick' : 'full'] + (chosen.includes('growth') ? growthDeadline(entries) : 0),
);

const tables = values.json === '-' ? process.stderr : process.stdout;
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  node: process.versions.node,
};
tables.write(
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}\n`,
);

const effort: Effort = quick ? { rounds: 3, milliseconds: 10 } : { rounds: 9, milliseconds: 25 };
const sections: Section[] = [];
for (const name of chosen) {
  for (const section of await run(name)) {
    sections.push(section);
    tables.write(`${formatSection(section)}\n`);
  }
}
clearTimeout(deadline);
if (values.json !== undefined) {
  const json = `${JSON.stringify({ machine, quick, sections }, null, 2)}\n`;
  if (values.json === '-') process.stdout.write(json);
  else writeFileSync(values.json, json);
}

async function run(name: string): Promise<Section[]> {
  switch (name) {
    case 'hashing':
      return [benchHashing(effort)];
    case 'append':
      return [benchAppend(effort)];
    case 'proofs':
      return [benchProofs(effort)];
    case 'growth':
      return benchGrowth({ quick, entries });
    default:
      return benchHttp({ quick });
  }
}

function fail(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
