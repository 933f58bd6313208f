/** The commands that keep a copy of a log, and make a log of a copy. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FakeLog } from '../client/fake-log.ts';
import { inlineApp } from '../http/inline-app.ts';
import { createInlineLog, openInlineLog } from '../inline-log.ts';
import { addMany } from '../mirror/story.ts';
import { countersign, scratch } from './harness.ts';

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
