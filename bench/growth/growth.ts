/**
 * Growth: whether throughput, latency, what is written and how long a start takes stay as they are while a log grows.
 * All through the real server; every answer is verified.
 */

import type { LoadResult } from '../http/load.ts';
import { verificationsPerSecond } from '../http/openssl.ts';
import { middle } from '../http/outcomes.ts';
import type { Section } from '../report.ts';
import { GrowingLog } from './growing-log.ts';
import { GrowthPlan, growthPoints } from './growth-plan.ts';
import { type GrowthWindow, growthSections, type LogState, type PointFigures } from './growth-report.ts';

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
  const [smallest, ...points] = growthPoints(entries) as [number, ...number[]];
  const plan = new GrowthPlan(points, effort.windows);
  const figures = new Map([smallest, ...points].map((point): [number, PointFigures] => [point, newFigures()]));
  const fills: LoadResult[] = [];
  const states: LogState[] = [];
  const started = Date.now();
  const isLate = () => Date.now() - started > growthDeadline(entries);

  /** Grows the log to the point, the last entries of which are singles: the warm-up, where the log is small. */
  const reach = async (log: GrowingLog, point: number) => {
    fills.push(...(await log.fillTo(point - SINGLES_PER_SECOND * effort.singlesSeconds)));
    figures.get(point)!.singles.push(await log.singles(SINGLES_PER_SECOND, effort.singlesSeconds));
  };
  const measure = async (log: GrowingLog, point: number): Promise<GrowthWindow> => {
    const openssl = await verificationsPerSecond(effort.opensslSeconds);
    const window = { ...(await log.batches(effort.windowSeconds)), openssl };
    figures.get(point)!.windows.push(window);
    return window;
  };
  /** Entries per second at the smallest size, on a log of its own. */
  const measureSmallest = async (): Promise<number> => {
    const log = await GrowingLog.start();
    try {
      await reach(log, smallest);
      return (await measure(log, smallest)).result.perSecond;
    } finally {
      await log.close();
    }
  };
  /** Takes one new log through the points that still want windows. */
  const growOne = async () => {
    const log = await GrowingLog.start();
    try {
      let size = 0;
      for (let point = plan.next(size); point !== undefined && !isLate(); point = plan.next(size)) {
        await reach(log, point);
        size = await log.size();
        while (plan.wants(point, size) && !isLate()) {
          const reference = await measureSmallest();
          const window = await measure(log, point);
          window.reference = reference;
          plan.measured(point);
          size = await log.size();
          say(point, window);
        }
        if (!states.some((state) => isNear(state.entries, size))) states.push(await stateOf(log, effort.restarts));
      }
    } finally {
      await log.close();
    }
  };
  const small = await GrowingLog.start();
  try {
    fills.push(...(await small.fillTo(smallest)));
    states.push(await stateOf(small, effort.restarts));
  } finally {
    await small.close();
  }
  if (points.length === 0) await measureSmallest();
  while (plan.next(0) !== undefined && !isLate()) await growOne();
  const all = [smallest, ...points];
  return growthSections({
    points: all,
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

function newFigures(): PointFigures {
  return { singles: [], windows: [] };
}

/** A run takes long: what is reached meanwhile, for the person who waits. */
function say(point: number, { result, reference }: GrowthWindow): void {
  const rate = (perSecond = 0) => Math.round(perSecond).toLocaleString('en');
  const beside = `beside ${rate(reference)} on a small log`;
  process.stderr.write(`growth: ${rate(result.perSecond)} entries/s at ${rate(point)} entries, ${beside}\n`);
}
