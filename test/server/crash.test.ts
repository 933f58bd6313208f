/** The promise under SIGKILL: what was acknowledged stays, at its index, under every checkpoint that was ever shown. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CRASH_POINTS } from '../../src/log/crash-points.ts';
import { type CrashReport, runCrashCycles } from './crash-cycles.ts';
import { Http } from './http.ts';
import { Oracle } from './oracle.ts';
import { randomFrom } from './random.ts';
import { launch, start, useServers } from './running-server.ts';
import { signedArtifact, signedStatement } from './signed.ts';

/** Set by `npm run test:crash -- --cycles N --seed S`. */
const cycles = Number(process.env.COUNTERSIGN_CRASH_CYCLES ?? 36);
const seed = Number(process.env.COUNTERSIGN_CRASH_SEED ?? Date.now() % 2 ** 31);

/** Logs that are killed side by side, each on a directory of its own. */
const LANES = 2;

const { place } = useServers();

describe('a server that is killed', () => {
  it(
    `keeps its promise over ${cycles} crashes`,
    async () => {
      const shares = Array.from({ length: LANES }, (_, lane) => Math.floor((cycles + lane) / LANES));
      const reports = await Promise.all(shares.map((share, lane) => runCrashCycles(place(), share, seed + lane)));
      process.stdout.write(`${summaryOf(reports)}\n`);
      expect(reports.flatMap(({ violations }) => violations)).toEqual([]);
      const neverHit = CRASH_POINTS.filter((point) => reports.every(({ deaths }) => deaths[point] === 0));
      expect(cycles >= 2 * CRASH_POINTS.length ? neverHit : []).toEqual([]);
    },
    30_000 + cycles * 5_000,
  );
});

function summaryOf(reports: CrashReport[]): string {
  const sum = (count: (report: CrashReport) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  const points = CRASH_POINTS.map((point) => `${point} ${sum(({ deaths }) => deaths[point])}`).join(', ');
  return (
    `crash test, seed ${seed}: ${sum((report) => report.cycles)} cycles, ` +
    `${sum(({ randomDeaths }) => randomDeaths)} at random, ${points}; ` +
    `${sum(({ acknowledged }) => acknowledged)} acknowledged, ${sum(({ checkpoints }) => checkpoints)} checkpoints, ` +
    `${sum(({ size }) => size)} entries, ${sum(({ violations }) => violations.length)} violations`
  );
}

describe('the oracle of the crash test', () => {
  it('notices a log that was rolled back', async () => {
    const log = place();
    let server = await start(log);
    const oracle = new Oracle(server, randomFrom(1));
    let http = new Http(server.url);
    const first = signedArtifact();
    oracle.acknowledge(first, await http.log(first));
    await server.process.stop();
    const copy = place();
    cpSync(log.data, copy.data, { recursive: true });

    server = await start(log);
    http = new Http(server.url);
    for (const signed of [signedArtifact(), signedStatement().whole]) {
      oracle.acknowledge(signed, await http.log(signed));
    }
    await oracle.inspect(server.url);
    await server.process.stop();
    expect(oracle.violations).toEqual([]);

    // The copy is a development log that has lost its anchor, so nothing keeps it from going on.
    rmSync(log.anchor);
    server = await start(copy);
    http = new Http(server.url);
    const another = signedArtifact();
    oracle.acknowledge(another, await http.log(another));
    await oracle.inspect(server.url);
    expect(oracle.violations).toEqual(
      expect.arrayContaining([
        'index 2 has two contents',
        'two roots were signed for size 3',
        'the newest checkpoint went back from size 4 to 3',
        'acknowledged entry 3 is missing',
      ]),
    );
  });
});

describe('a server that is killed while it creates its log', () => {
  it('is not in its own way at the next start', async () => {
    const random = randomFrom(seed);
    for (let attempt = 0; attempt < cycles / 20; attempt++) {
      const log = place();
      const creating = launch(log);
      while (!existsSync(join(log.data, 'keys', 'checkpoint.key'))) await sleep(1);
      await sleep(random.below(25));
      await creating.kill();
      const server = await start(log);
      expect(server.size).toBe(1);
      await server.process.kill();
    }
  });
});
