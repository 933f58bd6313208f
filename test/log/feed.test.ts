/** The feed of control statements in a real log: written, read back, audited, and damaged. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromBase64, toHex, utf8 } from '../../src/core/bytes.ts';
import { writeControlStatement } from '../../src/entry/control/control-statement.ts';
import { feedOf } from '../../src/entry/control/feed-leaf.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import { feedStatement, readFeedStatement } from '../../src/entry/submission/feed-statement.ts';
import { checkFeed } from '../../src/log/feed-check.ts';
import { fsck } from '../../src/log/fsck.ts';
import { readKeys } from '../../src/log/keys.ts';
import { dataPaths } from '../../src/threads/paths.ts';
import { Writer } from '../../src/threads/writer.ts';
import { controlSubmission, selfRevocation } from '../fixtures/control.ts';
import { envelope, hashOf, IN_TOTO, otherS, signMessage, statement, type TestKey, testKey } from '../fixtures/make.ts';
import { createInlineLog, type InlineLog, inlineSettings, openInlineLog } from '../inline-log.ts';
import { type Damage, damageTo } from './damage.ts';
import { flipped } from './large-log.ts';

const key = testKey('p256');
const code = (expected: string) => expect.objectContaining({ code: expected });

let log: InlineLog;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-feed-'));
  log = await createInlineLog({ folder });
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

const control = () => controlSubmission(selfRevocation(key), key);
const ordinary = (n: number) => ({ envelope: envelope(statement(undefined, { n }), [key]), publicKey: key.pem });
async function batch(...submissions: unknown[]) {
  const body = new Uint8Array(utf8(submissions.map((one) => JSON.stringify(one)).join('\n')));
  const outcomes = await log.submit({ format: 'ndjson', body, admitted: true });
  return outcomes.map(({ receipt, error }) => receipt?.index ?? error!.code);
}
const positions = () => log.reader.controlEvents(0, 100).map(({ position, entry }) => [position, entry.index]);

/** Two batches: entries 1 to 4 with two control statements, entry 5 alone, entries 6 and 7 with one. */
async function twoBatches(): Promise<void> {
  await batch(control(), ordinary(1), control());
  await batch(ordinary(2));
  await batch(control());
}

