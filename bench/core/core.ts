/** The core alone: hashing, appending, proofs, measured in turns and set beside what others take. */

import { type Effort, measure, median } from '../measure.ts';
import { formatSpread, type Row, type Section } from '../report.ts';
import { appendCandidates } from './append.ts';
import { hashingInUse, LEAF_LENGTHS, leafCandidates, nodeCandidates } from './hashing.ts';
import { goTimes, opensslTimes, type PeerTimes } from './peers.ts';
import { proofCandidates } from './proofs.ts';

/** One figure, as `--json` gives it. */
export interface Result {
  /** `node/log`, `leaf/256/noble`, `append/1e6/4096`, … */
  name: string;
  /** Median over the rounds, nanoseconds for a node, a leaf or a proof. */
  nsPerOp: number;
  /** Lowest and highest of the rounds. */
  spread: [low: number, high: number];
}

/** With the prefix. A leaf of 64 bytes is as long as a node. */
const OPENSSL_LENGTHS = LEAF_LENGTHS.map((length) => length + 1);

const BOUNDS = [
  'node/log: arithmetic. A node is two SHA-256 blocks; a third of the vector operations are shifts, since WebAssembly has no rotation of lanes. One or two pairs that are left over go one at a time, at the speed of scalar code, and small calls pay for the call.',
  'node/noble: arithmetic in JavaScript. node/node-crypto and leaf/64, leaf/256: the way into OpenSSL, which costs about as much as the hash itself; longer leaves approach what `openssl speed` reaches with the processor’s SHA instructions.',
  'append: one node hash a leaf, and one for each level for the batch. Small batches pay for the root (one hash for each peak) and for the arrays that hold the result, and leave the four lanes idle on the upper levels. The size of the tree counts by its number of peaks only.',
  'rebuild: as append, with the copying out of tiles.',
  'build: laying the proof out; nothing is hashed but the fold of the peaks. verify: one OpenSSL call for each hash of the path.',
];

/** The aims, single-threaded and in one run. */
const TIMES_AS_FAST_AS_NOBLE = 8;

export async function benchCore(effort: Effort): Promise<{ sections: Section[]; results: Result[] }> {
  // Before and after, so that a slow minute of the machine hits them as well.
  const peers = [await peerTimes()];
  const timings = measure(
    [...nodeCandidates(), ...leafCandidates(), ...appendCandidates(), ...proofCandidates()],
    effort,
  );
  peers.push(await peerTimes());
  const own = timings.map(({ name, nanoseconds, spread }): Result => ({ name, nsPerOp: nanoseconds, spread }));
  const others = peerResults(peers);
  const results = [...own, ...others.results];
  const notes = [
    `Tree nodes are hashed by ${hashingInUse()}. An operation is a node, a leaf or a proof.`,
    'The last columns say how many times as fast it is as another way of the same: of hashing a node (for nodes, appends',
    'and rebuilds), or a leaf of the same length. For proofs they are the share of one node hash. Go is measured before and',
    'after only, and states a mean; its append grows from the empty tree, leaf hashes given, without a root.',
    ...others.absent,
  ];
  const rows = own.concat(others.results).map((result) => rowOf(result, results));
  return {
    results,
    sections: [
      { name: 'core', title: 'The core: hashing, appending, proofs', rows, notes, bounds: BOUNDS },
      { name: 'core-aims', title: 'Aims of the core', rows: aims(results), notes: [] },
    ],
  };
}

async function peerTimes(): Promise<{ go: PeerTimes; openssl: PeerTimes }> {
  return { go: await goTimes(), openssl: await opensslTimes(OPENSSL_LENGTHS) };
}

function peerResults(runs: { go: PeerTimes; openssl: PeerTimes }[]): { results: Result[]; absent: string[] } {
  const values = new Map<string, number[]>();
  const absent = new Set<string>();
  const add = (name: string, value: number) => values.set(name, [...(values.get(name) ?? []), value]);
  for (const { go, openssl } of runs) {
    if ('absent' in go) absent.add(go.absent);
    else for (const [name, value] of Object.entries(go.times)) add(name === 'node' ? 'node/go' : `${name}/go`, value);
    if ('absent' in openssl) absent.add(openssl.absent);
    else for (const [length, value] of Object.entries(openssl.times)) add(`leaf/${Number(length) - 1}/openssl`, value);
  }
  const results = [...values].map(([name, times]): Result => {
    const sorted = times.sort((a, b) => a - b);
    return { name, nsPerOp: median(sorted), spread: [sorted[0]!, sorted.at(-1)!] };
  });
  return { results, absent: [...absent] };
}

/** By what a result is measured: the same work done by others. */
export function baselines(name: string): { noble: string; crypto: string; openssl: string; go: string } {
  const work = name.startsWith('leaf/') ? name.split('/').slice(0, 2).join('/') : 'node';
  const go = /^(append|rebuild)/.test(name) ? 'append/go' : `${work}/go`;
  const openssl = work === 'node' ? 'leaf/64/openssl' : `${work}/openssl`;
  return { noble: `${work}/noble`, crypto: `${work}/node-crypto`, openssl, go };
}

function rowOf({ name, nsPerOp, spread }: Result, results: readonly Result[]): Row {
  const ratio = (baseline: string) => {
    const found = results.find((result) => result.name === baseline);
    return found && found.nsPerOp / nsPerOp;
  };
  const { noble, crypto, openssl, go } = baselines(name);
  return {
    name,
    'ns/op': nsPerOp,
    spread: formatSpread(spread),
    'op/s': 1e9 / nsPerOp,
    '× noble': ratio(noble),
    '× node:crypto': ratio(crypto),
    '× openssl': ratio(openssl),
    '× Go': ratio(go),
  };
}

function aims(results: readonly Result[]): Row[] {
  const time = (name: string) => results.find((result) => result.name === name)?.nsPerOp;
  const aim = (what: string, mine: string, other: string, least: number): Row => {
    const [a, b] = [time(mine), time(other)];
    const reached = a !== undefined && b !== undefined ? b / a : undefined;
    return {
      what,
      aim: `${least} times as fast`,
      reached: reached === undefined ? 'unknown' : reached.toFixed(2),
      met: reached === undefined ? 'unknown' : reached >= least ? 'yes' : 'no',
    };
  };
  return [
    aim('a node, beside @noble/hashes', 'node/log', 'node/noble', TIMES_AS_FAST_AS_NOBLE),
    aim('a node, beside transparency-dev/merkle in Go', 'node/log', 'node/go', 1),
    aim('an appended leaf, beside the same in Go', 'append/1e6/4096', 'append/go', 1),
  ];
}
