/** Copies of a log: whole, verified, resumed, served. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogMisbehaviour } from '../../src/client/follow.ts';
import { TileClient } from '../../src/client/tile-client.ts';
import { toHex } from '../../src/core/bytes.ts';
import { entriesPath, tilePath, tilesOf } from '../../src/core/tile.ts';
import { Mirror } from '../../src/mirror/mirror.ts';
import { mirrorApp } from '../../src/mirror/mirror-app.ts';
import { MirrorFiles } from '../../src/mirror/mirror-files.ts';
import { erasePayload } from '../../src/threads/erase-payload.ts';
import { scratch } from '../cli/harness.ts';
import { FakeLog } from '../client/fake-log.ts';
import { type InlineApp, inlineApp } from '../http/inline-app.ts';
import { createInlineLog, inlineSettings, openInlineLog } from '../inline-log.ts';
import { addMany, latePayload } from './story.ts';

let served: InlineApp;
beforeAll(async () => {
  served = await inlineApp();
  await addMany(served.log, 300);
});
afterAll(() => served.log.close());

let folder: string;
beforeEach(() => {
  folder = scratch();
});

function mirrorOf(fetchIt: typeof fetch = served.fetch, verifierKey = served.log.identity.verifierKey): Mirror {
  return new Mirror(new MirrorFiles(folder), {
    url: 'http://log.test',
    fetch: fetchIt,
    verifierKey,
    retry: { attempts: 1 },
  });
}

/** The log, which breaks off when it is asked for a path. */
function breakingAt(path: string): typeof fetch {
  return async (url, init) => {
    if (String(url).includes(path)) throw new TypeError('the connection broke');
    return served.fetch(url, init);
  };
}

const read = (name: string) => readFileSync(join(folder, name));
const requested: string[] = [];
const counting: typeof fetch = async (url, init) => {
  requested.push(String(url));
  return served.fetch(url, init);
};

describe('a copy', () => {
  it('has the tiles, bundles and checkpoint that the log serves', async () => {
    await mirrorOf().copy();
    const { size } = served.log.head();
    const names = [...tilesOf(size)].map(tilePath);
    for (const name of [...names, entriesPath(0, 256), entriesPath(1, size - 256), 'checkpoint']) {
      const answer = await served.get(`/${name}`);
      expect(toHex(read(name)), name).toBe(toHex(new Uint8Array(await answer.arrayBuffer())));
    }
  });

  it('grows with the log, and gives up the partial tiles that it no longer needs', async () => {
    const log = await createInlineLog();
    const app = await inlineApp(undefined, log);
    const mirror = mirrorOf(app.fetch, log.identity.verifierKey);
    await addMany(log, 3);
    await mirror.copy();
    await addMany(log, 4);
    expect(await mirror.copy()).toMatchObject({ previous: 4, checkpoint: { size: 8 }, beside: true });
    expect(readdirSync(join(folder, 'tile/entries/000.p'))).toEqual(['8']);
    await log.close();
  });

  it('of a log that is no Countersign log has tiles only', async () => {
    const log = new FakeLog().grow(300);
    const mirror = new Mirror(new MirrorFiles(folder), {
      url: log.url,
      fetch: log.fetch,
      verifierKey: log.verifierKey,
    });
    expect(await mirror.copy()).toMatchObject({ beside: false, checkpoint: { size: 300 } });
    expect(existsSync(join(folder, 'beside'))).toBe(false);
  });

  it('of one log takes no other', async () => {
    await mirrorOf().copy();
    const other = new FakeLog().grow(1);
    const mirror = new Mirror(new MirrorFiles(folder), {
      url: other.url,
      fetch: other.fetch,
      verifierKey: other.verifierKey,
    });
    await expect(mirror.copy()).rejects.toMatchObject({ code: 'file_unreadable' });
  });
});