describe('a control statement', () => {
  it('is put into effect by a statement of the log, the last leaf of its batch', async () => {
    await twoBatches();
    expect(log.head().size).toBe(8);
    const named = log.reader.controlEvents(0, 10).map(({ position, entry, statement: at, batchStart }) => ({
      ...{ position, index: entry.index, at, batchStart },
    }));
    expect(named).toEqual([
      { position: 0, index: 1, at: 4, batchStart: 1 },
      { position: 1, index: 3, at: 4, batchStart: 1 },
      { position: 2, index: 6, at: 7, batchStart: 6 },
    ]);
  });

  it('makes a feed whose root is stated at every size', async () => {
    await twoBatches();
    const items = log.reader.controlEvents(0, 10).map(({ entry, payloadSha256 }) => ({ ...entry, payloadSha256 }));
    const at = (size: number) => {
      const { size: feedSize, root, statement: by } = log.reader.feedHead(size);
      return [feedSize, toHex(root), by];
    };
    expect(at(4)).toEqual([0, toHex(feedOf([]).root()), undefined]);
    expect(at(5)).toEqual([2, toHex(feedOf(items.slice(0, 2)).root()), 4]);
    expect(at(7)).toEqual([2, toHex(feedOf(items.slice(0, 2)).root()), 4]);
    expect(at(8)).toEqual([3, toHex(feedOf(items).root()), 7]);
  });

  it('is not in effect below the tree size at which it is put into effect', async () => {
    await twoBatches();
    expect([4, 5, 7, 8].map((size) => log.reader.controlEvents(0, 10, size).length)).toEqual([0, 2, 2, 3]);
    expect(() => log.reader.controlEvents(0, 10, 9)).toThrow(code('not_yet_published'));
  });

  it('is read page by page', async () => {
    await twoBatches();
    expect(log.reader.controlEvents(1, 1).map(({ position }) => position)).toEqual([1]);
    expect(log.reader.controlEvents(3, 10)).toEqual([]);
  });

  it('goes on from the feed that is there when the log is opened again', async () => {
    await twoBatches();
    await log.close();
    log = openInlineLog({ folder });
    await batch(control());
    expect(positions()).toEqual([
      [0, 1],
      [1, 3],
      [2, 6],
      [3, 8],
    ]);
    expect((await fsck(log.rows, log.identity)).problems).toEqual([]);
  });

  it('that is malformed is refused with the place of the fault', async () => {
    const text = Buffer.from(writeControlStatement(selfRevocation(key))).toString();
    const wrong = envelope(text.replace('"reason"', '"raison"'), [key]);
    await expect(log.add({ envelope: wrong, publicKey: key.pem })).rejects.toMatchObject({
      ...{ code: 'malformed_control', at: '/predicate' },
    });
  });

  it('never takes effect where its payload comes later', async () => {
    const late = control();
    const digest = hashOf('sha256', pae(IN_TOTO, fromBase64(late.envelope.payload)));
    const signature = late.envelope.signatures[0]!.sig;
    await log.add({ artifact: { sha256: toHex(digest) }, signature, publicKey: key.pem });
    expect((await log.add(late)).payload).toBe('attached');
    expect(positions()).toEqual([]);
    expect((await fsck(log.rows, log.identity)).problems).toEqual([]);
  });

  it('is one in whatever form it is logged', async () => {
    const made = control();
    await log.add({ ...made, leaf: 'dsse' });
    const message = pae(IN_TOTO, fromBase64(made.envelope.payload));
    const twin = Buffer.from(otherS(signMessage(key, message))).toString('base64');
    await log.add({ ...made, envelope: { ...made.envelope, signatures: [{ sig: twin }] } });
    expect(positions()).toEqual([
      [0, 1],
      [1, 3],
    ]);
  });

  it('escaped as JSON may be is one all the same', async () => {
    const text = Buffer.from(writeControlStatement(selfRevocation(key))).toString();
    const escaped = text.replace('urn:countersign:control', 'urn:countersign:c\\u006fntrol');
    await log.add({ envelope: envelope(escaped, [key]), publicKey: key.pem });
    expect(positions()).toEqual([[0, 1]]);
  });

  it('with several signatures takes effect with all of them', async () => {
    await log.add(controlSubmission(selfRevocation(key), key, testKey('p384'), testKey('ed25519')));
    expect(positions()).toEqual([[0, 1]]);
  });
});

describe('a statement of the feed', () => {
  const stated = (index: number) => ({
    ...{ batchStart: 1, feed: { size: 1, root: new Uint8Array(32) } },
    items: [{ index, leafHash: new Uint8Array(32), payloadSha256: new Uint8Array(32) }],
  });

  it('is not taken from whoever holds the statement key', async () => {
    const { statement: privateKey } = readKeys(dataPaths(`${folder}/data`).keys);
    const statementKey = { ...key, privateKey, pem: log.identity.statementKey } as TestKey;
    const made = envelope(feedStatement(stated(1)), [statementKey]);
    await expect(log.add({ envelope: made, publicKey: statementKey.pem })).rejects.toThrow(code('forbidden'));
  });

  it('by anyone else is an entry like any other', async () => {
    await log.add({ envelope: envelope(feedStatement(stated(1)), [key]), publicKey: key.pem });
    expect(positions()).toEqual([]);
    expect((await fsck(log.rows, log.identity)).problems).toEqual([]);
  });
});

