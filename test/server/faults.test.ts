/** What passes by itself pauses writes and nothing else: a full disk, an anchor that cannot be written. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, Http, problemOf } from './http.ts';
import { type Place, run, start, useServers } from './running-server.ts';
import { signedArtifact, signedStatement } from './signed.ts';

const { place, folder } = useServers();

const MEGABYTE = 1024 * 1024;

const mounts: string[] = [];
// Runs before the servers are ended, so the file system is let go of lazily.
afterEach(() => {
  for (const path of mounts.splice(0)) spawnSync('umount', ['--lazy', path]);
});

/** A file system of its own, of a size that can be filled. */
function smallDisk(megabytes: number): string {
  const path = folder();
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  if (status !== 0) throw new Error(`no file system could be mounted: ${stderr}`);
  mounts.push(path);
  return path;
}

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** Takes all but so many bytes of a file system. The returned function gives them back. */
function fill(disk: string, left: number): () => void {
  const { bavail, bsize } = statfsSync(disk);
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)));
  return () => rmSync(ballast);
}

function withReserve(bytes: number): readonly string[] {
  const config = join(folder(), 'countersign.yaml');
  writeFileSync(config, `admission: { open: true }\nstorage: { reserveBytes: ${bytes} }\n`);
  return ['--dev', '--config', config];
}

async function stopAndCheck(server: Awaited<ReturnType<typeof start>>, { data }: Place): Promise<void> {
  expect((await server.process.stop()).code).toBe(0);
  const { code, stdout } = await run('fsck', '--data', data);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^sound/)]);
}

describe.skipIf(!canMount)('a full disk (needs root, to mount a small one)', () => {
  it('pauses writes before the reserve is touched, and they resume by themselves', async () => {
    const disk = smallDisk(24);
    const log = { data: join(disk, 'data'), anchor: join(folder(), 'anchor') };
    const server = await start(log, { flags: withReserve(8 * MEGABYTE) });
    const http = new Http(server.url);
    const first = await http.log(signedArtifact());

    const free = fill(disk, 4 * MEGABYTE);
    const refused = problemOf(await http.submit(signedArtifact()));
    expect(refused).toEqual({ status: 503, code: 'storage_full', retryAfter: expect.any(Number) });
    expect(refused.retryAfter).toBeGreaterThan(0);
    expect((await http.get(`/v1/entries/${first.index}`)).status).toBe(200);
    expect((await http.get(`/v1/proofs/inclusion?index=${first.index}`)).status).toBe(200);
    expect(problemOf(await http.get('/readyz'))).toMatchObject({ status: 503, code: 'storage_full' });

    free();
    const resumed = await eventually(
      () => http.submit(signedArtifact()),
      ({ status }) => status === 201,
    );
    expect(JSON.parse(resumed.body.toString())).toMatchObject({ index: first.index + 1 });
    expect((await http.get('/readyz')).status).toBe(200);
    await stopAndCheck(server, log);
  });

  it('met in the middle of a commit rolls the batch back, whole', async () => {
    const disk = smallDisk(16);
    const log = { data: join(disk, 'data'), anchor: join(folder(), 'anchor') };
    const server = await start(log, { flags: withReserve(0) });
    const http = new Http(server.url);
    await http.log(signedArtifact());
    const before = await http.head();

    const free = fill(disk, 64 * 1024);
    // More than is left, in one transaction: SQLite itself finds that there is no space.
    const results = await http.logBatch(Array.from({ length: 500 }, () => signedStatement().whole));
    const codes = results.map((result) => ('error' in result ? result.error.code : 'logged'));
    expect(codes).toContain('storage_full');
    const logged = codes.filter((code) => code === 'logged').length;
    expect(codes.filter((code) => code === 'storage_full')).toHaveLength(500 - logged);
    expect((await http.head()).size).toBe(before.size + logged);
    expect((await http.get('/v1/entries/1')).status).toBe(200);

    free();
    const { body } = await eventually(
      () => http.submit(signedArtifact()),
      ({ status }) => status === 201,
    );
    expect(JSON.parse(body.toString())).toMatchObject({ index: before.size + logged });
    await stopAndCheck(server, log);
  });
});

