import { expect, it } from 'vitest';
import type { LoadResult } from '../../../bench/http/load.ts';
import { type Comparison, type PeerRuns, peerSections } from '../../../bench/peers/peers-report.ts';

function run(perSecond: number, p50 = 1): LoadResult {
  const latency = { p50, p99: 9, p999: 10, max: 11 };
  return { verified: 1_000, perSecond, requests: 1, seconds: 1, latency, refused: {}, faults: {} };
}

function runs(name: string, few: number[], many: number[], p50: number[], form: PeerRuns['log']['form']): PeerRuns {
  const rates = { few: few.map((rate) => run(rate)), many: many.map((rate) => run(rate)) };
  return { log: { name, settings: '', form }, ...rates, open: p50.map((time) => run(100, time)) };
}

const own = runs('ours', [4_000, 400, 800], [8_000, 800, 1_600], [1, 5, 20], 'v2-hashedrekord');
const rekorTiles = runs('rekor-tiles', [100, 10, 20], [4_000, 400, 800], [100, 500, 2_000], 'v2-hashedrekord');
const tessera = runs('Tessera', [40, 4, 8], [16_000, 1_600, 3_200], [500, 2_500, 10_000], 'tessera');

function sections(others: PeerRuns[], change: Partial<Comparison> = {}) {
  const comparison = { clients: { few: 64, many: 1_500 }, arriving: 100, openssl: [16_000], absent: [], ...change };
  return peerSections({ runs: [own, ...others], ...comparison });
}

it('compares logs within each round, whatever the machine did meanwhile', () => {
  const [, times] = sections([rekorTiles, tessera]);
  expect(times!.rows.map((row) => row.times)).toEqual([40, 2, 100, 100, 0.5, expect.anything(), 500]);
});

it('counts an aim that is just reached', () => {
  expect(sections([rekorTiles])[2]!.rows.map((row) => row.met)).toEqual(['yes', 'yes', 'yes']);
});

it.each([
  ['few', 0],
  ['many', 1],
  ['open', 2],
] as const)('misses the aim of one load alone: %s', (kind, missed) => {
  const slow = { ...rekorTiles, [kind]: kind === 'open' ? [run(100, 99)] : [run(4_001)] };
  const rounds = { few: [own.few[0]!], many: [own.many[0]!], open: [own.open[0]!] };
  const [, , aims] = sections([], { runs: [{ ...own, ...rounds }, slow] });
  expect(aims!.rows.map((row) => row.met)).toEqual(['yes', 'yes', 'yes'].with(missed, 'no'));
});

it('adds the time of a signature check to a log that checks none', () => {
  const once = (log: PeerRuns) => ({ ...log, few: [log.few[0]!], many: [log.many[0]!], open: [log.open[0]!] });
  const [, times] = sections([], { runs: [once(own), once(tessera)] });
  // 16,000 answers and 16,000 checks a second are 8,000 of both.
  expect(times!.rows.find(({ what }) => String(what).endsWith('checks'))).toMatchObject({ times: 1 });
});

it('claims nothing about what was not measured', () => {
  const [all, , aims] = sections([tessera], { absent: ['no rekor-tiles'], openssl: [undefined] });
  expect(aims!.rows.map((row) => row.met)).toEqual(['unknown', 'unknown', 'unknown']);
  expect(all!.notes).toContain('no rekor-tiles');
});