describe('a copy that was interrupted', () => {
  it('has no checkpoint, and goes on from the bundles that it has', async () => {
    await expect(mirrorOf(breakingAt('tile/entries/001')).copy()).rejects.toMatchObject({ code: 'unreachable' });
    expect(existsSync(join(folder, 'checkpoint'))).toBe(false);
    requested.length = 0;
    await mirrorOf(counting).copy();
    expect(requested.filter((url) => url.includes('tile/entries/000') || url.includes('mirror?from=64'))).toEqual([]);
    expect((await mirrorOf().stored())?.size).toBe(served.log.head().size);
  });

  it('asks again for a bundle that was damaged meanwhile', async () => {
    await mirrorOf(breakingAt('tile/entries/001'))
      .copy()
      .catch(() => undefined);
    const path = join(folder, 'tile/entries/000');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.with(300, bytes[300]! ^ 1));
    await mirrorOf().copy();
    expect(toHex(read('tile/entries/000'))).toBe(toHex(bytes));
  });
});

describe('what changes beside a leaf that was copied', () => {
  it('is copied again: a payload that comes later, and one that is erased', async () => {
    const log = join(folder, 'log');
    const { first, later } = latePayload();
    let opened = await createInlineLog({ folder: log });
    await opened.add(first);
    await addMany(opened, 300);
    const copy = async () => {
      const { fetch: fetchIt } = await inlineApp(undefined, opened);
      return mirrorOf(fetchIt, opened.identity.verifierKey).copy();
    };
    const isCopied = () => read('beside/000.jsonl').includes(later.envelope.payload);
    await copy();
    expect(isCopied()).toBe(false);
    await opened.add(later);
    expect([(await copy()).refreshed, isCopied()]).toEqual([1, true]);
    await opened.close();
    await erasePayload(inlineSettings(log), { index: 1 }, 'a test');
    opened = openInlineLog({ folder: log });
    expect([(await copy()).refreshed, isCopied()]).toEqual([1, false]);
    await opened.close();
  });

  it('is copied again also where a round before came to no end', async () => {
    const { first, later } = latePayload();
    const log = await createInlineLog();
    await log.add(first);
    await addMany(log, 300);
    const { fetch: honest } = await inlineApp(undefined, log);
    let breaks = true;
    const mirror = mirrorOf(async (url, init) => {
      if (breaks && String(url).includes('tile/entries/001')) throw new TypeError('the connection broke');
      return honest(url, init);
    }, log.identity.verifierKey);
    await expect(mirror.copy()).rejects.toMatchObject({ code: 'unreachable' });
    breaks = false;
    await log.add(later);
    expect((await mirror.copy()).refreshed).toBe(1);
    expect(read('beside/000.jsonl').includes(later.envelope.payload)).toBe(true);
    await log.close();
  });
});

