import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { keyStatement, readKeyStatement } from '../../src/entry/submission/log-statement.ts';
import { Anchor } from '../../src/log/anchor.ts';
import { fsck } from '../../src/log/fsck.ts';
import { makeRekorV1Key, publicPem, readKeys, readRekorV1Key } from '../../src/log/keys.ts';
import type { KeyRole } from '../../src/log/named-keys.ts';
import { createTimestampKey, readTimestampKey } from '../../src/log/timestamp/timestamp-key.ts';
import { openLogRows } from '../../src/storage/sqlite/log-rows.ts';
import { addKey } from '../../src/threads/add-key.ts';
import { freezeLog } from '../../src/threads/freeze-log.ts';
import { dataPaths } from '../../src/threads/paths.ts';
import { envelope, statement, testKey } from '../fixtures/make.ts';
import { type InlineLog, inlineSettings, openInlineLog } from '../inline-log.ts';
import { damageTo } from '../log/damage.ts';
import { createOlderLog } from '../older-log.ts';

let folder: string;
let log: InlineLog | undefined;
const key = testKey('p256');
const ROLES: KeyRole[] = ['rekor-v1', 'timestamp'];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-add-key-'));
  await createOlderLog({ data: join(folder, 'data'), anchor: join(folder, 'anchor') }, 'log.example.org');
});
afterEach(async () => {
  await log?.close();
  log = undefined;
  rmSync(folder, { recursive: true });
});

const paths = () => dataPaths(join(folder, 'data'));
const inKeys = (name: string) => join(paths().keys, name);
const add = (role: KeyRole) => addKey(inlineSettings(folder), role);
const open = () => {
  log = openInlineLog({ folder });
  return log;
};

/** What fsck has to say. */
async function problems() {
  const { rows, close } = openLogRows(paths().log);
  try {
    return (await fsck(rows, rows.identity())).problems;
  } finally {
    close();
  }
}

describe('adding a key', () => {
  it('makes the file, and names it by a statement under a checkpoint and an anchor of its own', async () => {
    const { identity, named, added } = await add('rekor-v1');
    const pem = publicPem(readRekorV1Key(paths().keys));
    expect([added, named]).toEqual([true, { index: 1, pem }]);
    expect(statSync(inKeys('rekor-v1.key')).mode & 0o777).toBe(0o600);
    const { origin, logId, time } = readKeyStatement(open().rows.payload(1)!.bytes);
    expect([origin, toHex(logId), time]).toEqual([identity.origin, toHex(identity.logId), log!.head().time]);
    expect(await problems()).toEqual([]);
    const anchor = Anchor.open(join(folder, 'anchor'))!;
    anchor.anchor.close();
    expect([anchor.record?.size, toHex(anchor.record!.root)]).toEqual([2, toHex(log!.head().root)]);
  });

  it('is the key that the log then works with, wherever the log has grown to', async () => {
    expect(open().rekorV1).toBeUndefined();
    await log!.add({ envelope: envelope(statement(), [key]), publicKey: key.pem });
    await log!.close();
    const { named } = await add('rekor-v1');
    await open().add({ envelope: envelope(statement('cd'.repeat(32)), [key]), publicKey: key.pem });
    await log!.close();
    expect(open().namedKeys).toEqual({ 'rekor-v1': named });
    expect(log!.rekorV1!.identity.publicKey).toBe(named.pem);
    expect([named.index, log!.head().size]).toEqual([2, 4]);
  });

  it('adds the timestamp key with its certificates', async () => {
    const { named } = await add('timestamp');
    expect(named).toEqual({ index: 1, pem: readTimestampKey(paths().keys).chainPem });
    expect(statSync(inKeys('timestamp.key')).mode & 0o777).toBe(0o600);
    expect(open().namedKeys).toEqual({ timestamp: named });
  });

  it('adds one key after the other', async () => {
    await add('timestamp');
    await add('rekor-v1');
    expect(open().namedKeys).toMatchObject({ timestamp: { index: 1 }, 'rekor-v1': { index: 2 } });
    expect(await problems()).toEqual([]);
  });

  it.each(ROLES)('a second time changes nothing: %s', async (role) => {
    const { named } = await add(role);
    const { rows, close } = openLogRows(paths().log);
    const before = rows.head();
    close();
    expect(await add(role)).toMatchObject({ named, added: false });
    expect(open().head()).toMatchObject({ size: before.size, note: before.note });
  });

  it('changes nothing in a log that was made with the keys', async () => {
    await add('rekor-v1');
    rmSync(join(folder, 'data'), { recursive: true });
    rmSync(join(folder, 'anchor'));
    const { createInlineLog } = await import('../inline-log.ts');
    log = await createInlineLog({ folder });
    await log.close();
    expect(await add('timestamp')).toMatchObject({ named: { index: 0 }, added: false });
    expect(open().head().size).toBe(1);
  });
});

