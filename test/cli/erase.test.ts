import { join } from 'node:path';
import { expect, it } from 'vitest';
import { envelope, statement, testKey } from '../fixtures/make.ts';
import { createInlineLog } from '../inline-log.ts';
import { countersign, scratch } from './harness.ts';

it('shows first, erases where it is told yes, and says where that is logged', async () => {
  const folder = scratch();
  const log = await createInlineLog({ folder });
  const key = testKey('p256');
  await log.add({ envelope: envelope(statement(), [key]), publicKey: key.pem });
  await log.close();
  const place = ['--data', join(folder, 'data'), '--anchor', join(folder, 'anchor')];
  const erase = (...more: string[]) => countersign(['erase', ...place, '--index', '1', '--reason', 'a test', ...more]);

  const shown = await erase();
  expect([shown.exit, shown.stdout]).toEqual([2, expect.stringContaining('nothing is erased yet')]);
  const done = await erase('--yes', '--format', 'json');
  expect([done.exit, JSON.parse(done.stdout)]).toEqual([
    0,
    expect.objectContaining({ schema: 'countersign/erase/v1', erased: true, leaves: [1], erasedAt: 2, size: 3 }),
  ]);
  const again = await erase('--yes');
  expect([again.exit, again.stderr]).toEqual([1, expect.stringContaining('erased already, by entry 2')]);
});
