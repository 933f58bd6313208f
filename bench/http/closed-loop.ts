/** What the server can take: as many clients as it needs to be busy, each waiting for its answer. */
import { availableParallelism } from 'node:os';
import { formatShare, formatSpread, type Row, type Section } from '../report.ts';
import type { LoadGenerator, LoadResult, LoadTarget } from './load.ts';
import { complaints, middle, outcomes, rateOf } from './outcomes.ts';
import { SteadyClients } from './steady-clients.ts';
import { BATCH_ITEMS, type Form } from './submissions.ts';
import { between, describeYardsticks, type Yardstick, type Yardsticks } from './yardsticks.ts';

export const SINGLE_CLIENTS = 64;
export const BATCH_CLIENTS = 2 * availableParallelism();
const BATCH = `batch of ${BATCH_ITEMS.toLocaleString('en')}`;

const CLOSED_LOOPS: { what: string; form: Form; clients: number }[] = [
  { what: 'single DSSE', form: 'dsse', clients: SINGLE_CLIENTS },
  { what: 'single digest-only', form: 'digest', clients: SINGLE_CLIENTS },
  { what: `${BATCH} DSSE, NDJSON`, form: 'dsse-ndjson', clients: BATCH_CLIENTS },
  { what: `${BATCH} DSSE, msgpack`, form: 'dsse-msgpack', clients: BATCH_CLIENTS },
  { what: `${BATCH} digest-only, NDJSON`, form: 'digest-ndjson', clients: BATCH_CLIENTS },
];

export interface ClosedPlan {
  rounds: number;
  warmUpSeconds: number;
  /** Of one run. */
  seconds: number;
}

interface CapacityRun {
  result: LoadResult;
  /** What the machine could do just before and after. */
  yardstick: Yardstick;
}

/** The runs of each form. */
export type Capacity = ReadonlyMap<Form, CapacityRun[]>;

/** Each form in turn, in rounds, so that a slow minute of the machine hits all. */
export async function measureCapacity(
  generator: LoadGenerator,
  target: LoadTarget,
  yardsticks: Yardsticks,
  { rounds, warmUpSeconds, seconds }: ClosedPlan,
): Promise<Capacity> {
  const loops = CLOSED_LOOPS.map(({ form, clients }) => new SteadyClients(generator, target, form, clients));
  for (const loop of loops) await loop.run(warmUpSeconds);
  const capacity = new Map<Form, CapacityRun[]>(CLOSED_LOOPS.map(({ form }) => [form, []]));
  let before = await yardsticks.measure();
  for (let round = 0; round < rounds; round++) {
    for (const loop of loops) {
      const result = await loop.run(seconds);
      const after = await yardsticks.measure();
      capacity.get(loop.form)!.push({ result, yardstick: between(before, after) });
      before = after;
    }
  }
  return capacity;
}

/** Entries per second: the median of the runs. */
export function capacityOf(capacity: Capacity, form: Form): number {
  return rateOf(resultsOf(capacity, form));
}

/** Rate over yardstick: the median of the runs; undefined where there is no openssl. */
export function shareOf(capacity: Capacity, form: Form, of: keyof Yardstick): number | undefined {
  const runs = capacity.get(form)!;
  if (runs.some(({ yardstick }) => yardstick[of] === undefined)) return undefined;
  return middle(runs, ({ result, yardstick }) => result.perSecond / yardstick[of]!);
}

const BOUNDS = [
  'All: the processor. In the closed loops server and load generator leave about an eighth of it idle, waiting for each other and for the disk.',
  'Singles: HTTP, messages between threads, the signature check, and the share of a commit (two Ed25519 signatures made and checked, two fsyncs, for as many entries as arrived during the commit before), each of about the same weight.',
  'Batches: the signature check first, then preparing the entry (strict JSON, look-up keys, leaf) and the garbage that this leaves; digests are checked by two multiplications through ECDH and arithmetic on BigInt, where a whole message takes one native verification.',
];

export function closedSection(capacity: Capacity): Section {
  const share = (form: Form, of: keyof Yardstick) => {
    const known = shareOf(capacity, form, of);
    return known === undefined ? 'unknown' : formatShare(known);
  };
  const rows = CLOSED_LOOPS.map(({ what, form, clients }): Row => {
    const results = resultsOf(capacity, form);
    const rates = results.map(({ perSecond }) => perSecond);
    return {
      what,
      clients,
      'entries/s': rateOf(results),
      spread: formatSpread([Math.min(...rates), Math.max(...rates)]),
      'of openssl': share(form, 'openssl'),
      'of digest verifier': form.startsWith('digest') ? share(form, 'digestVerifier') : '',
      'p50 ms': middle(results, ({ latency }) => latency.p50),
      'p99 ms': middle(results, ({ latency }) => latency.p99),
      ...outcomes(results),
    };
  });
  const runs = [...capacity.values()].flat();
  const notes = [
    ...describeYardsticks(runs.map(({ yardstick }) => yardstick)),
    'Each client sends its next request when it has its answer; the clients share the cores with the server.',
    'Median of the rounds. verified: entries whose leaf, inclusion proof and checkpoint signature check out.',
    ...complaints(runs.map(({ result }) => result)),
  ];
  return { name: 'http-closed', title: 'End to end, closed loop: entries with proof', rows, notes, bounds: BOUNDS };
}

function resultsOf(capacity: Capacity, form: Form): LoadResult[] {
  return capacity.get(form)!.map(({ result }) => result);
}
