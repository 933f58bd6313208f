/** What is compared at the doors, and what the comparison says. */
import type { LoadResult } from '../http/load.ts';
import { complaints, middle, outcomes, processorTimeOf, rateOf } from '../http/outcomes.ts';
import type { Form } from '../http/submissions.ts';
import { formatShare, formatSpread, type Row, type Section } from '../report.ts';

export interface Route {
  what: string;
  signer: 'key' | 'certificate';
  form: Form;
  /** The native route for the same thing. */
  native: Form;
}

/** Each native route with its doors right behind it. */
export const ROUTES: readonly Route[] = [
  { what: 'native, digest-only', signer: 'key', form: 'digest', native: 'digest' },
  { what: 'v2 hashedrekord 0.0.2', signer: 'key', form: 'v2-hashedrekord', native: 'digest' },
  { what: 'v1 hashedrekord 0.0.1', signer: 'key', form: 'v1-hashedrekord', native: 'digest' },
  { what: 'native, digest-only', signer: 'certificate', form: 'digest-certificate', native: 'digest-certificate' },
  {
    what: 'v2 hashedrekord 0.0.2',
    signer: 'certificate',
    form: 'v2-hashedrekord-certificate',
    native: 'digest-certificate',
  },
  {
    what: 'v1 hashedrekord 0.0.1',
    signer: 'certificate',
    form: 'v1-hashedrekord-certificate',
    native: 'digest-certificate',
  },
  { what: 'native, DSSE', signer: 'key', form: 'dsse', native: 'dsse' },
  { what: 'v2 dsse 0.0.2', signer: 'key', form: 'v2-dsse', native: 'dsse' },
  { what: 'v1 dsse 0.0.1', signer: 'key', form: 'v1-dsse', native: 'dsse' },
  { what: 'v1 intoto 0.0.2', signer: 'key', form: 'v1-intoto', native: 'dsse' },
  { what: 'native, DSSE', signer: 'certificate', form: 'dsse-certificate', native: 'dsse-certificate' },
  { what: 'v2 dsse 0.0.2', signer: 'certificate', form: 'v2-dsse-certificate', native: 'dsse-certificate' },
  { what: 'v1 dsse 0.0.1', signer: 'certificate', form: 'v1-dsse-certificate', native: 'dsse-certificate' },
];

export interface RouteRuns extends Route {
  /** As many clients as wait for their answers; a run of each round. */
  closed: LoadResult[];
  /** Of the open loops: entries arriving in a second. */
  rate: number;
  /** A run of each round. */
  open: LoadResult[];
}

/** @param runs of every route whose native route is among them */
export function doorSections(runs: readonly RouteRuns[], clients: number): Section[] {
  return [closedSection(runs, clients), openSection(runs)];
}

function closedSection(runs: readonly RouteRuns[], clients: number): Section {
  const rows = runs.map((route): Row => {
    const rates = route.closed.map(({ perSecond }) => perSecond);
    return {
      what: route.what,
      signer: route.signer,
      'entries/s': rateOf(route.closed),
      spread: formatSpread([Math.min(...rates), Math.max(...rates)]),
      'of native': formatShare(ofNative(runs, route, 'closed', ({ perSecond }) => perSecond)),
      'µs/entry': processorTimeOf(route.closed),
      'p50 ms': middle(route.closed, ({ latency }) => latency.p50),
      'p99 ms': middle(route.closed, ({ latency }) => latency.p99),
      ...outcomes(route.closed),
    };
  });
  const notes = [
    `${clients} clients, each of which sends its next request when it has its answer; they share the cores with the server.`,
    'Median of the rounds, in each of which every route has its turn. of native: the share of the native route for the ' +
      'same thing in the same round, median.',
    'µs/entry: what the server takes of the processors, all its threads together. On a machine that has other things to ' +
      'do, that changes less than the time on the clock.',
    'verified: entries whose leaf is the one that the request must become, with its inclusion proof under the signed ' +
      'checkpoint of the answer; at v1 under its own key, with the Signed Entry Timestamp.',
    'Keys are those of eight signers. Each certificate is a new one with a new key, and its entry is stamped (RFC 3161), ' +
      'since a log of serve --dev runs a timestamp authority. Nobody judges their chains.',
    ...complaints(runs.flatMap(({ closed }) => closed)),
  ];
  return { name: 'doors-closed', title: 'Sigstore doors, closed loop: entries with proof', rows, notes };
}

function openSection(runs: readonly RouteRuns[]): Section {
  const rows = runs.map(
    (route): Row => ({
      what: route.what,
      signer: route.signer,
      'arriving/s': route.rate,
      'entries/s': rateOf(route.open),
      'p50 ms': middle(route.open, ({ latency }) => latency.p50),
      'p99 ms': middle(route.open, ({ latency }) => latency.p99),
      'p50 of native': formatShare(ofNative(runs, route, 'open', ({ latency }) => latency.p50)),
      'p99 of native': formatShare(ofNative(runs, route, 'open', ({ latency }) => latency.p99)),
      ...outcomes(route.open),
    }),
  );
  const notes = [
    'Half of the rate above arrives, at even intervals, whatever the server does; times count from the arrival.',
    ...complaints(runs.flatMap(({ open }) => open)),
  ];
  return { name: 'doors-open', title: 'Sigstore doors, open loop: time to the proof', rows, notes };
}

/** Median over the rounds of the share that a figure is of the native route's in the same round. */
function ofNative(
  runs: readonly RouteRuns[],
  route: RouteRuns,
  loop: 'closed' | 'open',
  figure: (result: LoadResult) => number,
): number {
  const native = runs.find(({ form }) => form === route.native)!;
  const shares = route[loop].map((result, round) => figure(result) / figure(native[loop][round]!));
  return middle(shares, (share) => share);
}
