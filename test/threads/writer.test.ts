import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { Anchor } from '../../src/log/anchor.ts';
import { identityOf, readKeys } from '../../src/log/keys.ts';
import { createLogStore } from '../../src/storage/sqlite/log-store.ts';
import { createLog } from '../../src/threads/create-log.ts';
import type { WriterSettings } from '../../src/threads/messages.ts';
import { Writer } from '../../src/threads/writer.ts';
import { envelope, statement, testKey } from '../fixtures/make.ts';
import { inlineSettings, openInlineLog } from '../inline-log.ts';

let folder: string;
let settings: WriterSettings;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-writer-'));
  settings = inlineSettings(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const create = (origin = 'log.example.org') => createLog(join(folder, 'data'), settings.paths, origin, settings.anchor);
/** Opens, looks, and closes again. */
async function opened(changes: Partial<WriterSettings> = {}): Promise<Writer['opened']> {
  const writer = Writer.open({ ...settings, ...changes });
  await writer.close();
  return writer.opened;
}
const refused = (code: string, changes: Partial<WriterSettings> = {}) =>
  expect(opened(changes)).rejects.toThrow(expect.objectContaining({ code }));
const recordOf = (path: string) => {
  const { anchor, record } = Anchor.open(path)!;
  anchor.close();
  return record;
};

describe('opening', () => {
  it('hands out what a server needs to know', async () => {
    const { identity } = await create();
    expect(await opened()).toMatchObject({
      identity: { origin: 'log.example.org', verifierKey: identity.verifierKey },
      head: { size: 1 },
      readsOnly: undefined,
      warnings: [],
    });
  });

  it('is refused where there is no log', () => refused('log_missing'));

  it('is refused where creating the log was interrupted before its genesis', async () => {
    await create();
    rmSync(settings.paths.log);
    const identity = identityOf('log.example.org', readKeys(settings.paths.keys));
    createLogStore(settings.paths.log, identity).close();
    rmSync(settings.anchor!);
    await refused('log_missing');
  });

  it('is refused while another has it, and possible afterwards', async () => {
    await create();
    const first = Writer.open(settings);
    await refused('already_running');
    await first.close();
    await opened();
  });

  it('is refused where the operator expects another log', async () => {
    await create();
    await refused('wrong_origin', { origin: 'other.example.org' });
    await opened({ origin: 'log.example.org' });
  });

  it('is refused with the keys of another log, and lets go of its lock', async () => {
    await create();
    const other = inlineSettings(join(folder, 'other'));
    await createLog(join(folder, 'other', 'data'), other.paths, 'log.example.org', other.anchor);
    await refused('wrong_key', { paths: { ...settings.paths, keys: other.paths.keys } });
    await opened();
  });
});

describe('the anchor', () => {
  it('missing: the log serves reads only', async () => {
    await create();
    rmSync(settings.anchor!);
    const { readsOnly, warnings } = await opened();
    expect(readsOnly?.code).toBe('reads_only');
    expect(warnings).toHaveLength(1);
    expect(Anchor.open(settings.anchor!)).toBeUndefined();
  });

  it('missing under a development log: it starts a new one, and says so', async () => {
    await create('dev-0a1b.localhost');
    rmSync(settings.anchor!);
    const { readsOnly, warnings } = await opened();
    expect([readsOnly, warnings.length]).toEqual([undefined, 1]);
    expect(recordOf(settings.anchor!).size).toBe(1);
  });

  it('missing: the stated head makes a new one, if it is the stored one', async () => {
    await create();
    const { size, root } = recordOf(settings.anchor!);
    rmSync(settings.anchor!);
    await refused('rolled_back', { acceptHead: { size: size + 1, root } });
    await refused('rolled_back', { acceptHead: { size, root: new Uint8Array(32) } });
    expect((await opened({ acceptHead: { size, root } })).readsOnly).toBeUndefined();
    expect(recordOf(settings.anchor!)).toMatchObject({ size });
    expect((await opened()).readsOnly).toBeUndefined();
  });

  it('unreadable: refused, until the head is stated', async () => {
    await create();
    const { size, root } = recordOf(settings.anchor!);
    writeFileSync(settings.anchor!, 'torn');
    await refused('anchor_foreign');
    await opened({ acceptHead: { size, root } });
    await opened();
  });

  it('of another log: refused, and never overwritten, though the head is stated', async () => {
    await create();
    const { size, root } = recordOf(settings.anchor!);
    const anchor = join(folder, 'foreign');
    const foreign = { logId: new Uint8Array(32).fill(9), size: 44, root: new Uint8Array(32).fill(8) };
    Anchor.create(anchor, foreign).close();
    await refused('anchor_foreign', { anchor });
    await refused('anchor_foreign', { anchor, acceptHead: { size, root } });
    expect(recordOf(anchor)).toMatchObject({ size: 44 });
  });

  it('ahead of the database: refused', async () => {
    const { identity } = await create();
    const { anchor, record } = Anchor.open(settings.anchor!)!;
    anchor.write({ ...record, logId: identity.logId, size: 2 });
    anchor.close();
    await refused('rolled_back');
  });

  it('behind a database that extends it: brought up', async () => {
    await create();
    const log = openInlineLog({ folder });
    const before = recordOf(settings.anchor!);
    const key = testKey('p256');
    await log.add({ envelope: envelope(statement(), [key]), publicKey: key.pem });
    const after = recordOf(settings.anchor!);
    expect([before.size, after.size]).toEqual([1, 2]);
    await log.close();
    rmSync(settings.anchor!);
    Anchor.create(settings.anchor!, before).close();
    expect((await opened()).readsOnly).toBeUndefined();
    expect([recordOf(settings.anchor!).size, toHex(recordOf(settings.anchor!).root)]).toEqual([2, toHex(after.root)]);
  });
});

describe('writing', () => {
  const key = testKey('p256');
  const made = envelope(statement(), [key]);
  const withKeyid = (keyid: string) => ({
    envelope: { ...made, signatures: made.signatures.map((signature) => ({ ...signature, keyid })) },
    publicKey: key.pem,
  });
  const ndjson = (...items: unknown[]) => ({
    format: 'ndjson' as const,
    body: new Uint8Array(new TextEncoder().encode(items.map((item) => JSON.stringify(item)).join('\n'))),
    admitted: true,
  });

  it('takes a companion after one of the same batch that brought none', async () => {
    await create();
    const log = openInlineLog({ folder });
    await log.submit(ndjson(withKeyid('first')));
    // The leaf is stored with a companion; the batch asks about it without one, then brings a second.
    const outcomes = await log.submit(ndjson(withKeyid(''), withKeyid('second'), withKeyid('first')));
    expect(outcomes.map(({ receipt }) => receipt?.index)).toEqual([1, 1, 1]);
    expect(log.rows.companions(1).map((bytes) => JSON.parse(String(bytes)).keyids)).toEqual([['first'], ['second']]);
    await log.close();
  });

  it('knows its entries again after it was closed and opened', async () => {
    await create();
    const first = openInlineLog({ folder });
    const before = await first.add(withKeyid('k'));
    await first.close();
    const second = openInlineLog({ folder });
    // Cloned, since bytes from the database are Buffers and those from another thread are not.
    expect(structuredClone(await second.add(withKeyid('k')))).toEqual({ ...structuredClone(before), duplicate: true });
    await second.close();
  });
});
