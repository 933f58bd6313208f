/** A log whose tree is hashed by the SIMD kernel, by portable code, and by both in turn: nobody can tell. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { damageTo } from '../log/damage.ts';
import { Http } from './http.ts';
import { type Place, run, start, useServers } from './running-server.ts';
import { signedArtifact } from './signed.ts';

const { place } = useServers();

/** Without these instructions V8 refuses SIMD. */
const NO_SIMD = ['--no-enable-ssse3'];
const isX64 = process.arch === 'x64';

/** Logs so many artifacts, a thousand at a time. */
async function fill(url: string, artifacts: number): Promise<void> {
  const http = new Http(url);
  for (let left = artifacts; left > 0; left -= 1000) {
    const results = await http.logBatch(Array.from({ length: Math.min(left, 1000) }, () => signedArtifact()));
    expect(results.filter((result) => 'error' in result)).toEqual([]);
  }
  http.close();
}

async function fsck({ data }: Place): Promise<{ code: number | null; report: Record<string, unknown> }> {
  const { code, stdout } = await run('fsck', '--data', data, '--format', 'json');
  return { code, report: JSON.parse(stdout) as Record<string, unknown> };
}

it('says that it has the kernel', async () => {
  const { url, nodeHashing } = await start(place());
  const http = new Http(url);
  expect([nodeHashing, (await http.json<{ nodeHashing: string }>('/v1/log')).nodeHashing]).toEqual(
    Array(2).fill('wasm-simd'),
  );
  http.close();
});

it.skipIf(!isX64)('grows with either, and is sound to the other', async () => {
  const where = place();
  for (const engine of [NO_SIMD, [], NO_SIMD]) {
    const { url, nodeHashing, process } = await start(where, { engine });
    expect(nodeHashing).toBe(engine === NO_SIMD ? 'noble' : 'wasm-simd');
    await fill(url, 301);
    await process.stop();
  }
  expect(await fsck(where)).toMatchObject({ code: 0, report: { sound: true, size: 904 } });
});

describe('fsck of a log large enough for several threads', () => {
  it('finds it sound, and names what was changed in different ranges, in order', async () => {
    const where = place();
    const { url, process } = await start(where);
    await fill(url, 4200);
    await process.stop();
    expect(await fsck(where)).toMatchObject({ code: 0, report: { sound: true, entries: 4201, tiles: 16 } });

    const damage = damageTo(join(where.data, 'log.db'));
    for (const index of [2100, 70]) damage.run('UPDATE entries SET leaf_hash = zeroblob(32) WHERE idx = ?', index);
    damage.close();
    const { code, report } = await fsck(where);
    expect(code).toBe(1);
    expect((report.problems as { at: string }[]).map(({ at }) => at)).toEqual(['entry 70', 'entry 2100']);
  });
});
