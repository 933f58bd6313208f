/** A freeze that is killed: the log is whole, and either frozen or not; freezing it again tells which, and ends it. */
import { expect, it } from 'vitest';
import { Process, run, start, useServers } from './running-server.ts';

const { place } = useServers();

it.each([
  ['begun', 0],
  ['signed', 0],
  ['before-commit', 0],
  ['committed', 1],
  ['anchored', 1],
] as const)('at the point %s', async (point, code) => {
  const where = place();
  const flags = ['--data', where.data, '--anchor', where.anchor];
  expect(await run('init', '--dev', ...flags)).toMatchObject({ code: 0 });
  expect(await new Process(['freeze', ...flags], { COUNTERSIGN_CRASH_AT: point }).exited).toMatchObject({
    signal: 'SIGKILL',
  });
  // Where it was committed, the start found it, brought the anchor up, and says that the log is frozen already.
  expect(await run('freeze', ...flags)).toMatchObject({ code });
  const server = await start(where);
  expect(server).toMatchObject({ frozen: true, size: 2 });
  await server.process.stop();
  expect(await run('fsck', '--data', where.data)).toMatchObject({ code: 0 });
});
