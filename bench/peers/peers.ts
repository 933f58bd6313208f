/** Other logs beside this one: the same requests by the same clients, turn by turn on one machine. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SINGLE_CLIENTS } from '../http/closed-loop.ts';
import { LoadGenerator } from '../http/load.ts';
import { runOpenLoop } from '../http/open-loop.ts';
import { verificationsPerSecond } from '../http/openssl.ts';
import { type LogFolder, makeLogFolder, startServer } from '../http/server.ts';
import { SteadyClients } from '../http/steady-clients.ts';
import type { Section } from '../report.ts';
import type { Peer } from './peer.ts';
import { type PeerRuns, peerSections } from './peers-report.ts';
import { startRekorTiles } from './rekor-tiles.ts';
import { buildTessera, startTessera } from './tessera.ts';

interface Plan {
  rounds: number;
  warmUpSeconds: number;
  /** Of one run. */
  seconds: number;
  clients: { few: number; many: number };
}

const PLANS: Record<'quick' | 'full', Plan> = {
  quick: { rounds: 1, warmUpSeconds: 0.5, seconds: 2, clients: { few: SINGLE_CLIENTS, many: 1_500 } },
  full: { rounds: 3, warmUpSeconds: 1, seconds: 4, clients: { few: SINGLE_CLIENTS, many: 1_500 } },
};
/** Of the open loop. */
const ARRIVING_PER_SECOND = 100;

export interface PeersOptions {
  quick: boolean;
  /** Path of a rekor-tiles server; it is left out where none is named. */
  rekorTiles: string | undefined;
}

/** All servers run all the time, and one of them has work. */
export async function benchPeers({ quick, rekorTiles }: PeersOptions): Promise<Section[]> {
  const { rounds, warmUpSeconds, seconds, clients } = PLANS[quick ? 'quick' : 'full'];
  const folder = makeLogFolder();
  const generator = new LoadGenerator();
  const logs: Peer[] = [];
  try {
    const absent = await startAll(logs, folder, rekorTiles);
    const turns = logs.map((log) => ({
      log,
      few: new SteadyClients(generator, log.target, log.form, clients.few),
      many: new SteadyClients(generator, log.target, log.form, clients.many),
      runs: { log, few: [], many: [], open: [] } as PeerRuns,
    }));
    for (const { few, many } of turns) {
      await few.run(warmUpSeconds);
      await many.run(warmUpSeconds);
    }
    const openssl = [await verificationsPerSecond(1)];
    for (let round = 0; round < rounds; round++) {
      for (const { few, runs } of turns) runs.few.push(await few.run(seconds));
      for (const { many, runs } of turns) runs.many.push(await many.run(seconds));
      for (const { log, runs } of turns) {
        const load = { form: log.form, entriesPerSecond: ARRIVING_PER_SECOND, seconds };
        runs.open.push(await runOpenLoop(generator, log.target, load));
      }
      openssl.push(await verificationsPerSecond(1));
    }
    const runs = turns.map((turn) => turn.runs) as [PeerRuns, ...PeerRuns[]];
    return peerSections({ runs, clients, arriving: ARRIVING_PER_SECOND, openssl, absent });
  } finally {
    generator.close();
    await Promise.all(logs.map((log) => log.stop()));
    folder.remove();
  }
}

/** @param logs takes what was started, ours first. @returns why others are missing */
async function startAll(logs: Peer[], folder: LogFolder, rekorTiles: string | undefined): Promise<string[]> {
  const folderOf = (name: string) => {
    const path = join(folder.path, name);
    mkdirSync(path);
    return path;
  };
  const tessera = await buildTessera();
  const own = await startServer(folder);
  logs.push({
    name: 'Countersign, v2 door',
    settings: 'as it comes',
    form: 'v2-hashedrekord',
    target: own,
    stop: own.stop,
  });
  const absent: string[] = [];
  if (rekorTiles === undefined) {
    absent.push('rekor-tiles was not measured, since no binary was named (--rekor-tiles PATH).');
  } else {
    logs.push(await startRekorTiles(rekorTiles, folderOf('rekor-tiles')));
  }
  if ('absent' in tessera) absent.push(tessera.absent);
  else logs.push(await startTessera(tessera.path, folderOf('tessera')));
  return absent;
}