describe('what an interrupted attempt left is taken up:', () => {
  it('a key without its statement', async () => {
    makeRekorV1Key(paths().keys);
    const before = readFileSync(inKeys('rekor-v1.key'));
    expect(await add('rekor-v1')).toMatchObject({ added: true, named: { index: 1 } });
    expect(readFileSync(inKeys('rekor-v1.key'))).toEqual(before);
  });

  it('a timestamp key without certificates', async () => {
    await createTimestampKey(paths().keys, 'log.example.org', 1_790_000_000);
    rmSync(inKeys('timestamp-chain.pem'));
    const before = readFileSync(inKeys('timestamp.key'));
    await add('timestamp');
    expect(readFileSync(inKeys('timestamp.key'))).toEqual(before);
    expect(open().namedKeys.timestamp?.pem).toBe(readTimestampKey(paths().keys).chainPem);
  });

  it('a file that was not written to its end', async () => {
    writeFileSync(inKeys('rekor-v1.key.new'), '-----BEGIN');
    await add('rekor-v1');
    expect(readdirSync(paths().keys)).toContain('rekor-v1.key');
    expect(readdirSync(paths().keys)).not.toContain('rekor-v1.key.new');
  });
});

describe('is refused', () => {
  const size = () => {
    const { rows, close } = openLogRows(paths().log);
    try {
      return rows.head().size;
    } finally {
      close();
    }
  };

  it('where the named key is lost: none is made in its place', async () => {
    await add('rekor-v1');
    rmSync(inKeys('rekor-v1.key'));
    await expect(add('rekor-v1')).rejects.toMatchObject({ code: 'config_invalid' });
    expect([readdirSync(paths().keys).includes('rekor-v1.key'), size()]).toEqual([false, 2]);
  });

  it('where another key lies in its place', async () => {
    await add('rekor-v1');
    rmSync(inKeys('rekor-v1.key'));
    makeRekorV1Key(paths().keys);
    await expect(add('rekor-v1')).rejects.toMatchObject({ code: 'wrong_key' });
  });

  it('where what lies there is no key', async () => {
    writeFileSync(inKeys('rekor-v1.key'), 'no key', { mode: 0o600 });
    await expect(add('rekor-v1')).rejects.toMatchObject({ code: 'config_invalid' });
    expect(readFileSync(inKeys('rekor-v1.key'), 'utf8')).toBe('no key');
  });

  it('where certificates lie there without their key', async () => {
    writeFileSync(inKeys('timestamp-chain.pem'), 'a chain');
    await expect(add('timestamp')).rejects.toMatchObject({ code: 'config_invalid' });
    expect(readdirSync(paths().keys)).not.toContain('timestamp.key');
  });

  it('by a frozen log, which gets no file either', async () => {
    await freezeLog(inlineSettings(folder));
    await expect(add('rekor-v1')).rejects.toMatchObject({ code: 'log_frozen' });
    expect(readdirSync(paths().keys)).not.toContain('rekor-v1.key');
  });

  it('where there is no anchor, as every write is', async () => {
    rmSync(join(folder, 'anchor'));
    await expect(add('rekor-v1')).rejects.toMatchObject({ code: 'reads_only' });
    expect(readdirSync(paths().keys)).not.toContain('rekor-v1.key');
  });

  it('while a server has the log open', async () => {
    open();
    await expect(add('rekor-v1')).rejects.toMatchObject({ code: 'already_running' });
  });
});

describe('a key is named by nothing else', () => {
  /** The words of a statement for the next index, in an envelope of whoever holds the key. */
  const words = (signer = key) => {
    const { origin, logId } = log!.identity;
    const stated = { origin, logId, index: log!.head().size, rekorV1Key: key.pem, time: 1 };
    return { envelope: envelope(keyStatement(stated), [signer]), publicKey: signer.pem };
  };

  it('not by its words in somebody else’s envelope', async () => {
    open();
    await log!.add(words());
    await log!.close();
    expect(open().namedKeys).toEqual({});
    expect(await problems()).toEqual([]);
  });

  it('not by a submission of the log’s own statement key', async () => {
    open();
    const own = { ...key, privateKey: readKeys(paths().keys).statement, pem: log!.identity.statementKey };
    await expect(log!.add(words(own))).rejects.toMatchObject({ code: 'forbidden' });
    expect(log!.head().size).toBe(1);
  });
});

describe('damage', () => {
  it('of the pointer to the statement is found at the start, and by fsck', async () => {
    await add('rekor-v1');
    await open().add({ envelope: envelope(statement(), [key]), publicKey: key.pem });
    await log!.close();
    log = undefined;
    const damage = damageTo(paths().log);
    damage.run('UPDATE key_statements SET idx = 2');
    damage.close();
    expect(open).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect((await problems()).map(({ at }) => at)).toEqual(['entry 1', 'rekor-v1 key']);
  });

  it('that takes the pointer away leaves a key that nothing names', async () => {
    await add('rekor-v1');
    const damage = damageTo(paths().log);
    damage.run('DELETE FROM key_statements');
    damage.close();
    expect(open).toThrow(expect.objectContaining({ code: 'wrong_key' }));
    expect((await problems()).map(({ at }) => at)).toEqual(['entry 1']);
  });
});
