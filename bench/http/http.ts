/** End to end: the real server, unique signed submissions over HTTP, every returned proof verified after the run. */

import type { Section } from '../report.ts';
import { aimsSection } from './aims.ts';
import { type ClosedPlan, closedSection, measureCapacity, shareOf } from './closed-loop.ts';
import { type KneePlan, kneeSection, measureKnees } from './http-knee.ts';
import { LoadGenerator } from './load.ts';
import { halfLoadP99, measureOpenLoops, type OpenPlan, openSection } from './open-loop.ts';
import { measureReadBack, type ReadBackPlan } from './read-back.ts';
import { makeLogFolder, startServer } from './server.ts';
import { Yardsticks } from './yardsticks.ts';

interface Plan {
  /** Of each yardstick, between any two closed loops. */
  yardstickSeconds: number;
  closed: ClosedPlan;
  open: OpenPlan;
  knee: KneePlan;
  readBack: ReadBackPlan;
}

const PLANS: Record<'quick' | 'full', Plan> = {
  quick: {
    yardstickSeconds: 1,
    closed: { rounds: 1, warmUpSeconds: 0.5, seconds: 1 },
    open: { rounds: 1, seconds: 2 },
    knee: { seconds: 1, steps: 3 },
    readBack: { inclusions: 500, checkpoints: 20, bundles: 10 },
  },
  full: {
    yardstickSeconds: 1,
    closed: { rounds: 3, warmUpSeconds: 1, seconds: 3 },
    open: { rounds: 3, seconds: 5 },
    knee: { seconds: 4, steps: 7 },
    readBack: { inclusions: 5_000, checkpoints: 500, bundles: 200 },
  },
};

export async function benchHttp({ quick }: { quick: boolean }): Promise<Section[]> {
  const plan = PLANS[quick ? 'quick' : 'full'];
  const yardsticks = await Yardsticks.start(plan.yardstickSeconds);
  const folder = makeLogFolder();
  const server = await startServer(folder);
  const generator = new LoadGenerator();
  try {
    const capacity = await measureCapacity(generator, server, yardsticks, plan.closed);
    await yardsticks.close();
    const open = await measureOpenLoops(generator, server, capacity, plan.open);
    const knees = await measureKnees(generator, server, capacity, plan.knee);
    generator.close();
    const readBack = await measureReadBack(server, plan.readBack);
    return [
      closedSection(capacity),
      openSection(open),
      kneeSection(knees),
      readBack,
      aimsSection({
        singleShare: shareOf(capacity, 'dsse', 'openssl'),
        batchShare: higher(shareOf(capacity, 'dsse-ndjson', 'openssl'), shareOf(capacity, 'dsse-msgpack', 'openssl')),
        digestShare: shareOf(capacity, 'digest', 'digestVerifier'),
        halfLoadMilliseconds: halfLoadP99(open),
      }),
    ];
  } finally {
    generator.close();
    await yardsticks.close();
    await server.stop();
    folder.remove();
  }
}

function higher(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b);
}
