/** End to end: the real server, unique signed submissions over HTTP, every returned proof verified after the run. */
import { availableParallelism } from 'node:os';
import { type LoadJob, type LoadResult, runLoad } from './load.ts';
import { median } from './measure.ts';
import { verificationsPerSecond } from './openssl.ts';
import { formatShare, formatSpread, type Row, type Section } from './report.ts';
import { type Server, startServer } from './server.ts';
import { BATCH_ITEMS, type Form } from './submissions.ts';

const SINGLE_CLIENTS = 64;
const BATCH_CLIENTS = 2 * availableParallelism();

const CLOSED_LOOPS: { what: string; form: Form; clients: number }[] = [
  { what: 'single DSSE', form: 'dsse', clients: SINGLE_CLIENTS },
  { what: `batch of ${BATCH_ITEMS.toLocaleString('en')}, NDJSON`, form: 'ndjson', clients: BATCH_CLIENTS },
  { what: `batch of ${BATCH_ITEMS.toLocaleString('en')}, msgpack`, form: 'msgpack', clients: BATCH_CLIENTS },
  { what: 'single, digest only', form: 'digest', clients: SINGLE_CLIENTS },
];

/** The project's aims: shares of what the machine can verify at all, and the p99 at half of the single rate. */
const AIMS = { singleShare: 0.15, batchShare: 0.3, p99Milliseconds: 50 };

export async function benchHttp({ quick }: { quick: boolean }): Promise<Section[]> {
  const plan = quick
    ? { rounds: 1, warmUpSeconds: 0.5, closedSeconds: 1, openSeconds: 3, openShares: [0.5], opensslSeconds: 1 }
    : {
        rounds: 3,
        warmUpSeconds: 1,
        closedSeconds: 3,
        openSeconds: 8,
        openShares: [0.25, 0.5, 0.75],
        opensslSeconds: 3,
      };

  const before = await verificationsPerSecond(plan.opensslSeconds);
  const server = await startServer();
  let closed: LoadResult[][];
  let open: { share: number; rate: number; result: LoadResult }[];
  try {
    closed = await closedLoops(server, plan);
    const single = rateOf(closed[0]!);
    open = [];
    for (const share of plan.openShares) {
      const rate = Math.max(1, Math.round(single * share));
      const load: LoadJob['load'] = { loop: 'open', requestsPerSecond: rate };
      const submissions = Math.ceil(rate * plan.openSeconds);
      const result = await runLoad({ ...at(server), form: 'dsse', submissions, seconds: plan.openSeconds, load });
      open.push({ share, rate, result });
    }
  } finally {
    await server.stop();
  }
  const after = await verificationsPerSecond(plan.opensslSeconds);
  const machineRate = before === undefined || after === undefined ? undefined : (before + after) / 2;
  const shareOf = (rate: number) => (machineRate === undefined ? undefined : rate / machineRate);
  return [closedSection(closed, shareOf, { before, after }), openSection(open), aimsSection(closed, open, shareOf)];
}

interface ClosedPlan {
  rounds: number;
  warmUpSeconds: number;
  closedSeconds: number;
}

/** Each form in turn, in rounds. How many requests are made ready follows from the rates seen so far. */
async function closedLoops(server: Server, plan: ClosedPlan): Promise<LoadResult[][]> {
  const run = (form: Form, clients: number, submissions: number, seconds: number) => {
    const load: LoadJob['load'] = { loop: 'closed', clients };
    return runLoad({ ...at(server), form, submissions: Math.ceil(submissions), seconds, load });
  };
  const expected: number[] = [];
  for (const { form, clients } of CLOSED_LOOPS) {
    const batched = form === 'ndjson' || form === 'msgpack';
    const submissions = batched ? BATCH_CLIENTS * BATCH_ITEMS : 3_000 * plan.warmUpSeconds;
    expected.push((await run(form, clients, submissions, plan.warmUpSeconds)).perSecond);
  }
  const results: LoadResult[][] = CLOSED_LOOPS.map(() => []);
  for (let round = 0; round < plan.rounds; round++) {
    for (const [i, { form, clients }] of CLOSED_LOOPS.entries()) {
      const submissions = Math.max(500, expected[i]! * plan.closedSeconds * 1.6);
      const result = await run(form, clients, submissions, plan.closedSeconds);
      expected[i] = Math.max(expected[i]!, result.perSecond);
      results[i]!.push(result);
    }
  }
  return results;
}

