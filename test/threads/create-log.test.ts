import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { openCheckpoint } from '../../src/core/checkpoint.ts';
import { verifierOf } from '../../src/core/note.ts';
import { readGenesisStatement } from '../../src/entry/submission/log-statement.ts';
import { Anchor } from '../../src/log/anchor.ts';
import { fsck } from '../../src/log/fsck.ts';
import { identityOf, publicPem, readKeys, readRekorV1Key } from '../../src/log/keys.ts';
import { readTimestampKey } from '../../src/log/timestamp/timestamp-key.ts';
import { openLogRows } from '../../src/storage/sqlite/log-rows.ts';
import { createLog } from '../../src/threads/create-log.ts';
import { dataPaths } from '../../src/threads/paths.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-create-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const data = () => join(folder, 'data');
const anchor = () => join(folder, 'state', 'anchor');
const create = (origin = 'log.example.org') => createLog(data(), dataPaths(data()), origin, anchor());

it('begins with a genesis that names the log, under a checkpoint of size 1', async () => {
  const { identity } = await create();
  const { rows, close } = openLogRows(dataPaths(data()).log);
  try {
    expect(rows.head().size).toBe(1);
    expect(openCheckpoint(rows.head().note, verifierOf(identity.verifierKey))).toMatchObject({ size: 1 });
    const genesis = readGenesisStatement(rows.payload(0)!.bytes);
    expect(toHex(genesis.logId)).toBe(toHex(identity.logId));
    expect(genesis).toMatchObject({
      origin: 'log.example.org',
      checkpointKey: identity.verifierKey,
      timeKey: identity.timeVerifierKey,
      statementKey: identity.statementKey,
      timestampChain: readTimestampKey(dataPaths(data()).keys).chainPem,
      rekorV1Key: publicPem(readRekorV1Key(dataPaths(data()).keys)),
      time: rows.head().time,
    });
    expect((await fsck(rows, identity)).problems).toEqual([]);
  } finally {
    close();
  }
});

it('leaves keys that only their owner can read, and that are the pinned ones', async () => {
  const { identity } = await create();
  const { keys } = dataPaths(data());
  expect(statSync(keys).mode & 0o777).toBe(0o700);
  const modes = readdirSync(keys).map((name) => [name, statSync(join(keys, name)).mode & 0o777]);
  expect(Object.fromEntries(modes)).toEqual({
    'checkpoint.key': 0o600,
    'rekor-v1.key': 0o600,
    'statement.key': 0o600,
    'time.key': 0o600,
    'timestamp-chain.pem': 0o600,
    'timestamp.key': 0o600,
  });
  expect(identityOf('log.example.org', readKeys(keys))).toEqual(identity);
});

it('leaves an anchor at the first head', async () => {
  const { identity } = await create();
  const { anchor: opened, record } = Anchor.open(anchor())!;
  opened.close();
  expect(record.size).toBe(1);
  expect(toHex(record.logId)).toBe(toHex(identity.logId));
});

describe('refuses', () => {
  it('to create a log over another, and leaves that one alone', async () => {
    await create();
    const before = readFileSync(join(dataPaths(data()).keys, 'checkpoint.key'));
    await expect(create('other.example.org')).rejects.toThrow(expect.objectContaining({ code: 'log_exists' }));
    expect(readFileSync(join(dataPaths(data()).keys, 'checkpoint.key'))).toEqual(before);
  });

  it('to replace keys that are there', async () => {
    const { keys } = dataPaths(data());
    mkdirSync(keys, { recursive: true });
    writeFileSync(join(keys, 'time.key'), 'a key');
    await expect(create()).rejects.toThrow(expect.objectContaining({ code: 'log_exists' }));
    expect(readdirSync(keys)).toEqual(['time.key']);
    expect(existsSync(dataPaths(data()).log)).toBe(false);
  });

  it.each(['', 'Log.example.org', 'https://log.example.org', 'log.example.org:8080', 'log.example.org/x', 'a b', '-a'])(
    'the origin %j, and creates nothing',
    async (origin) => {
      await expect(create(origin)).rejects.toThrow(expect.objectContaining({ code: 'config_invalid' }));
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
