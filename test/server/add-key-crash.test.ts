/** A key that is being added while the program is killed: adding it again takes up what is there, and ends with one key. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createOlderLog } from '../older-log.ts';
import { Http } from './http.ts';
import { type Place, Process, refusal, run, start, useServers } from './running-server.ts';

const { place, folder } = useServers();
const ORIGIN = 'log.example.org';

async function older(): Promise<Place> {
  const at = place();
  await createOlderLog(at, ORIGIN);
  return at;
}

const flagsOf = ({ data, anchor }: Place) => ['--data', data, '--anchor', anchor];

/** Each key file as it is now. */
function keyFiles({ data }: Place, role: string): Record<string, string> {
  const keys = join(data, 'keys');
  const names = readdirSync(keys).filter((name) => name.startsWith(role) && !name.endsWith('.new'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(keys, name), 'utf8')]));
}

it.each([
  ['rekor-v1', 'key-written', undefined],
  ['rekor-v1', 'key-placed', 'wrong_key'],
  ['rekor-v1', 'begun', 'wrong_key'],
  ['rekor-v1', 'before-commit', 'wrong_key'],
  ['rekor-v1', 'committed', undefined],
  ['rekor-v1', 'anchored', undefined],
  ['timestamp', 'key-written:2', 'wrong_key'],
  ['timestamp', 'key-placed', 'wrong_key'],
  ['timestamp', 'key-placed:2', 'wrong_key'],
  ['timestamp', 'before-commit', 'wrong_key'],
  ['timestamp', 'committed', undefined],
])('the %s key, killed at the point %s', async (role, point, refused) => {
  const where = await older();
  const flags = flagsOf(where);
  const killed = new Process(['add-key', role, ...flags], { COUNTERSIGN_CRASH_AT: point });
  expect(await killed.exited).toMatchObject({ signal: 'SIGKILL' });
  const left = keyFiles(where, role);
  if (refused !== undefined) {
    expect(await refusal(where, { flags: [] })).toMatchObject({ errorCode: refused, code: 78 });
  }
  expect(await run('add-key', role, ...flags)).toMatchObject({ code: 0 });
  // What was made stays what it was.
  expect(keyFiles(where, role)).toMatchObject(left);

  const server = await start(where, { flags: [] });
  expect(server.size).toBe(2);
  const http = new Http(server.url);
  const { rekorV1 } = JSON.parse((await http.send('GET', '/v1/log')).body.toString()) as { rekorV1?: unknown };
  expect(rekorV1).toEqual(role === 'rekor-v1' ? expect.objectContaining({ namedAt: 1 }) : undefined);
  http.close();
  await server.process.stop();
  expect(await run('fsck', '--data', where.data)).toMatchObject({ code: 0 });
});

it('a log with keys that were added serves their doors, and its look-ups find the statements', async () => {
  const where = await older();
  for (const role of ['rekor-v1', 'timestamp']) await run('add-key', role, ...flagsOf(where));
  const server = await start(where);
  const http = new Http(server.url);
  const json = async (path: string) => JSON.parse((await http.send('GET', path)).body.toString());
  expect(await json('/v1/log')).toMatchObject({ rekorV1: { namedAt: 1 }, timestampAuthority: { namedAt: 2 } });
  expect((await http.send('GET', '/api/v1/log')).status).toBe(200);
  const found = await json('/v1/entries?predicateType=urn:countersign:statement:key:v1');
  expect(found.entries.map(({ index }: { index: number }) => index)).toEqual([2, 1]);
  // The command proves that the log itself names the keys.
  const to = ['--log-key', server.verifierKey, '--out', join(folder(), 'sigstore')];
  expect(await run('sigstore-config', '--url', server.url, ...to)).toMatchObject({ code: 0 });
  http.close();
  await server.process.stop();
});