describe('a damaged feed', () => {
  let damage: Damage;
  beforeEach(async () => {
    await twoBatches();
    damage = damageTo(dataPaths(`${folder}/data`).log);
  });
  afterEach(() => damage.close());
  const places = async () => (await fsck(log.rows, log.identity)).problems.map(({ at }) => at);
  const start = () => checkFeed(log.rows, log.identity, log.head().size);

  it('is sound before it is damaged', async () => {
    const report = await fsck(log.rows, log.identity);
    expect(report).toMatchObject({ controls: 3, problems: [] });
    expect(start().size).toBe(3);
  });

  it.each<[string, string, string[]]>([
    ['its last row', 'DELETE FROM feed WHERE position = 2', ['feed 2', 'feed']],
    ['a row in the middle', 'DELETE FROM feed WHERE position = 1', ['feed 1']],
  ])('without %s is found by fsck', async (_, sql, expected) => {
    damage.run(sql);
    expect(await places()).toEqual(expected);
  });

  it('without a row in the middle of what is stated keeps the log from starting', () => {
    damage.run('DELETE FROM feed WHERE position = 1');
    expect(start).toThrow(code('corrupt'));
    expect(() => log.reader.controlEvents(0, 10)).toThrow(code('corrupt'));
  });

  it('without a row that the newest statement names keeps the log from starting', () => {
    damage.run('DELETE FROM feed WHERE position = 0');
    damage.run('UPDATE feed SET position = 0 WHERE position = 1');
    damage.run('UPDATE feed SET position = 1 WHERE position = 2');
    expect(start).toThrow(code('corrupt'));
  });

  it('keeps a log from being opened', async () => {
    damage.run('DELETE FROM feed WHERE position = 2');
    await log.close();
    expect(() => Writer.open(inlineSettings(folder))).toThrow(code('corrupt'));
    log = await createInlineLog({ folder: join(folder, 'another') });
  });

  it('with another hash is never served, and keeps the log from starting', async () => {
    damage.run('UPDATE feed SET hash = ? WHERE position = 1', flipped(log.rows.feed(1, 2)[0]!.hash, 7));
    expect(() => log.reader.controlEvents(1, 1)).toThrow(code('corrupt'));
    expect(start).toThrow(code('corrupt'));
    expect(await places()).toEqual(['feed 1']);
  });

  it('with another entry is never served', async () => {
    damage.run('UPDATE feed SET idx = 2 WHERE position = 1');
    expect(() => log.reader.controlEvents(1, 1)).toThrow(code('corrupt'));
    expect(await places()).toEqual(['feed 1']);
  });

  it('by another statement is never served', async () => {
    damage.run('UPDATE feed SET statement = 5 WHERE position = 1');
    expect(() => log.reader.controlEvents(1, 1)).toThrow(code('corrupt'));
    expect(await places()).toEqual(['feed 1']);
  });

  it('that ends before the newest statement keeps the log from starting', () => {
    damage.run('DELETE FROM feed WHERE position = 2');
    expect(start).toThrow(code('corrupt'));
  });

  it('without the payload of a control statement is never served', () => {
    damage.run('DELETE FROM payloads WHERE idx = 3');
    expect(() => log.reader.controlEvents(1, 1)).toThrow(code('corrupt'));
  });

  it('is told from one that is sound by the leaves alone', async () => {
    // The rows of both tables say that nothing was ever revoked by entry 6; the log's statement says otherwise.
    damage.run('DELETE FROM feed WHERE position = 2');
    damage.run('DELETE FROM payloads WHERE idx = 6');
    expect(await places()).toEqual(['entry 7', 'entry 7']);
  });

  it('that leaves one out shows by the statement that nobody made', async () => {
    // As if the log had never put it into effect: no row, and no statement that could be read.
    damage.run('DELETE FROM feed WHERE position = 2');
    damage.run('DELETE FROM payloads WHERE idx = 7');
    expect(await places()).toEqual(['entry 6']);
  });

  it('states what its leaves give', () => {
    const { payload } = log.reader.entry(7);
    const { feed } = readFeedStatement((payload as { bytes: Uint8Array }).bytes);
    expect(toHex(feed.root)).toBe(toHex(log.reader.feedHead().root));
  });
});

describe('a published head', () => {
  it('is told to whoever listens, when the reader covers it', async () => {
    const seen: number[][] = [];
    const stop = log.onPublished((head) => seen.push([head.size, log.reader.feedHead().size]));
    await batch(control());
    stop();
    await batch(control());
    expect(seen).toEqual([[3, 1]]);
  });
});
