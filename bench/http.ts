/** End to end: the real server, unique signed submissions over HTTP, every returned proof verified after the run. */
import { aimsSection } from './aims.ts';
import { type ClosedPlan, closedSection, measureCapacity } from './closed-loop.ts';
import { type KneePlan, kneeSection, measureKnees } from './http-knee.ts';
import { LoadGenerator } from './load.ts';
import { halfLoadP99, measureOpenLoops, type OpenPlan, openSection } from './open-loop.ts';
import { rateOf } from './outcomes.ts';
import { measureReadBack, type ReadBackPlan } from './read-back.ts';
import type { Section } from './report.ts';
import { makeLogFolder, startServer } from './server.ts';
import { describeYardsticks, measureYardsticks } from './yardsticks.ts';

interface Plan {
  /** Of each yardstick, before and after. */
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
    yardstickSeconds: 3,
    closed: { rounds: 3, warmUpSeconds: 1, seconds: 3 },
    open: { rounds: 3, seconds: 5 },
    knee: { seconds: 4, steps: 7 },
    readBack: { inclusions: 5_000, checkpoints: 500, bundles: 200 },
  },
};

export async function benchHttp({ quick }: { quick: boolean }): Promise<Section[]> {
  const plan = PLANS[quick ? 'quick' : 'full'];
  const before = await measureYardsticks(plan.yardstickSeconds);
  const folder = makeLogFolder();
  const server = await startServer(folder);
  const generator = new LoadGenerator();
  try {
    const capacity = await measureCapacity(generator, server, plan.closed);
    // Right after what they are compared with: the machine varies within minutes.
    const after = await measureYardsticks(plan.yardstickSeconds);
    const open = await measureOpenLoops(generator, server, capacity, plan.open);
    const knees = await measureKnees(generator, server, capacity, plan.knee);
    generator.close();
    const readBack = await measureReadBack(server, plan.readBack);
    const reached = {
      ...describeYardsticks(before, after),
      single: rateOf(capacity.get('dsse')!),
      batch: Math.max(rateOf(capacity.get('dsse-ndjson')!), rateOf(capacity.get('dsse-msgpack')!)),
      digestSingle: rateOf(capacity.get('digest')!),
      halfLoadP99: halfLoadP99(open),
    };
    return [
      closedSection(capacity, before, after),
      openSection(open),
      kneeSection(knees),
      readBack,
      aimsSection(reached),
    ];
  } finally {
    generator.close();
    await server.stop();
    folder.remove();
  }
}
