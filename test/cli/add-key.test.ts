import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOlderLog } from '../older-log.ts';
import { countersign, lines, scratch } from './harness.ts';

let data: string;
let anchor: string;
beforeEach(async () => {
  const folder = scratch();
  data = join(folder, 'data');
  anchor = join(folder, 'anchor');
  await createOlderLog({ data, anchor }, 'log.example.org');
});

const addKey = (role: string, ...more: string[]) =>
  countersign(['add-key', role, '--data', data, '--anchor', anchor, ...more]);
const inKeys = (name: string) => join(data, 'keys', name);

describe('countersign add-key', () => {
  it('says which entry names the key, and the second time that it was there', async () => {
    const first = await addKey('rekor-v1');
    expect([first.exit, first.stdout]).toEqual([
      0,
      expect.stringMatching(/has a key for clients of Rekor v1 from now on.*entry 1 names it/),
    ]);
    expect(await addKey('rekor-v1')).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/already: its entry 1 names it/),
    });
  });

  it('writes the same as JSON', async () => {
    const { stdout } = await addKey('timestamp', '--format', 'jsonl');
    expect(lines(stdout)).toEqual([
      expect.objectContaining({ origin: 'log.example.org', role: 'timestamp', added: true, namedAt: 1 }),
    ]);
  });

  it('knows two keys', async () => {
    expect(await addKey('statement')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('rekor-v1, timestamp'),
    });
  });
});

describe('countersign fsck', () => {
  const fsck = async () => {
    const { exit, stdout } = await countersign(['fsck', '--data', data, '--format', 'jsonl']);
    return [exit, (lines(stdout)[0]!.problems as { at: string; message: string }[]).map(({ message }) => message)];
  };

  it('compares the keys on disk with those that are named', async () => {
    await addKey('rekor-v1');
    expect(await fsck()).toEqual([0, []]);
    const [mine, other] = [inKeys('rekor-v1.key'), join(scratch(), 'other')];
    await createOlderLog({ data: other, anchor: join(other, 'anchor') }, 'log.example.org');
    await countersign(['add-key', 'rekor-v1', '--data', other, '--anchor', join(other, 'anchor')]);
    cpSync(join(other, 'keys', 'rekor-v1.key'), mine);
    expect(await fsck()).toEqual([1, [expect.stringContaining('is not the one that entry 1 of the log names')]]);
  });

  it('checks a log without its keys', async () => {
    await addKey('rekor-v1');
    rmSync(join(data, 'keys'), { recursive: true });
    expect(await fsck()).toEqual([0, []]);
  });
});