function closedSection(
  closed: LoadResult[][],
  shareOf: (rate: number) => number | undefined,
  openssl: { before: number | undefined; after: number | undefined },
): Section {
  const rows = closed.map((results, i): Row => {
    const share = shareOf(rateOf(results));
    const { what, clients } = CLOSED_LOOPS[i]!;
    return {
      what,
      clients,
      'entries/s': rateOf(results),
      spread: formatSpread([Math.min(...ratesOf(results)), Math.max(...ratesOf(results))]),
      share: share === undefined ? 'unknown' : formatShare(share),
      'p50 ms': middle(results, (result) => result.latency.p50),
      'p99 ms': middle(results, (result) => result.latency.p99),
      ...outcomes(results),
    };
  });
  const notes = [
    openssl.before === undefined || openssl.after === undefined
      ? 'share: not known, since there is no openssl here that could say what the machine can verify.'
      : `share: of ${Math.round(openssl.before).toLocaleString('en')} (before) and ` +
        `${Math.round(openssl.after).toLocaleString('en')} (after) P-256 verifications/s, openssl speed on all cores.`,
    ...(disturbed(openssl)
      ? ['The machine was busy with something else: what openssl can verify changed by more than 20%.']
      : []),
    'Each client sends its next request when it has its answer; the clients share the cores with the server.',
    'Median of the rounds. verified: answers whose leaf, inclusion proof and checkpoint signature check out.',
  ];
  notes.push(...complaints(closed.flat()));
  return { name: 'http-closed', title: 'End to end, closed loop: entries with proof', rows, notes };
}

function openSection(open: { share: number; rate: number; result: LoadResult }[]): Section {
  const rows = open.map(({ share, rate, result }) => ({
    what: `single DSSE at ${formatShare(share)} of the rate above`,
    'arrivals/s': rate,
    'entries/s': result.perSecond,
    'p50 ms': result.latency.p50,
    'p99 ms': result.latency.p99,
    'p99.9 ms': result.latency.p999,
    'max ms': result.latency.max,
    ...outcomes([result]),
  }));
  const notes = ['Requests arrive at even intervals, whatever the server does; their time counts from their arrival.'];
  notes.push(...complaints(open.map(({ result }) => result)));
  return { name: 'http-open', title: 'End to end, open loop: time to the proof', rows, notes };
}

function aimsSection(
  closed: LoadResult[][],
  open: { share: number; result: LoadResult }[],
  shareOf: (rate: number) => number | undefined,
): Section {
  const single = shareOf(rateOf(closed[0]!));
  const batch = shareOf(Math.max(rateOf(closed[1]!), rateOf(closed[2]!)));
  const p99 = open.find(({ share }) => share === 0.5)!.result.latency.p99;
  const least = (share: number | undefined, aim: number) => ({
    aim: `at least ${formatShare(aim)}`,
    reached: share === undefined ? 'unknown' : formatShare(share),
    met: share === undefined ? 'unknown' : yesNo(share >= aim),
  });
  const rows: Row[] = [
    { what: `single DSSE, ${SINGLE_CLIENTS} clients`, ...least(single, AIMS.singleShare) },
    { what: 'batch route', ...least(batch, AIMS.batchShare) },
    {
      what: 'p99 at half of the single rate',
      aim: `under ${AIMS.p99Milliseconds} ms`,
      reached: `${p99.toFixed(1)} ms`,
      met: yesNo(p99 < AIMS.p99Milliseconds),
    },
  ];
  return { name: 'aims', title: 'Aims', rows, notes: [] };
}

function at({ url, verifierKey }: Server): { url: string; verifierKey: string } {
  return { url, verifierKey };
}

function outcomes(results: LoadResult[]): Row {
  const sum = (counts: (result: LoadResult) => Record<string, number>) =>
    results.flatMap((result) => Object.values(counts(result))).reduce((total, count) => total + count, 0);
  return {
    verified: results.reduce((total, { verified }) => total + verified, 0),
    refused: sum((result) => result.refused),
    'bad proofs': sum((result) => result.faults),
  };
}

/** True where the machine itself changed so much during the run that its figures mean little. */
function disturbed({ before, after }: { before: number | undefined; after: number | undefined }): boolean {
  return before !== undefined && after !== undefined && Math.max(before, after) > 1.2 * Math.min(before, after);
}

/** Why submissions were refused and proofs were bad. A bad proof fails the benchmark. */
function complaints(results: LoadResult[]): string[] {
  const lines = new Set<string>();
  for (const { refused, faults } of results) {
    for (const code of Object.keys(refused)) lines.add(`refused with ${code}`);
    for (const fault of Object.keys(faults)) lines.add(`bad: ${fault}`);
    if (Object.keys(faults).length > 0) process.exitCode = 1;
  }
  return [...lines];
}

function ratesOf(results: LoadResult[]): number[] {
  return results.map(({ perSecond }) => perSecond);
}

function rateOf(results: LoadResult[]): number {
  return middle(results, ({ perSecond }) => perSecond);
}

function middle(results: LoadResult[], value: (result: LoadResult) => number): number {
  return median(results.map(value).sort((a, b) => a - b));
}

function yesNo(met: boolean): string {
  return met ? 'yes' : 'no';
}
