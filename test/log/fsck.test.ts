import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fromBase64, toHex, utf8 } from '../../src/core/bytes.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import { fsck } from '../../src/log/fsck.ts';
import type { LogRows } from '../../src/log/ports.ts';
import { tilePosition } from '../../src/storage/sqlite/log-rows.ts';
import { dataPaths } from '../../src/threads/paths.ts';
import { envelope, hashOf, IN_TOTO, statement, testKey } from '../fixtures/make.ts';
import { createInlineLog, type InlineLog, openInlineLog } from '../inline-log.ts';
import { temporaryFolder } from '../server/folder.ts';
import { type Damage, damageTo } from './damage.ts';
import { flipped } from './large-log.ts';

/** Made once, and copied for each test that damages it. */
const template = temporaryFolder();
beforeAll(async () => {
  const made = await createInlineLog({ folder: template.path });
  const key = testKey('p256');
  const submission = (n: number) => ({ envelope: envelope(statement(undefined, { n }), [key]), publicKey: key.pem });
  for (const [from, to] of [
    [0, 100],
    [100, 299],
    [299, 310],
  ] as const) {
    const lines = Array.from({ length: to - from }, (_, i) => JSON.stringify(submission(from + i)));
    const body = new Uint8Array(utf8(lines.join('\n')));
    await made.submit({ format: 'ndjson', body, admitted: true });
  }
  await made.close();
  // Once more, so that no copy has to merge its index.
  await openInlineLog({ folder: template.path }).close();
});
afterAll(template.remove);

let log: InlineLog;
let damage: Damage;
beforeEach(() => {
  const copy = mkdtempSync(join(tmpdir(), 'countersign-fsck-'));
  cpSync(template.path, copy, { recursive: true });
  log = openInlineLog({ folder: copy }, true);
  damage = damageTo(dataPaths(`${log.folder}/data`).log);
});
afterEach(async () => {
  damage.close();
  await log.close();
});

const check = (rows: LogRows = log.rows) => fsck(rows, log.identity);
const places = async () => (await check()).problems.map(({ at }) => at);

it('finds nothing wrong with a sound log, and says what it looked at', async () => {
  const seen: [number, number][] = [];
  const report = await fsck(log.rows, log.identity, { progress: (checked, size) => seen.push([checked, size]) });
  expect(report).toMatchObject({ size: 311, entries: 311, tiles: 1, checkpoints: 4, payloads: 311, problems: [] });
  expect(toHex(report.root)).toBe(toHex(log.head().root));
  expect(seen.at(-1)).toEqual([311, 311]);
});

it('finds nothing wrong with a log that goes on while it is checked', async () => {
  const key = testKey('p256');
  const late = envelope(statement(undefined, { late: true }), [key]);
  const digest = hashOf('sha256', pae(IN_TOTO, fromBase64(late.payload)));
  const { sig } = late.signatures[0]!;
  await log.add({ artifact: { sha256: toHex(digest) }, signature: sig, publicKey: key.pem });
  const before = log.rows.head();
  // Its payload comes after the check has read the head, and before it reaches the entry.
  await log.add({ envelope: late, publicKey: key.pem });
  const heads = [before];
  const rows = new Proxy(log.rows, {
    get(target, name: keyof LogRows) {
      if (name === 'head') return () => heads.shift() ?? target.head();
      return (target[name] as () => unknown).bind(target);
    },
  });
  expect(log.rows.payloadState(before.size - 1)).toEqual({ countsFrom: before.size });
  expect(await check(rows)).toMatchObject({ size: before.size, problems: [] });
});

