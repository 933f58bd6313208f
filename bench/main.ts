/**
 * `npm run bench -- [--quick] [--only core,http,doors,peers,stamps,growth,gate,witness] [--entries N] [--rekor-tiles PATH] [--json [FILE]] [--plot [FILE]] [--markdown FILE]`:
 * the project's figures on this machine. The runs growth and gate take many minutes and are only made where they are
 * asked for; N is the size that their log grows to. PATH is a server of rekor-tiles, to be measured beside ours.
 * Tables go to stdout; `--json` sends JSON there and the tables to stderr. `--plot` draws the core's figures.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { benchCore, type Result } from './core/core.ts';
import { plotResults } from './core/plot.ts';
import { benchDoors } from './doors/doors.ts';
import { benchGate } from './gate/gate.ts';
import { benchGrowth, growthDeadline } from './growth/growth.ts';
import { benchHttp } from './http/http.ts';
import type { Effort } from './measure.ts';
import { benchPeers } from './peers/peers.ts';
import { formatMarkdown, formatSection, type Section } from './report.ts';
import { benchStamps } from './stamps.ts';
import { benchWitness } from './witness/witness.ts';

const BY_DEFAULT = ['core', 'http'];
const SECTIONS = [...BY_DEFAULT, 'doors', 'peers', 'stamps', 'growth', 'gate', 'witness'];
/** Longer than any run on a machine that works. */
const DEADLINE_MS = { quick: 120_000, full: 900_000 };

/** Other logs are built before they are measured. */
const BUILD_MS = 300_000;

const { values } = parseArgs({
  args: withDefaults(process.argv.slice(2), { '--json': '-', '--plot': 'bench-core.svg' }),
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    entries: { type: 'string', default: '1e6' },
    'rekor-tiles': { type: 'string' },
    json: { type: 'string' },
    plot: { type: 'string' },
    markdown: { type: 'string' },
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
  DEADLINE_MS[quick ? 'quick' : 'full'] +
    (chosen.includes('growth') || chosen.includes('gate') ? growthDeadline(entries) : 0) +
    (chosen.includes('peers') ? BUILD_MS : 0),
);

const tables = values.json === '-' ? process.stderr : process.stdout;
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  node: process.versions.node,
};
const machineText = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}`;
tables.write(`${machineText}\n`);

const effort: Effort = quick ? { rounds: 3, milliseconds: 10 } : { rounds: 9, milliseconds: 25 };
const sections: Section[] = [];
const results: Result[] = [];
for (const name of chosen) {
  for (const section of await run(name)) {
    sections.push(section);
    tables.write(`${formatSection(section)}\n`);
  }
}
clearTimeout(deadline);
if (values.json !== undefined) {
  const json = `${JSON.stringify({ machine, quick, results, sections }, null, 2)}\n`;
  if (values.json === '-') process.stdout.write(json);
  else writeFileSync(values.json, json);
}
if (values.plot !== undefined) writeFileSync(values.plot, plotResults(results, `Nanoseconds, on ${machineText}`));
if (values.markdown !== undefined) writeFileSync(values.markdown, formatMarkdown(machineText, sections));

async function run(name: string): Promise<Section[]> {
  if (name === 'growth') return benchGrowth({ quick, entries });
  if (name === 'gate') return benchGate({ quick, entries });
  if (name === 'witness') return benchWitness({ quick });
  if (name === 'doors') return benchDoors({ quick });
  if (name === 'http') return benchHttp({ quick });
  if (name === 'peers') return benchPeers({ quick, rekorTiles: values['rekor-tiles'] });
  if (name === 'stamps') return benchStamps(effort);
  const core = await benchCore(effort);
  results.push(...core.results);
  return core.sections;
}

/** Flags that may come without their value. */
function withDefaults(args: string[], defaults: Record<string, string>): string[] {
  return args.flatMap((arg, i) => {
    const value = defaults[arg];
    const next = args[i + 1];
    return value !== undefined && (next === undefined || next.startsWith('--')) ? [arg, value] : [arg];
  });
}

function fail(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
