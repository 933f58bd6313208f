import { describe, expect, it } from 'vitest';
import { entriesPath, parseEntryBundle, tilePath, tilesOf } from '../../src/core/tile.ts';
import { testApp } from './test-app.ts';

const { get, request, log } = testApp(undefined, 299);

describe('GET /checkpoint', () => {
  it('is the newest note, kept for a second', async () => {
    const answer = await get('/checkpoint');
    expect(await answer.text()).toBe(log.head().note);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=1');
  });
});

describe('GET /tile/…', () => {
  it('serves every tile of the published tree', async () => {
    for (const tile of tilesOf(300)) {
      const answer = await get(`/${tilePath(tile)}`);
      expect(answer.status, tilePath(tile)).toBe(200);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(bytes.equals(log.reader.tile(tile.level, tile.index, tile.width))).toBe(true);
      expect(bytes.length).toBe(32 * tile.width);
    }
  });

  it('serves entry bundles that hold the leaves', async () => {
    const bundle = new Uint8Array(await (await get(`/${entriesPath(1, 44)}`)).arrayBuffer());
    expect(parseEntryBundle(bundle)).toEqual(log.entries.slice(256).map(({ leaf }) => leaf));
  });

  it('serves every partial width that some published size implied, also of a tile now full', async () => {
    const widths = [1, 43, 44].map((width) => tilePath({ level: 0, index: 1, width }));
    const grown = [1, 100, 255].map((width) => tilePath({ level: 0, index: 0, width }));
    for (const path of [...widths, ...grown]) expect((await get(`/${path}`)).status, path).toBe(200);
  });

  it.each([
    'tile/0/001',
    'tile/0/001.p/45',
    'tile/0/002.p/1',
    'tile/1/000',
    'tile/1/000.p/2',
    'tile/2/000.p/1',
    'tile/63/000',
    'tile/entries/001',
    'tile/entries/001.p/45',
    'tile/0/x999/x999/x999/x999/999',
  ])('answers 404 for /%s, which no published size has, and nobody may keep that', async (path) => {
    const answer = await get(`/${path}`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('etag')).toBeNull();
  });

  it.each([
    'tile/64/000',
    'tile/00/000',
    'tile/-1/000',
    'tile/0/0',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/',
    'tile/0/000/',
    'tile/0/%30%30%30',
    'tile/0/000%2ep/1',
    'tile/0/000%00',
    'tile/0/x001%2F002',
    'tile/0/..%2f000',
    'tile/entries/x1/x2/999',
    'tile/data/000',
    'tile/',
    'tile/0',
    'tile//000',
    'tile/0/٠٠٠',
  ])('refuses /%s, which is not the path of a tile', async (path) => {
    const answer = await get(`/${path}`);
    expect([400, 404]).toContain(answer.status);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('may be kept for ever, and answers 304 to who has it', async () => {
    const answer = await get('/tile/0/000');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    const etag = answer.headers.get('etag')!;
    for (const tags of [etag, `"other", W/${etag}`, '*']) {
      const again = await request('/tile/0/000', { headers: { 'if-none-match': tags } });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await request('/tile/0/000', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('has another tag for each width', async () => {
    const [one, two] = await Promise.all([get('/tile/0/001.p/1'), get('/tile/0/001.p/2')]);
    expect(one.headers.get('etag')).not.toBe(two.headers.get('etag'));
  });
});
