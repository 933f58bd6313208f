/** The commands that keep a copy of a log, and make a log of a copy. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FakeLog } from '../client/fake-log.ts';
import { inlineApp } from '../http/inline-app.ts';
import { createInlineLog, openInlineLog } from '../inline-log.ts';
import { addMany } from '../mirror/story.ts';
import { countersign, scratch } from './harness.ts';

it('copies a log, and recovers it from the copy', async () => {
  const folder = scratch();
  const log = await createInlineLog({ folder });
  await addMany(log, 5);
  const { fetch: fetchIt } = await inlineApp(undefined, log);
  const key = ['--log-key', log.identity.verifierKey];
  const copy = join(folder, 'copy');
  const mirrored = await countersign(['mirror', 'http://log.test', ...key, '--data', copy, '--once'], {
    fetch: fetchIt,
  });
  expect([mirrored.exit, mirrored.stdout]).toEqual([0, expect.stringContaining('6 entries copied')]);
  const { note } = log.head();
  await log.close();

  const keys = join(folder, 'keys');
  cpSync(join(folder, 'data/keys'), keys, { recursive: true });
  rmSync(join(folder, 'data'), { recursive: true });
  const place = ['--data', join(folder, 'data'), '--anchor', join(folder, 'anchor')];
  const recover = () => countersign(['recover', '--from', copy, ...key, ...place, '--keys', keys]);
  const recovered = await recover();
  expect([recovered.exit, recovered.stdout]).toEqual([0, expect.stringContaining('recovered the log log.example.org')]);
  cpSync(keys, join(folder, 'data/keys'), { recursive: true });
  const again = openInlineLog({ folder });
  expect(again.head().note).toBe(note);
  await again.close();
  const twice = await recover();
  expect([twice.exit, twice.stderr]).toEqual([78, expect.stringContaining('log.db is there already')]);
});

it('writes evidence where the log signed two histories, and keeps the copy as it was', async () => {
  const folder = scratch();
  const log = new FakeLog().grow(3);
  const args = ['mirror', log.url, '--log-key', log.verifierKey, '--data', folder, '--once'];
  await countersign(args, { log });
  const kept = readFileSync(join(folder, 'checkpoint'), 'utf8');
  log.lie = (path, honest) => (path === '/checkpoint' ? log.checkpoint(3, new Uint8Array(32)) : honest);
  const { exit, stderr } = await countersign(args, { log });
  expect(exit).toBe(4);
  const path = /evidence is in (\S+\.json)/.exec(stderr)?.[1] ?? '';
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ kind: 'two-roots' });
  expect(readFileSync(join(folder, 'checkpoint'), 'utf8')).toBe(kept);
});

it('serves the copy where it is told a port', async () => {
  const folder = scratch();
  const log = new FakeLog().grow(3);
  const args = ['mirror', log.url, '--log-key', log.verifierKey, '--data', folder, '--port', '0'];
  const stop = new AbortController();
  let note = '';
  const serving = countersign(args, {
    log,
    signal: stop.signal,
    told(text) {
      const url = /serves the copy at (\S+)/.exec(text)?.[1];
      if (url !== undefined) void readCopy(url).then(() => stop.abort());
    },
  });
  async function readCopy(url: string): Promise<void> {
    while (note === '') {
      const answer = await fetch(`${url}/checkpoint`);
      if (answer.ok) note = await answer.text();
    }
  }
  expect((await serving).exit).toBe(130);
  expect(note).toContain(`${log.origin}\n3\n`);
});

it('never copies into the directory of a log', async () => {
  const folder = scratch();
  mkdirSync(join(folder, 'data'));
  const log = await createInlineLog({ folder: join(folder, 'log') });
  await log.close();
  const data = join(folder, 'log/data');
  const { exit, stderr } = await countersign([
    'mirror',
    'http://log.test',
    '--log-key',
    log.identity.verifierKey,
    '--data',
    data,
  ]);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('holds a log')]);
  expect(existsSync(join(data, 'mirror.json'))).toBe(false);
});

it('says what is no mirror', async () => {
  const folder = scratch();
  const args = ['recover', '--from', join(folder, 'none'), '--log-key', new FakeLog().verifierKey, '--data', folder];
  const { exit, stderr } = await countersign(args);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('there is no mirror at')]);
});
