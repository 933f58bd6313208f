import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeUtf8, fromBase64, toHex } from '../../src/core/bytes.ts';
import { openCheckpoint } from '../../src/core/checkpoint.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { verifierOf } from '../../src/core/note.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import {
  attachedStatement,
  frozenStatement,
  readFrozenStatement,
  STATEMENT_PAYLOAD_TYPE,
} from '../../src/entry/submission/log-statement.ts';
import { Anchor } from '../../src/log/anchor.ts';
import { fsck } from '../../src/log/fsck.ts';
import type { LogIdentity } from '../../src/log/identity.ts';
import { readKeys } from '../../src/log/keys.ts';
import { planBatch } from '../../src/log/planner.ts';
import { sealOf } from '../../src/log/seal.ts';
import { checkpointSigner } from '../../src/log/signer.ts';
import { checkHead } from '../../src/log/start-checks.ts';
import { statementEntry } from '../../src/log/statements.ts';
import { openLogRows } from '../../src/storage/sqlite/log-rows.ts';
import { openLogStore } from '../../src/storage/sqlite/log-store.ts';
import { freezeLog } from '../../src/threads/freeze-log.ts';
import { dataPaths } from '../../src/threads/paths.ts';
import { Writer } from '../../src/threads/writer.ts';
import { envelope, hashOf, IN_TOTO, statement, type TestKey, testKey } from '../fixtures/make.ts';
import { createInlineLog, type InlineLog, inlineSettings, openInlineLog } from '../inline-log.ts';

let folder: string;
let log: InlineLog | undefined;
const key = testKey('p256');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-freeze-'));
  log = await createInlineLog({ folder });
  await log.add({ envelope: envelope(statement(), [key]), publicKey: key.pem });
});
afterEach(async () => {
  await log?.close();
  rmSync(folder, { recursive: true });
});

const paths = () => dataPaths(join(folder, 'data'));

async function stop(): Promise<void> {
  await log?.close();
  log = undefined;
}

async function freeze() {
  await stop();
  return freezeLog(inlineSettings(folder));
}

/** The statement that would end the log, in an envelope of whoever holds the key. */
function wordsOfTheEnd(signer: TestKey, size = log!.head().size) {
  const { origin, logId } = log!.identity;
  return envelope(frozenStatement({ origin, logId, size, rootHash: log!.head().root, time: 1 }), [signer]);
}

/** The log's own statement key, as its operator holds it. */
function statementKey(): TestKey {
  const { statement } = readKeys(paths().keys);
  return { ...key, privateKey: statement, pem: log!.identity.statementKey };
}

describe('freezing a log', () => {
  it('appends its last statement under a checkpoint and an anchor of its own', async () => {
    const before = log!.head();
    const { identity, head } = await freeze();
    expect(head.size).toBe(3);
    expect(openCheckpoint(head.note, verifierOf(identity.verifierKey))).toMatchObject({ size: 3, root: head.root });
    const { rows, close } = openLogRows(paths().log);
    try {
      const payload = rows.payload(2)!;
      expect(payload).toMatchObject({ type: STATEMENT_PAYLOAD_TYPE, countsFrom: 2 });
      const { logId, rootHash, ...stated } = readFrozenStatement(payload.bytes);
      expect(stated).toEqual({ origin: identity.origin, size: 2, time: expect.any(Number) });
      expect([toHex(logId), toHex(rootHash)]).toEqual([toHex(identity.logId), toHex(before.root)]);
      expect((await fsck(rows, identity)).problems).toEqual([]);
    } finally {
      close();
    }
    const anchor = Anchor.open(join(folder, 'anchor'))!;
    expect(anchor.record).toMatchObject({ size: 3, root: head.root });
    anchor.anchor.close();
  });

  it('a second time is refused, and changes nothing', async () => {
    const { head } = await freeze();
    await expect(freeze()).rejects.toMatchObject({ code: 'log_frozen' });
    log = openInlineLog({ folder });
    expect(log.head()).toMatchObject({ size: head.size, note: head.note });
  });

  it('is refused while a server has it open', async () => {
    await expect(freezeLog(inlineSettings(folder))).rejects.toMatchObject({ code: 'already_running' });
    expect(log!.head().size).toBe(2);
  });

  it('is refused where there is no anchor, as every write is', async () => {
    await stop();
    rmSync(join(folder, 'anchor'));
    await expect(freeze()).rejects.toMatchObject({ code: 'reads_only' });
  });

  it('is refused where there is no log', async () => {
    await expect(freezeLog(inlineSettings(join(folder, 'elsewhere')))).rejects.toMatchObject({ code: 'log_missing' });
  });

  it('gives the writer’s lock back', async () => {
    await freeze();
    await Writer.open(inlineSettings(folder)).close();
  });
});

