/** An erasure that is killed: nothing has happened, or the next start finishes it; and what is left says which. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fsck } from '../../src/log/fsck.ts';
import { openLogRows } from '../../src/storage/sqlite/log-rows.ts';
import { temporaryFolder } from './folder.ts';
import { Http } from './http.ts';
import { type Place, Process, run, start, useServers } from './running-server.ts';
import { copyOf, makeTemplate, type Template } from './template.ts';

const { place } = useServers();
const folder = temporaryFolder();
let template: Template;
beforeAll(async () => {
  template = await makeTemplate({ data: join(folder.path, 'data'), anchor: join(folder.path, 'anchor') }, 3);
});
afterAll(folder.remove);

/** True where any file of the data directory holds the subject of the statement that is erased. */
function isThere({ data }: Place): boolean {
  const files = readdirSync(data, { withFileTypes: true }).filter((file) => file.isFile());
  return files.some(({ name }) => readFileSync(join(data, name)).includes(template.subject.digest));
}

async function problemsOf({ data }: Place): Promise<unknown[]> {
  const { rows, close } = openLogRows(join(data, 'log.db'));
  try {
    return (await fsck(rows, rows.identity())).problems;
  } finally {
    close();
  }
}

it.each([
  ['before-commit', 'stored'],
  ['committed', 'erased'],
  ['index-cleared', 'erased'],
  ['rewritten', 'erased'],
] as const)('at the point %s', async (point, outcome) => {
  const where = copyOf(template.place, place());
  const flags = ['--data', where.data, '--anchor', where.anchor, '--index', String(template.subject.index)];
  const erase = ['erase', ...flags, '--reason', 'a test', '--yes'];
  const killed = await new Process(erase, { COUNTERSIGN_CRASH_AT: point }).exited;
  expect(killed).toMatchObject({ signal: 'SIGKILL' });
  const { rows, close } = openLogRows(join(where.data, 'log.db'));
  expect(rows.payloadState(template.subject.index)).toEqual(outcome === 'erased' ? 'erased' : expect.anything());
  close();
  // Where it was committed, the start finished it, and says that it is erased already.
  expect(await run(...erase)).toMatchObject({ code: outcome === 'erased' ? 1 : 0 });
  expect(isThere(where)).toBe(false);
  expect(await problemsOf(where)).toEqual([]);
});

it('a server that starts after a kill finishes what was begun, and answers 410', async () => {
  const where = copyOf(template.place, place());
  const flags = ['--data', where.data, '--anchor', where.anchor, '--index', String(template.subject.index)];
  await new Process(['erase', ...flags, '--reason', 'a test', '--yes'], { COUNTERSIGN_CRASH_AT: 'committed' }).exited;
  expect(isThere(where)).toBe(true);
  const server = await start(where, { flags: [] });
  const { status, body } = await new Http(server.url).get(`/v1/entries/${template.subject.index}/payload`);
  expect([status, JSON.parse(body.toString())]).toEqual([
    410,
    expect.objectContaining({ code: 'payload_erased', reason: 'a test' }),
  ]);
  await server.process.stop();
  expect(isThere(where)).toBe(false);
});
