/** A log that is killed over and over: at each named point, while it starts, and whenever it may be. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CRASH_POINTS, type CrashPoint } from '../../src/log/crash-points.ts';
import { Http } from './http.ts';
import { putUnderLoad } from './load.ts';
import { Oracle } from './oracle.ts';
import { type Random, randomFrom } from './random.ts';
import { launch, type Place, type RunningServer, run, start } from './running-server.ts';
import { type Signed, signedArtifact } from './signed.ts';

/** How one cycle ends: at a named point, at some moment under load, or at some moment while the server starts. */
export type Death = { at: CrashPoint; time: number } | { underLoad: number } | { whileStarting: number };

export interface CrashReport {
  cycles: number;
  /** How often the server died at each point; the process itself did it, nobody else sent it a signal. */
  deaths: Record<CrashPoint, number>;
  randomDeaths: number;
  acknowledged: number;
  checkpoints: number;
  size: number;
  violations: string[];
}

/** Before this time a point is passed by the start itself, and by the entry that shows that the server accepts again. */
const FIRST_TIME = 4;
/** Milliseconds in which a point must be reached under load. */
const PATIENCE = 10_000;
const CYCLES_PER_FSCK = 10;

/** Every third death is at random; the others go through the named points in turn. */
function planDeaths(cycles: number, random: Random): Death[] {
  const offset = random.below(CRASH_POINTS.length);
  return Array.from({ length: cycles }, (_, cycle): Death => {
    const at = CRASH_POINTS[(offset + cycle - Math.floor(cycle / 3)) % CRASH_POINTS.length]!;
    if (cycle % 3 < 2) return { at, time: FIRST_TIME + random.below(12) };
    return cycle % 12 === 11 ? { whileStarting: random.below(600) } : { underLoad: random.below(250) };
  });
}

/** Runs the cycles one after the other on one directory. */
export async function runCrashCycles(place: Place, cycles: number, seed: number): Promise<CrashReport> {
  const random = randomFrom(seed);
  const deaths = planDeaths(cycles, random);
  let server = await start(place);
  const oracle = new Oracle(server, random);
  const report: CrashReport = {
    cycles: 0,
    deaths: Object.fromEntries(CRASH_POINTS.map((point) => [point, 0])) as Record<CrashPoint, number>,
    randomDeaths: 0,
    acknowledged: 0,
    checkpoints: 0,
    size: 0,
    violations: oracle.violations,
  };
  const earlier: Signed[] = [];
  await server.process.kill();

  for (const death of deaths) {
    if ('whileStarting' in death) {
      const starting = launch(place);
      await sleep(death.whileStarting);
      await starting.kill();
      report.randomDeaths++;
    } else {
      const env: Record<string, string> = 'at' in death ? { COUNTERSIGN_CRASH_AT: `${death.at}:${death.time}` } : {};
      server = await start(place, { env });
      await oracle.inspect(server.url);
      await acceptAnother(server, oracle);
      await die(server, death, { oracle, random, earlier, report });
    }
    report.cycles++;
    if (report.cycles % CYCLES_PER_FSCK === 0) await check(place, oracle);
  }

  server = await start(place);
  await oracle.inspect(server.url);
  await acceptAnother(server, oracle);
  const { code, stderr } = await server.process.stop();
  if (code !== 0) oracle.violations.push(`the server ended with ${code} when it was asked to stop: ${stderr}`);
  report.size = await check(place, oracle);
  return { ...report, acknowledged: oracle.acknowledged, checkpoints: oracle.checkpoints };
}

interface Cycle {
  oracle: Oracle;
  random: Random;
  earlier: Signed[];
  report: CrashReport;
}

async function die(
  { process, url }: RunningServer,
  death: Exclude<Death, { whileStarting: number }>,
  { oracle, random, earlier, report }: Cycle,
): Promise<void> {
  const over = new AbortController();
  const load = putUnderLoad({ url, oracle, random, earlier, until: over.signal });
  if ('underLoad' in death) {
    await sleep(death.underLoad);
    await process.kill();
    report.randomDeaths++;
  } else {
    const exit = await Promise.race([process.exited, sleep(PATIENCE, undefined, { ref: false })]);
    if (exit?.signal === 'SIGKILL') report.deaths[death.at]++;
    else {
      oracle.violations.push(
        `the server did not die at ${death.at}: ${exit?.code ?? 'still running'} ${process.stderr}`,
      );
      await process.kill();
    }
  }
  over.abort();
  await load;
}

async function acceptAnother({ url }: RunningServer, oracle: Oracle): Promise<void> {
  const http = new Http(url);
  const signed = signedArtifact();
  try {
    oracle.acknowledge(signed, await http.log(signed));
  } catch (error) {
    oracle.violations.push(`the server does not accept again: ${error}`);
  } finally {
    http.close();
  }
}

async function check(place: Place, oracle: Oracle): Promise<number> {
  const { code, stdout, stderr } = await run('fsck', '--data', place.data, '--format', 'jsonl');
  if (code !== 0) oracle.violations.push(`fsck ended with ${code}: ${stdout} ${stderr}`);
  return (JSON.parse(stdout) as { size: number }).size;
}