describe('a frozen log', () => {
  it('refuses every write, one that it holds already too', async () => {
    await freeze();
    log = openInlineLog({ folder });
    expect([log.frozen, log.writeState()]).toEqual([true, expect.objectContaining({ code: 'log_frozen' })]);
    const held = { envelope: envelope(statement(), [key]), publicKey: key.pem };
    await expect(log.add(held)).rejects.toMatchObject({ code: 'log_frozen', retryAfter: undefined });
  });

  it('serves what it holds, its last statement too', async () => {
    await freeze();
    log = openInlineLog({ folder });
    const { leaf, payload } = log.reader.entry(2);
    expect(decodeUtf8(leaf)).toContain('"kind":"hashedrekord"');
    expect('bytes' in payload && readFrozenStatement(payload.bytes).size).toBe(2);
    const found = log.reader.find({ predicateType: 'urn:countersign:statement:frozen:v1' }, { limit: 5 });
    expect(found.entries.map(({ index }) => index)).toEqual([2]);
    expect(log.reader.inclusionProof(1, 3).proof.treeSize).toBe(3);
  });
});

describe('a submission cannot freeze a log', () => {
  it.each([
    ['as its words in somebody else’s envelope', () => ({ envelope: wordsOfTheEnd(key), publicKey: key.pem })],
    ['as a dsse leaf', () => ({ envelope: wordsOfTheEnd(key), publicKey: key.pem, leaf: 'dsse' })],
  ])('%s', async (_, submission) => {
    await log!.add(submission());
    const { size } = log!.head();
    expect((await fsck(log!.rows, log!.identity)).problems).toEqual([]);
    await stop();
    log = openInlineLog({ folder });
    expect(log.frozen).toBe(false);
    expect((await log.add({ envelope: envelope(statement('cd'.repeat(32)), [key]), publicKey: key.pem })).index).toBe(
      size,
    );
  });
});

it('a submission by the log’s own key cannot end it while it runs', async () => {
  const submission = { envelope: wordsOfTheEnd(statementKey()), publicKey: log!.identity.statementKey };
  await expect(log!.add(submission)).rejects.toMatchObject({ code: 'forbidden' });
  expect((await log!.add({ envelope: envelope(statement('cd'.repeat(32)), [key]), publicKey: key.pem })).index).toBe(2);
});

it('a bare signature of the statement ends nothing, and its payload is not taken later', async () => {
  const words = wordsOfTheEnd(statementKey());
  const digest = toHex(hashOf('sha256', pae(IN_TOTO, fromBase64(words.payload))));
  const publicKey = log!.identity.statementKey;
  await log!.add({ artifact: { sha256: digest }, signature: words.signatures[0]!.sig, publicKey });
  await stop();
  log = openInlineLog({ folder });
  expect(log.frozen).toBe(false);
  await expect(log.add({ envelope: words, publicKey })).rejects.toMatchObject({ code: 'forbidden' });
});

it('fsck reports what follows the statement that ended the log', async () => {
  const { identity } = await freeze();
  await appendPastTheEnd(identity);
  const { rows, close } = openLogRows(paths().log);
  try {
    expect((await fsck(rows, identity)).problems).toEqual([
      { at: 'entry 3', message: 'follows the statement that ended the log' },
    ]);
  } finally {
    close();
  }
});

/** What no program of this project does: one more entry, rightly signed. */
async function appendPastTheEnd(identity: LogIdentity): Promise<void> {
  const store = openLogStore(paths().log);
  const keys = readKeys(paths().keys);
  const { edge } = checkHead(store, identity);
  const entries = [statementEntry(attachedStatement({ items: [] }), keys, new Uint8Array(0))];
  const plan = planBatch({
    edge,
    feed: CompactRange.empty(),
    controls: () => entries[0]!,
    entries,
    known: () => undefined,
    attached: () => entries[0]!,
  });
  const time = store.head().time;
  await store.commit(plan.commit, sealOf(plan, edge, checkpointSigner(identity, keys), time));
  store.close();
}