describe('a copy is not brought up', () => {
  it('by a payload that is not the one that was signed', async () => {
    const lying: typeof fetch = async (url, init) => {
      const answer = await served.fetch(url, init);
      if (!String(url).includes('/v1/mirror')) return answer;
      const page = await answer.json();
      for (const { payload } of page.entries) if (payload) payload.bytes = 'AAAA';
      return Response.json(page);
    };
    await expect(mirrorOf(lying).copy()).rejects.toMatchObject({ code: 'proof_invalid' });
    expect(existsSync(join(folder, 'checkpoint'))).toBe(false);
  });

  it('from a damaged copy', async () => {
    const log = await createInlineLog();
    const app = await inlineApp(undefined, log);
    await addMany(log, 3);
    await mirrorOf(app.fetch, log.identity.verifierKey).copy();
    const path = join(folder, 'tile/0/000.p/4');
    const bytes = readFileSync(path);
    bytes[0]! ^= 1;
    writeFileSync(path, bytes);
    await addMany(log, 1);
    await expect(mirrorOf(app.fetch, log.identity.verifierKey).copy()).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('its tiles do not give the root of its checkpoint'),
    });
    await log.close();
  });

  it('by a log that signs another history', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    await (await createInlineLog({ folder: a })).close();
    cpSync(a, b, { recursive: true });
    const [one, other] = [openInlineLog({ folder: a }), openInlineLog({ folder: b })];
    const copies = join(folder, 'copy');
    const copyOf = async (log: typeof one) => {
      const { fetch: fetchIt } = await inlineApp(undefined, log);
      const { verifierKey } = log.identity;
      return new Mirror(new MirrorFiles(copies), { url: 'http://log.test', fetch: fetchIt, verifierKey }).copy();
    };
    await addMany(one, 2);
    await addMany(other, 3);
    await copyOf(one);
    await expect(copyOf(other)).rejects.toBeInstanceOf(LogMisbehaviour);
    expect(readFileSync(join(copies, 'checkpoint'), 'utf8')).toBe(one.head().note);
    await Promise.all([one.close(), other.close()]);
  });

  it('by a log whose checkpoints its entries do not lead to', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    await (await createInlineLog({ folder: a })).close();
    cpSync(a, b, { recursive: true });
    const [one, other] = [openInlineLog({ folder: a }), openInlineLog({ folder: b })];
    await addMany(one, 1);
    await addMany(one, 2);
    await addMany(other, 1, 'other');
    const { fetch: honest } = await inlineApp(undefined, one);
    const lying: typeof fetch = async (url, init) => {
      const answer = await honest(url, init);
      if (!String(url).includes('/v1/mirror')) return answer;
      const page = await answer.json();
      page.checkpoints = page.checkpoints.map((note: string) => (note.includes('\n2\n') ? other.head().note : note));
      return Response.json(page);
    };
    const error = await mirrorOf(lying, one.identity.verifierKey)
      .copy()
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ evidence: { kind: 'inconsistent', notes: [other.head().note, one.head().note] } });
    await Promise.all([one.close(), other.close()]);
  });
});

describe('a served copy', () => {
  beforeEach(() => mirrorOf().copy());
  const get = (path: string, headers: Record<string, string> = {}) =>
    mirrorApp(new MirrorFiles(folder)).request(path, { headers });

  it('is a log to its readers, at every size that it implies', async () => {
    const app = mirrorApp(new MirrorFiles(folder));
    const { verifierKey } = served.log.identity;
    const client = new TileClient({
      url: 'http://mirror.test',
      fetch: async (url, init) => app.request(new Request(url, init)),
      verifierKey,
    });
    const head = await client.checkpoint();
    const leaves = [];
    for await (const leaf of client.leaves(0, head.size, head)) leaves.push(leaf);
    expect(leaves).toHaveLength(head.size);
    const partial = await get('/tile/0/001.p/7');
    expect((await partial.arrayBuffer()).byteLength).toBe(7 * 32);
  });

  it('has the pages that the log has', async () => {
    for (const from of [0, 64, 100, 256, 300]) {
      const [copied, own] = await Promise.all([get(`/v1/mirror?from=${from}`), served.get(`/v1/mirror?from=${from}`)]);
      expect(await copied.json()).toEqual(await own.json());
    }
  });

  it('may be kept by caches as the log’s own tiles may', async () => {
    const tile = await get('/tile/0/000');
    expect(tile.headers.get('cache-control')).toContain('immutable');
    expect((await get('/tile/0/000', { 'if-none-match': tile.headers.get('etag')! })).status).toBe(304);
    expect((await get('/checkpoint')).headers.get('cache-control')).toBe('public, max-age=1');
  });

  it('serves nothing but what is copied', async () => {
    for (const path of ['/tile/0/002', '/tile/entries/001.p/200', '/mirror.json', '/tile/../mirror.json', '/tile/0/x'])
      expect((await get(path)).status, path).toBeGreaterThanOrEqual(400);
  });

  it('can itself be copied', async () => {
    const app = mirrorApp(new MirrorFiles(folder));
    folder = scratch();
    const again = mirrorOf(async (url, init) => app.request(new Request(url, init)));
    expect(await again.copy()).toMatchObject({ beside: true, checkpoint: { size: served.log.head().size } });
    rmSync(folder, { recursive: true });
  });
});
