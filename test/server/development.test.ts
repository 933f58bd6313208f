/** What `npm start` runs, with nothing said: a development log is made in ./data and served on loopback. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Announcement, Process, useServers } from './running-server.ts';

const { folder } = useServers();

it('makes a log in ./data of the working folder, and finds it again', async () => {
  const home = folder();
  // Only the port is said, since 3000 may be taken; the anchor goes to the user's state folder, which is this one here.
  const args = ['serve', '--dev', '--port', '0', '--format', 'jsonl'];
  const announced: Announcement[] = [];
  for (const _ of ['first', 'second']) {
    const server = new Process(args, { XDG_STATE_HOME: join(home, 'state') }, home);
    announced.push(JSON.parse((await server.firstLine()) as string) as Announcement);
    await server.stop();
  }
  expect(existsSync(join(home, 'data', 'log.db'))).toBe(true);
  expect(announced.map(({ size }) => size)).toEqual([1, 1]);
  expect(announced[0]!.origin).toBe(announced[1]!.origin);
  expect(announced[0]!.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
});

it('asks where the log lies when it is not a development log', async () => {
  const { code, stderr } = await new Process(['serve']).exited;
  expect([code, stderr]).toEqual([2, expect.stringMatching(/--data/)]);
});
