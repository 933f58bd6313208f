/**
 * The doors for clients of Rekor beside the native route: the same things signed by the same signers, sent to one
 * server in turn, every answer verified.
 */
import { SINGLE_CLIENTS } from '../http/closed-loop.ts';
import { LoadGenerator } from '../http/load.ts';
import { runOpenLoop } from '../http/open-loop.ts';
import { rateOf } from '../http/outcomes.ts';
import { makeLogFolder, startServer } from '../http/server.ts';
import { SteadyClients } from '../http/steady-clients.ts';
import type { Section } from '../report.ts';
import { doorSections, ROUTES, type RouteRuns } from './doors-report.ts';

interface Plan {
  warmUpSeconds: number;
  closedRounds: number;
  openRounds: number;
  /** Of one run. */
  seconds: number;
}

const PLANS: Record<'quick' | 'full', Plan> = {
  quick: { warmUpSeconds: 0.3, closedRounds: 1, openRounds: 1, seconds: 0.7 },
  full: { warmUpSeconds: 0.5, closedRounds: 3, openRounds: 2, seconds: 1.5 },
};
/** Of what a route takes from clients that wait. */
const OPEN_SHARE = 0.5;

export async function benchDoors({ quick }: { quick: boolean }): Promise<Section[]> {
  const { warmUpSeconds, closedRounds, openRounds, seconds } = PLANS[quick ? 'quick' : 'full'];
  const folder = makeLogFolder();
  const server = await startServer(folder);
  const generator = new LoadGenerator();
  try {
    const routes = ROUTES.map((route) => {
      const clients = new SteadyClients(generator, server, route.form, SINGLE_CLIENTS);
      const runs: RouteRuns = { ...route, closed: [], rate: 0, open: [] };
      return { clients, runs };
    });
    for (const { clients } of routes) await clients.run(warmUpSeconds);
    for (let round = 0; round < closedRounds; round++) {
      for (const { clients, runs } of routes) runs.closed.push(await clients.run(seconds));
    }
    for (const { runs } of routes) runs.rate = OPEN_SHARE * rateOf(runs.closed);
    for (let round = 0; round < openRounds; round++) {
      for (const { runs } of routes) {
        const load = { form: runs.form, entriesPerSecond: runs.rate, seconds };
        runs.open.push(await runOpenLoop(generator, server, load));
      }
    }
    return doorSections(
      routes.map(({ runs }) => runs),
      SINGLE_CLIENTS,
    );
  } finally {
    generator.close();
    await server.stop();
    folder.remove();
  }
}
