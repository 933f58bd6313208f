/** What the server can take: as many clients as it needs to be busy, each waiting for its answer. */
import { availableParallelism } from 'node:os';
import type { LoadGenerator, LoadResult, LoadTarget } from './load.ts';
import { complaints, middle, outcomes, rateOf } from './outcomes.ts';
import { formatShare, formatSpread, type Row, type Section } from './report.ts';
import { BATCH_ITEMS, type Form, itemsPerRequest } from './submissions.ts';
import { describeYardsticks, type Yardsticks } from './yardsticks.ts';

const SINGLE_CLIENTS = 64;
export const BATCH_CLIENTS = 2 * availableParallelism();
const BATCH = `batch of ${BATCH_ITEMS.toLocaleString('en')}`;

/** Entries per second that no server is expected to fall short of; sizes the first, discarded run. */
const FIRST_GUESS = 3_000;
/** Submissions that are made ready for each one expected, so that a run does not end for want of them. */
const SPARE = 2;

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

/** The runs of each form. */
export type Capacity = ReadonlyMap<Form, LoadResult[]>;

/** Each form in turn, in rounds, so that a slow minute of the machine hits all. */
export async function measureCapacity(
  generator: LoadGenerator,
  target: LoadTarget,
  { rounds, warmUpSeconds, seconds }: ClosedPlan,
): Promise<Capacity> {
  const run = (form: Form, clients: number, submissions: number, lasting: number) =>
    generator.run(target, { form, submissions, seconds: lasting, load: { loop: 'closed', clients } });
  const expected = new Map<Form, number>();
  for (const { form, clients } of CLOSED_LOOPS) {
    const submissions = Math.max(FIRST_GUESS * warmUpSeconds, itemsPerRequest(form) * clients);
    expected.set(form, (await run(form, clients, submissions, warmUpSeconds)).perSecond);
  }
  const capacity = new Map<Form, LoadResult[]>(CLOSED_LOOPS.map(({ form }) => [form, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { form, clients } of CLOSED_LOOPS) {
      const submissions = Math.max(clients * itemsPerRequest(form), Math.ceil(expected.get(form)! * seconds * SPARE));
      const result = await run(form, clients, submissions, seconds);
      expected.set(form, Math.max(expected.get(form)!, result.perSecond));
      capacity.get(form)!.push(result);
    }
  }
  return capacity;
}

export function closedSection(capacity: Capacity, before: Yardsticks, after: Yardsticks): Section {
  const yardsticks = describeYardsticks(before, after);
  const rows = CLOSED_LOOPS.map(({ what, form, clients }): Row => {
    const results = capacity.get(form)!;
    const rate = rateOf(results);
    const rates = results.map(({ perSecond }) => perSecond);
    return {
      what,
      clients,
      'entries/s': rate,
      spread: formatSpread([Math.min(...rates), Math.max(...rates)]),
      'of openssl': yardsticks.openssl === undefined ? 'unknown' : formatShare(rate / yardsticks.openssl),
      'of digest verifier': form.startsWith('digest') ? formatShare(rate / yardsticks.digestVerifier) : '',
      'p50 ms': middle(results, ({ latency }) => latency.p50),
      'p99 ms': middle(results, ({ latency }) => latency.p99),
      ...outcomes(results),
    };
  });
  const notes = [
    ...yardsticks.notes,
    'Each client sends its next request when it has its answer; the clients share the cores with the server.',
    'Median of the rounds. verified: entries whose leaf, inclusion proof and checkpoint signature check out.',
    ...complaints([...capacity.values()].flat()),
  ];
  return { name: 'http-closed', title: 'End to end, closed loop: entries with proof', rows, notes };
}
