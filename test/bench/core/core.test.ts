import { expect, it } from 'vitest';
import { appendCandidates, exponential } from '../../../bench/core/append.ts';
import { baselines } from '../../../bench/core/core.ts';
import { leafCandidates, nodeCandidates } from '../../../bench/core/hashing.ts';
import { parseGoBenchmarks, parseOpensslSpeed } from '../../../bench/core/peers.ts';
import { plotResults } from '../../../bench/core/plot.ts';
import { proofCandidates } from '../../../bench/core/proofs.ts';
import { formatMarkdown } from '../../../bench/report.ts';

it('measures under the names that others rely on, each once', () => {
  const candidates = [...nodeCandidates(), ...leafCandidates(), ...appendCandidates(), ...proofCandidates()];
  const names = candidates.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'node/log',
      'node/noble',
      'node/node-crypto',
      'leaf/256/log',
      'append/1e6/4096',
      'rebuild/1e6',
    ]),
  );
  expect(new Set(names).size).toBe(names.length);
  for (const { run } of candidates.filter(({ name }) => !name.startsWith('rebuild'))) run();
});

it('sets every result beside the same work done by others', () => {
  expect(baselines('leaf/3000/log')).toEqual({
    noble: 'leaf/3000/noble',
    crypto: 'leaf/3000/node-crypto',
    openssl: 'leaf/3000/openssl',
    go: 'leaf/3000/go',
  });
  expect(baselines('append/1e6/16')).toMatchObject({
    noble: 'node/noble',
    openssl: 'leaf/64/openssl',
    go: 'append/go',
  });
  expect(baselines('node/log/4').go).toBe('node/go');
});

it('writes powers of ten as the names have them', () => {
  expect([1e3, 1e6, 1e9].map(exponential)).toEqual(['1e3', '1e6', '1e9']);
});

it('reads what go test prints', () => {
  const output =
    'goos: linux\nBenchmarkAppend \t 3651\t 281600 ns/op\nPASS\nBenchmarkHashChildren-2 \t 7680172\t 147.2 ns/op\n';
  expect(parseGoBenchmarks(output)).toEqual({ node: 147.2, 'append with leaf hash': 275 });
  expect(parseGoBenchmarks('')).toEqual({});
});

it('reads what openssl speed prints', () => {
  expect(parseOpensslSpeed('type             65 bytes\nsha256          504429.74k\n', 65)).toBeCloseTo(128.86, 1);
  expect(parseOpensslSpeed('speed: Unknown option', 65)).toBeUndefined();
});

it('draws each result as a bar, whatever its name', () => {
  const result = (name: string, nsPerOp: number) => ({ name, nsPerOp, spread: [nsPerOp, nsPerOp] as [number, number] });
  const svg = plotResults([result('node/log', 125), result('<&"', 1_234), result('slow', 99_000)], 'on a machine');
  expect(svg.match(/<rect /g)).toHaveLength(3);
  expect(svg).toContain('&#60;&#38;&#34;');
  expect(svg).toContain('1,234 ns');
  for (const [, width] of svg.matchAll(/ width="([^"]+)" height="16"/g)) expect(Number(width)).toBeGreaterThan(0);
});

it('writes its sections as Markdown, with what bounds them', () => {
  const section = { name: 's', title: 'T', rows: [{ name: 'a', 'ns/op': 1234.5 }], notes: ['N.'], bounds: ['B.'] };
  expect(formatMarkdown('M', [section])).toBe(
    '# Results: one run of each bench\n\nOn M.\n\n## T\n\n| name | ns/op |\n| --- | ---: |\n| a | 1,235 |\n\nN.\n\n* B.\n',
  );
});