describe('an anchor that cannot be written', () => {
  it('holds the batch unpublished, pauses writes, and both go on once it can', async () => {
    const { data } = place();
    const home = join(folder(), 'state');
    const log = { data, anchor: join(home, 'anchors', 'anchor') };
    const server = await start(log);
    const http = new Http(server.url);
    await http.log(signedArtifact());
    const before = await http.head();

    renameSync(home, `${home}-away`);
    rmSync(`${home}-away`, { recursive: true });
    const held = signedArtifact();
    expect(problemOf(await http.submit(held))).toMatchObject({ status: 503, code: 'anchor_unwritable' });
    expect(await http.head()).toEqual(before);
    expect(problemOf(await http.submit(signedArtifact()))).toMatchObject({ status: 503, code: 'anchor_unwritable' });
    expect((await http.get('/v1/entries/1')).status).toBe(200);
    expect(problemOf(await http.get('/v1/entries/2'))).toMatchObject({ status: 404, code: 'not_yet_published' });

    mkdirSync(dirname(log.anchor), { recursive: true });
    await eventually(
      () => http.head(),
      ({ size }) => size === before.size + 1,
    );
    // It was committed when it was refused: sending it again finds it.
    expect(
      await eventually(
        () => http.submit(held),
        ({ status }) => status !== 503,
      ),
    ).toMatchObject({ status: 200 });
    await stopAndCheck(server, log);
    expect((await start(log)).size).toBe(before.size + 1);
  });

  it('does not keep the server from stopping', async () => {
    const { data } = place();
    const home = join(folder(), 'state');
    const log = { data, anchor: join(home, 'anchor') };
    const server = await start(log);
    const http = new Http(server.url);
    await http.log(signedArtifact());
    rmSync(home, { recursive: true });
    const held = signedArtifact();
    expect(problemOf(await http.submit(held))).toMatchObject({ code: 'anchor_unwritable' });
    // With what it could not finish, and why, in its exit code.
    expect((await server.process.stop()).code).toBe(70);
    const again = await start(log);
    expect(await new Http(again.url).log(held)).toMatchObject({ index: 2, duplicate: true });
  });
});

describe('a second writer', () => {
  it('that writes the anchor stops the log: exit 70, and nothing more is acknowledged', async () => {
    const log = place();
    const server = await start(log);
    const http = new Http(server.url);
    await http.log(signedArtifact());
    // What such a writer would leave: the same log's record, of another history.
    const other = place();
    await run('init', '--dev', '--data', other.data, '--anchor', other.anchor);
    writeFileSync(log.anchor, readFileSync(other.anchor));
    const refused = await http.submit(signedArtifact()).catch(() => undefined);
    expect(refused?.status ?? 503).toBe(503);
    expect(await server.process.exited).toMatchObject({ code: 70, stderr: expect.stringMatching(/second writer/) });
  });

  it('that moves the head stops the log: exit 70, and nothing more is acknowledged', async () => {
    const log = place();
    const server = await start(log);
    const http = new Http(server.url);
    await http.log(signedArtifact());
    const db = new Database(join(log.data, 'log.db'));
    db.exec('UPDATE head SET size = size + 1, root = zeroblob(32)');
    db.close();
    const refused = await http.submit(signedArtifact()).catch(() => undefined);
    expect(refused?.status ?? 503).toBe(503);
    expect(await server.process.exited).toMatchObject({ code: 70, stderr: expect.stringMatching(/head/) });
  });

  it('that holds the database lets nothing be acknowledged', async () => {
    const log = place();
    const server = await start(log);
    const http = new Http(server.url);
    const db = new Database(join(log.data, 'log.db'));
    db.exec('BEGIN IMMEDIATE');
    const refused = await http.submit(signedArtifact()).catch(() => undefined);
    expect(refused?.status ?? 503).toBe(503);
    expect((await server.process.exited).code).toBe(70);
    db.close();
  });
});
