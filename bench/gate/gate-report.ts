/** What the gate's run says. */
import { complaints } from '../http/outcomes.ts';
import type { Row, Section } from '../report.ts';
import type { DecisionRun } from './questions.ts';
import type { RevocationRun } from './revocation-time.ts';

/** Milliseconds at p99. */
const AIMS = { gate: 20, admission: 50, revocation: 2_000 };

export function decisionSection(
  runs: readonly DecisionRun[],
  { size, rate, notes }: { size: number; rate: number; notes: readonly string[] },
): Section {
  const rows = runs.map(({ what, latency: { p50, p99, max }, requests, wrong }): Row => {
    const aim = what.startsWith('admission') ? AIMS.admission : AIMS.gate;
    return {
      ...{ what, requests, 'p50 ms': p50, 'p99 ms': p99, 'max ms': max },
      ...{ 'aim p99': `below ${aim} ms`, met: wrong === 0 && p99 < aim ? 'yes' : 'no', wrong },
    };
  });
  return {
    name: 'gate',
    title: `Decisions on a log of ${size.toLocaleString('en')} entries, ${rate} requests/s arriving`,
    rows,
    notes: [
      'Open loop: a request’s time counts from its arrival. wrong: answers other than the one that was due.',
      'POST /v1/gate: each request about another artifact, spread over the whole log, with its policy in the request.',
      'admission: countersign admission in a process of its own, in the clear; after its first look at each image.',
      ...notes,
    ],
  };
}

export function revocationSection({ verifiers, events, writes, fromAccepted, fromSent }: RevocationRun): Section {
  const row = (what: string, { p50, p99, max }: RevocationRun['fromSent']): Row => ({
    ...{ what, 'p50 ms': p50, 'p99 ms': p99, 'max ms': max },
    ...{ 'aim p99': `below ${AIMS.revocation / 1000} s`, met: p99 < AIMS.revocation ? 'yes' : 'no' },
  });
  return {
    name: 'revocation',
    title: `From a revocation to the DENY of each of ${verifiers} verifiers that follow the log`,
    rows: [row('from its acceptance', fromAccepted), row('from its submission', fromSent)],
    notes: [
      `${events} revocations, one after the other, ${events * verifiers} times in all; all verifiers in one process, each with a replica of its own that verifies every event and decides anew.`,
      `Meanwhile ${Math.round(writes.perSecond).toLocaleString('en')} entries/s were written, at a p99 of ${writes.latency.p99.toFixed(0)} ms, and every proof verified.`,
      ...complaints([writes]),
    ],
  };
}