describe('reports', () => {
  it('a changed leaf, with all that rests on it', async () => {
    const { leaf } = log.rows.entry(120)!;
    damage.run(
      'UPDATE entries SET leaf = ? WHERE idx = 120',
      utf8(Buffer.from(leaf).toString().replace('"kind"', '"Kind"')),
    );
    expect(await places()).toEqual(['entry 120', 'entry 120', 'tile 0/0', 'checkpoint 300', 'checkpoint 311', 'head']);
  });

  it('a changed leaf hash, and nothing else', async () => {
    damage.run('UPDATE entries SET leaf_hash = ? WHERE idx = 120', flipped(log.rows.entry(120)!.leafHash, 3));
    expect(await places()).toEqual(['entry 120']);
  });

  it.each([0, 57, 256, 310])('a missing entry, %d', async (index) => {
    damage.run('DELETE FROM entries WHERE idx = ?', index);
    expect(await places()).toEqual([`entry ${index}`]);
  });

  it('an entry beyond the head', async () => {
    const { leaf, leafHash } = log.rows.entry(310)!;
    damage.run('INSERT INTO entries (idx, leaf, leaf_hash) VALUES (311, ?, ?)', leaf, leafHash);
    expect(await places()).toEqual(['entry 311']);
  });

  it('a changed tile', async () => {
    damage.run('UPDATE tiles SET hashes = ? WHERE position = 0', flipped(log.rows.tile(0, 0)!, 60_000));
    expect(await places()).toEqual(['tile 0/0']);
  });

  it('a changed tile root', async () => {
    damage.run('UPDATE tiles SET root = ? WHERE position = 0', flipped(log.rows.tileRoots(0, 0, 1), 60));
    expect(await places()).toEqual(['tile 0/0']);
  });

  it('a tile that is missing', async () => {
    damage.run('UPDATE tiles SET position = ? WHERE position = 0', tilePosition(4, 4));
    expect(await places()).toEqual(['tile 0/0']);
  });

  it('a changed payload', async () => {
    damage.run('UPDATE payloads SET bytes = ? WHERE idx = 44', flipped(log.rows.payload(44)!.bytes, 100));
    expect(await places()).toEqual(['payload 44']);
  });

  it('a payload of another type than was signed', async () => {
    damage.run("UPDATE payloads SET type = 'text/plain' WHERE idx = 44");
    expect(await places()).toEqual(['payload 44']);
  });

  it('a sound payload under another entry', async () => {
    const { bytes, sha256 } = log.rows.payload(45)!;
    damage.run('UPDATE payloads SET bytes = ?, sha256 = ? WHERE idx = 44', bytes, sha256);
    expect(await places()).toEqual(['payload 44']);
  });

  it('a payload that is marked as erased by an entry which is no tombstone', async () => {
    damage.run("UPDATE payloads SET bytes = x'', type = '', erased_by = 3 WHERE idx = 44");
    expect(await places()).toEqual(['payload 44']);
  });

  it('a payload that counts from an index at which nothing attaches it', async () => {
    damage.run('UPDATE payloads SET counts_from = 100 WHERE idx = 44');
    expect(await places()).toEqual(['payload 44']);
  });

  it('a payload that counts from beyond the head', async () => {
    damage.run('UPDATE payloads SET counts_from = 311 WHERE idx = 44');
    expect(await places()).toEqual(['payload 44']);
  });

  it('a checkpoint with another root', async () => {
    damage.run('UPDATE checkpoints SET root = ? WHERE size = 101', flipped(log.rows.checkpoint(101)!.root, 1));
    expect(await places()).toEqual(['checkpoint 101', 'checkpoint 101']);
  });

  it('a checkpoint with another time', async () => {
    damage.run('UPDATE checkpoints SET time = time + 1000000 WHERE size = 101');
    expect(await places()).toEqual(['checkpoint 101', 'checkpoint 300']);
  });

  it.each([0, 1])('a checkpoint whose signature %d is damaged', async (position) => {
    const lines = log.rows.checkpoint(101)!.note.split('\n');
    const line = lines.at(-3 + position)!;
    lines[lines.length - 3 + position] = `${line.slice(0, -12)}${line.at(-12) === 'A' ? 'B' : 'A'}${line.slice(-11)}`;
    damage.run('UPDATE checkpoints SET note = ? WHERE size = 101', lines.join('\n'));
    expect(await places()).toEqual(['checkpoint 101']);
  });

  it('a sound note of another size', async () => {
    damage.run('UPDATE checkpoints SET note = ? WHERE size = 101', log.rows.checkpoint(300)!.note);
    expect(await places()).toEqual(['checkpoint 101']);
  });

  it('a head with another root, time or note', async () => {
    const { root, note } = log.rows.head();
    damage.run('UPDATE head SET root = ?', flipped(root, 8));
    expect(await places()).toEqual(['head', 'head']);
    damage.run('UPDATE head SET root = ?, time = time + 1', root);
    expect(await places()).toEqual(['head']);
    damage.run('UPDATE head SET time = time - 1, note = ?', note.replace('311', '312'));
    expect(await places()).toEqual(['head']);
  });

  it('a head without a checkpoint', async () => {
    damage.run('DELETE FROM checkpoints WHERE size = 311');
    expect(await places()).toEqual(['head']);
  });

  it('the first hundred problems only', async () => {
    const other = flipped(log.rows.entry(0)!.leafHash, 8);
    for (let index = 0; index < 250; index++)
      damage.run('UPDATE entries SET leaf_hash = ? WHERE idx = ?', other, index);
    expect(await places()).toHaveLength(100);
  });
});
