/**
 * Growth: whether throughput, latency, what is written and how long a start takes stay as they are while a log grows.
 * All through the real server; every answer is verified.
 */

import { GrowingLog } from './growing-log.ts';
import { GrowthPlan, growthPoints } from './growth-plan.ts';
import { growthSections, type LogState, type PointFigures } from './growth-report.ts';
import type { LoadResult } from './load.ts';
import { verificationsPerSecond } from './openssl.ts';
import { middle } from './outcomes.ts';
import type { Section } from './report.ts';

const EFFORT = {
  quick: { windows: 1, windowSeconds: 2, singlesSeconds: 2, restarts: 1, opensslSeconds: 1 },
  full: { windows: 3, windowSeconds: 5, singlesSeconds: 6, restarts: 3, opensslSeconds: 1 },
};
/** Single submissions arriving per second: well below what the server can take, so that waiting in line counts little. */
const SINGLES_PER_SECOND = 500;

/** Milliseconds after which no further size is begun: some minutes, and a slow machine's time for every entry. */
export function growthDeadline(entries: number): number {
  return 900_000 + entries * 0.8;
}

export async function benchGrowth({ quick, entries }: { quick: boolean; entries: number }): Promise<Section[]> {
  const effort = EFFORT[quick ? 'quick' : 'full'];
  const plan = new GrowthPlan(growthPoints(entries), effort.windows);
  const figures = new Map(plan.points.map((point): [number, PointFigures] => [point, { singles: [], windows: [] }]));
  const fills: LoadResult[] = [];
  const states: LogState[] = [];
  const started = Date.now();
  const isLate = () => Date.now() - started > growthDeadline(entries);

  /** Takes one new log through the points that still want windows. */
  const growOne = async (limit: number) => {
    const log = await GrowingLog.start();
    try {
      let size = 0;
      for (let point = plan.next(size, limit); point !== undefined && !isLate(); point = plan.next(size, limit)) {
        const figure = figures.get(point)!;
        // The singles are the last entries before the point, and the server's warm-up where the log is small.
        fills.push(...(await log.fillTo(point - SINGLES_PER_SECOND * effort.singlesSeconds)));
        figure.singles.push(await log.singles(SINGLES_PER_SECOND, effort.singlesSeconds));
        size = await log.size();
        while (plan.wants(point, size) && !isLate()) {
          const openssl = await verificationsPerSecond(effort.opensslSeconds);
          const window = await log.batches(effort.windowSeconds);
          figure.windows.push({ ...window, openssl });
          plan.measured(point);
          size = await log.size();
        }
        if (!states.some(({ entries }) => isNear(entries, size))) states.push(await stateOf(log, effort.restarts));
        say(`${point.toLocaleString('en')} entries: ${rates(figure)} entries/s`);
      }
    } finally {
      await log.close();
    }
  };

  const smallest = await GrowingLog.start();
  try {
    fills.push(...(await smallest.fillTo(plan.points[0]!)));
    states.push(await stateOf(smallest, effort.restarts));
  } finally {
    await smallest.close();
  }
  // A small log before and after the large one, so that a machine that got slower is not taken for growth.
  await growOne(plan.points[0]!);
  while (plan.next(0) !== undefined && !isLate()) await growOne(entries);
  return growthSections({
    points: plan.points,
    figures,
    states,
    fills,
    singlesPerSecond: SINGLES_PER_SECOND,
    isCutShort: isLate(),
  });
}

/** @param restarts of which the median counts */
async function stateOf(log: GrowingLog, restarts: number): Promise<LogState> {
  const [entries, bytes] = [await log.size(), log.bytesOnDisk()];
  const starts: number[] = [];
  for (let i = 0; i < restarts; i++) starts.push(await log.restart());
  return { entries, bytes, startMilliseconds: middle(starts, (start) => start) };
}

/** Whether two sizes differ by less than would show in what grows with the logarithm. */
function isNear(a: number, b: number): boolean {
  return Math.max(a, b) < 1.5 * Math.min(a, b);
}

function rates({ windows }: PointFigures): string {
  return windows.map(({ result }) => Math.round(result.perSecond).toLocaleString('en')).join(', ');
}

/** A run takes long: what is reached meanwhile, for the person who waits. */
function say(line: string): void {
  process.stderr.write(`growth: ${line}\n`);
}
