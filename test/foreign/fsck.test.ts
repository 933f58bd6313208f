/** Tessera's fsck: fetches every entry bundle, builds every tile anew, and compares bytes, root and signature. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../../src/http/server.ts';
import { Mirror } from '../../src/mirror/mirror.ts';
import { mirrorApp } from '../../src/mirror/mirror-app.ts';
import { MirrorFiles } from '../../src/mirror/mirror-files.ts';
import { corruptingProxy } from './corrupting-proxy.ts';
import { CACHE, goProgram, type Program, run, skipWhereAbsent } from './programs.ts';
import { type Server, startServer } from './server.ts';
import { growTo } from './submissions.ts';

/** Past the first full tile of level 1, so that level 2 has a tile. */
const LARGE = 65_537;

let program: Program;
let server: Server;

beforeAll(async () => {
  program = await goProgram('github.com/transparency-dev/tessera/cmd/fsck', 'v1.0.4');
  if (program.absent === undefined) server = await startServer();
});
afterAll(async () => await server?.stop());
skipWhereAbsent(() => program);

/** The size that fsck found whole, or its complaint. Version 1.0.4 exits 0 whatever it has found, so its words decide. */
async function fsck({
  url,
  verifierKey,
}: Pick<Server, 'url' | 'verifierKey'>): Promise<{ whole: number } | { complaint: string }> {
  const keyFile = join(CACHE, 'fsck.vkey');
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(keyFile, verifierKey);
  const { output } = await run(program.path, [
    `--storage_url=${url}/`,
    `--public_key=${keyFile}`,
    '--N=4',
    '--ui=false',
  ]);
  const size = /Successfully fsck'd log with size (\d+)/.exec(output)?.[1];
  const complaint = /fsck failed: (.{1,200})/.exec(output)?.[1];
  if (size !== undefined && complaint === undefined) return { whole: Number(size) };
  return { complaint: complaint ?? output };
}

// In growing order, on one log.
describe('a log that fsck finds whole', () => {
  it.each([1, 2, 255, 256, 257, 700])('has %d entries', async (size) => {
    await growTo(server, size);
    expect(await fsck(server)).toEqual({ whole: size });
  });

  it(`has ${LARGE} entries`, async (context) => {
    if (process.env.COUNTERSIGN_FOREIGN_LARGE !== '1') context.skip('takes long: set COUNTERSIGN_FOREIGN_LARGE=1');
    const large = await startServer();
    try {
      await growTo(large, LARGE);
      expect(await fsck(large)).toEqual({ whole: LARGE });
    } finally {
      await large.stop();
    }
  });
});

describe('a mirror that fsck finds whole', () => {
  it('has what the log has, as files and over HTTP', async () => {
    const folder = mkdtempSync(join(CACHE, 'mirror-'));
    const files = new MirrorFiles(folder);
    const { url, verifierKey } = server;
    await growTo(server, 700);
    await new Mirror(files, { url, verifierKey }).copy();
    const copy = await serve(mirrorApp(files), { host: '127.0.0.1', port: 0 });
    try {
      expect(await fsck({ url: `file://${folder}`, verifierKey })).toEqual({ whole: 700 });
      expect(await fsck({ url: copy.url, verifierKey })).toEqual({ whole: 700 });
    } finally {
      await copy.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('one bit that fsck notices', () => {
  let small: Server;
  beforeAll(async () => {
    if (program.absent !== undefined) return;
    small = await startServer();
    await growTo(small, 300);
  });
  afterAll(async () => await small?.stop());

  it.each([
    ['the checkpoint', '/checkpoint', 'checkpoint'],
    ['a full tile', '/tile/0/000', 'tile/0/000: log has'],
    ['a partial tile', '/tile/0/001.p/44', 'tile/0/001.p/44: log has'],
    ['a tile of level 1', '/tile/1/000.p/1', 'tile/1/000.p/1: log has'],
    // Every tile above it is wrong then, or a length in the bundle.
    ['a full entry bundle', '/tile/entries/000', /log has|AppendBundle/],
    ['a partial entry bundle', '/tile/entries/001.p/44', /log has|AppendBundle/],
  ])('in %s', async (_, path, complaint) => {
    const proxy = await corruptingProxy(small, path);
    try {
      expect(await fsck(proxy)).toEqual({ complaint: expect.stringMatching(complaint) });
      expect(proxy.corrupted()).toBe(1);
    } finally {
      await proxy.stop();
    }
  });
});
