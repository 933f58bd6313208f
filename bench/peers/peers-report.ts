/** What the comparison with other logs says, and whether its aims are reached. */
import type { LoadResult } from '../http/load.ts';
import { complaints, middle, outcomes, processorTimeOf, rateOf } from '../http/outcomes.ts';
import { formatSpread, type Row, type Section } from '../report.ts';
import type { Peer } from './peer.ts';

/** Against rekor-tiles: how many times its rate, and how many times shorter. */
const AIMS = { few: 40, many: 2, open: 100 };

/** One log's runs, one of each kind in each round. */
export interface PeerRuns {
  log: Pick<Peer, 'name' | 'settings' | 'form'>;
  /** Closed loops with few and with many clients. */
  few: LoadResult[];
  many: LoadResult[];
  /** Requests arriving at a fixed rate. */
  open: LoadResult[];
}

export interface Comparison {
  /** Ours first. */
  runs: readonly [PeerRuns, ...PeerRuns[]];
  clients: { few: number; many: number };
  /** Requests in a second, of the open loops. */
  arriving: number;
  /** P-256 verifications per second on all cores, measured between the rounds; undefined where there is no openssl. */
  openssl: readonly (number | undefined)[];
  /** Why others are missing. */
  absent: readonly string[];
}

type Kind = 'few' | 'many' | 'open';

export function peerSections(comparison: Comparison): Section[] {
  const times = comparison.runs.length > 1 ? [timesSection(comparison)] : [];
  return [runsSection(comparison), ...times, aimsSection(comparison)];
}

function runsSection(comparison: Comparison): Section {
  const { runs, absent } = comparison;
  const rows = (['few', 'many', 'open'] as const).flatMap((kind) =>
    runs.map(({ log, [kind]: results }): Row => {
      const rates = results.map(({ perSecond }) => perSecond);
      const { verified, ...others } = outcomes(results);
      return {
        load: nameOf(kind, comparison),
        log: log.name,
        settings: log.settings,
        'answers/s': rateOf(results),
        spread: formatSpread([Math.min(...rates), Math.max(...rates)]),
        'µs/answer': processorTimeOf(results),
        'p50 ms': middle(results, ({ latency }) => latency.p50),
        'p99 ms': middle(results, ({ latency }) => latency.p99),
        answers: verified,
        checked: isIndexOnly(log) ? 'index' : 'proof',
        ...others,
      };
    }),
  );
  const notes = [
    'The same requests, hashedrekord 0.0.2 of Rekor v2 with a key, all different, sent by the same client on the same ' +
      'machine. Each log has its turn in each round, while the others have nothing to do. Median of the rounds.',
    'µs/answer: what the server takes of the processors, all its threads together.',
    'checked, after the run: proof: the leaf is that of the request, with its inclusion proof under the signed checkpoint ' +
      'of the answer. index: the answer is a number that was not given before, and there is no more to it.',
    ...(runs.some(({ log }) => isIndexOnly(log)) ? [TESSERA] : []),
    ...absent,
    ...runs.flatMap(({ log, few, many, open }) =>
      complaints([...few, ...many, ...open]).map((complaint) => `${log.name}: ${complaint}`),
    ),
  ];
  return { name: 'peers', title: 'Other logs beside this one', rows, notes };
}

const TESSERA =
  'Tessera is a library, and this its own server: it logs the body of a request as it is, checks no signature, and ' +
  'answers with a bare index, before a checkpoint covers it.';

/** What others do, of what ours does. */
function timesSection(comparison: Comparison): Section {
  const [own, ...others] = comparison.runs;
  const rows = others.flatMap((other) => {
    const rates = (['few', 'many'] as const).map((kind) => ({
      what: `answers/s, ${nameOf(kind, comparison)}`,
      beside: other.log.name,
      times: timesOf(own, other, kind),
    }));
    const latency = {
      what: `p50, ${nameOf('open', comparison)}, times as short`,
      beside: other.log.name,
      times: timesOf(own, other, 'open'),
    };
    return [...rates, ...(isIndexOnly(other.log) ? [checkedRow(comparison, other)] : []), latency];
  });
  const notes = [
    'How many times as many answers in a second, or as short a time: median of the rounds.',
    ...(others.some(({ log }) => isIndexOnly(log))
      ? [
          'with signature checks: beside what Tessera would reach if it checked the signature of each request too, one ' +
            'openssl verification on its share of all cores; computed, and still without a proof in the answer.',
        ]
      : []),
  ];
  return { name: 'peers-times', title: 'This log, in multiples of others', rows, notes };
}

function checkedRow({ runs: [own], clients, openssl }: Comparison, other: PeerRuns): Row {
  const known = openssl.filter((rate) => rate !== undefined);
  const what = `answers/s, ${clients.many.toLocaleString('en')} clients, with signature checks`;
  if (known.length < openssl.length) return { what, beside: other.log.name };
  const perVerification = 1 / middle(known, (rate) => rate);
  const times = timesInRounds(own.many, other.many, (mine, theirs) => {
    return mine.perSecond * (1 / theirs.perSecond + perVerification);
  });
  return { what, beside: other.log.name, times };
}

function aimsSection(comparison: Comparison): Section {
  const [own, ...others] = comparison.runs;
  const other = others.find(({ log }) => !isIndexOnly(log));
  const rows = (['few', 'many', 'open'] as const).map((kind): Row => {
    const times = other && timesOf(own, other, kind);
    return {
      what:
        kind === 'open'
          ? `p50, ${nameOf(kind, comparison)}, beside rekor-tiles`
          : `answers/s, ${nameOf(kind, comparison)}, beside rekor-tiles`,
      aim: `${AIMS[kind]} times as ${kind === 'open' ? 'short' : 'many'}`,
      reached: times === undefined ? 'unknown' : times.toPrecision(3),
      met: times === undefined ? 'unknown' : times >= AIMS[kind] ? 'yes' : 'no',
    };
  });
  return { name: 'peers-aims', title: 'Aims beside rekor-tiles at its fastest settings', rows, notes: [] };
}

function timesOf(own: PeerRuns, other: PeerRuns, kind: Kind): number {
  return timesInRounds(own[kind], other[kind], (mine, theirs) =>
    kind === 'open' ? theirs.latency.p50 / mine.latency.p50 : mine.perSecond / theirs.perSecond,
  );
}

function timesInRounds(
  own: readonly LoadResult[],
  others: readonly LoadResult[],
  times: (mine: LoadResult, theirs: LoadResult) => number,
): number {
  return middle(
    own.map((mine, round) => times(mine, others[round]!)),
    (value) => value,
  );
}

function nameOf(kind: Kind, { clients, arriving }: Comparison): string {
  return kind === 'open' ? `${arriving}/s arriving` : `${clients[kind].toLocaleString('en')} clients`;
}

function isIndexOnly({ form }: PeerRuns['log']): boolean {
  return form === 'tessera';
}
