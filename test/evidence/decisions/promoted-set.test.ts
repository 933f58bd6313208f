/** A late taint must name exactly what was promoted with it. COUNTERSIGN_AFFECTED=10000 makes the log as large as that. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { Promotions } from './promotions.ts';

/** Entries of the log: two fifths builds, two fifths decisions, the rest builds that nobody promoted. */
const ENTRIES = Number(process.env.COUNTERSIGN_AFFECTED ?? 200);
const bad = { uri: 'pkg:npm/bad@1.0.0', digest: { sha256: 'bd'.repeat(32) } };

let promotions: Promotions;
const promoted: number[] = [];
beforeAll(async () => {
  promotions = await Promotions.begin();
  for (let i = 0; promotions.log.head().size < ENTRIES; i++) {
    const digest = toHex(sha256(utf8(`artifact ${i}`)));
    await promotions.build(digest, i % 7 === 0 ? [bad] : []);
    if (i % 3 === 0) continue;
    const { index, decision } = await promotions.decide(digest);
    expect(decision).toBe('ALLOW');
    if (i % 7 === 0) promoted.unshift(index);
  }
}, 600_000);
afterAll(() => promotions.log.close());

it.each([
  ['by a server that decided so', () => promotions.served],
  ['by one that was started since', () => promotions.parts()],
])('A7: names exactly what was promoted with the dependency, %s', async (who, parts) => {
  const { decisions } = parts();
  await promotions.taint(bad);
  const started = performance.now();
  const affected = await decisions.affected();
  const took = performance.now() - started;
  expect(affected.decisions.map(({ index }) => index)).toEqual(promoted);
  if (ENTRIES > 1_000) {
    console.log(`${who}: ${affected.treeSize} entries, ${promoted.length} affected, ${took.toFixed(0)} ms`);
  }
});
