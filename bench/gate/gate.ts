/**
 * The gate: how soon it decides on a large log, how soon a cluster is answered, and how soon a revocation reaches those
 * who follow it. All through the real server.
 */
import { GrowingLog } from '../growth/growing-log.ts';
import type { LoadResult } from '../http/load.ts';
import { complaints } from '../http/outcomes.ts';
import type { Section } from '../report.ts';
import { measureAdmission } from './admission-latency.ts';
import { measureGate } from './gate-latency.ts';
import { decisionSection, revocationSection } from './gate-report.ts';
import { RATE } from './questions.ts';
import { measureRevocation } from './revocation-time.ts';

const EFFORT = {
  quick: { seconds: 2, events: 5 },
  full: { seconds: 15, events: 50 },
};

/** Entries of the log in a quick run, at most. */
const QUICK_ENTRIES = 20_000;

export async function benchGate({ quick, entries }: { quick: boolean; entries: number }): Promise<Section[]> {
  const { seconds, events } = EFFORT[quick ? 'quick' : 'full'];
  const log = await GrowingLog.start();
  try {
    const fills: LoadResult[] = await log.fillTo(quick ? Math.min(entries, QUICK_ENTRIES) : entries);
    const size = await log.size();
    const decisions = await measureGate(log.server, { size, seconds });
    const admission = await measureAdmission(log.server, { size, seconds });
    const revocation = await measureRevocation(log.server, events);
    return [
      decisionSection([...decisions, admission], { size, rate: RATE, notes: complaints(fills) }),
      revocationSection(revocation),
    ];
  } finally {
    await log.close();
  }
}
