import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase64, toHex, utf8 } from '../../src/core/bytes.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import { leafTerms, lookupTerms } from '../../src/entry/leaf/lookup.ts';
import { erasedStatement, readErasedStatement } from '../../src/entry/submission/erased-statement.ts';
import type { ErasureTarget } from '../../src/log/erasure.ts';
import { fsck } from '../../src/log/fsck.ts';
import { lookupKeys } from '../../src/log/index/lookup-key.ts';
import { storedSegments } from '../../src/log/index/stored-keys.ts';
import { readKeys } from '../../src/log/keys.ts';
import { openTierReader, openTierWriter } from '../../src/storage/sqlite/index-db.ts';
import { openLogRows } from '../../src/storage/sqlite/log-rows.ts';
import { erasePayload } from '../../src/threads/erase-payload.ts';
import { freezeLog } from '../../src/threads/freeze-log.ts';
import { dataPaths } from '../../src/threads/paths.ts';
import { controlSubmission, selfRevocation } from '../fixtures/control.ts';
import { type EnvelopeJson, envelope, hashOf, IN_TOTO, signMessage, statement, testKey } from '../fixtures/make.ts';
import { inlineApp } from '../http/inline-app.ts';
import { createInlineLog, type InlineLog, inlineSettings, openInlineLog } from '../inline-log.ts';
import { damageTo } from '../log/damage.ts';

let folder: string;
let log: InlineLog | undefined;
const key = testKey('p256');
const other = testKey('p256', 'other');

/** Bytes that are nowhere else; long enough for overflow pages. */
const PLANTED = `planted-${'0123456789abcdef'.repeat(1500)}`;
const SUBJECT = 'ef'.repeat(32);
const PAYLOAD = statement(SUBJECT, { predicateType: 'https://example.com/planted/v1', predicate: { PLANTED } });
const PAYLOAD_SHA256 = toHex(hashOf('sha256', utf8(PAYLOAD)));
const REASON = 'a password in the environment';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-erase-'));
  log = await createInlineLog({ folder });
});
afterEach(async () => {
  await log?.close();
  rmSync(folder, { recursive: true });
});

const paths = () => dataPaths(join(folder, 'data'));
const signed = (payload = PAYLOAD, by = key): { envelope: EnvelopeJson; publicKey: string } => ({
  envelope: envelope(payload, [by]),
  publicKey: by.pem,
});

async function stop(): Promise<void> {
  await log?.close();
  log = undefined;
}

async function erase(target: ErasureTarget, reason: string | undefined = REASON) {
  await stop();
  return erasePayload(inlineSettings(folder), target, reason);
}

function reopen(): InlineLog {
  log = openInlineLog({ folder });
  return log;
}

/** Merges what is logged into `index.db`, as a server does that runs for a while. */
async function merge(): Promise<void> {
  await stop();
  await reopen().close();
  log = undefined;
}

/** Files of the data directory that hold the bytes anywhere, in rows, free space or a write-ahead log. */
function filesWith(bytes: string | Buffer): string[] {
  return readdirSync(join(folder, 'data'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && readFileSync(join(file.parentPath, file.name)).includes(bytes))
    .map(({ name }) => name);
}

const find = (query: Parameters<InlineLog['reader']['find']>[0]) =>
  log!.reader.find(query, { limit: 9 }).entries.map(({ index }) => index);

describe('erasing a payload', () => {
  it('logs a tombstone that names every entry with the same bytes, and takes it from all of them', async () => {
    const receipts = [await log!.add(signed()), await log!.add(signed(PAYLOAD, other))];
    const before = log!.head();
    const { head, erasable } = await erase({ index: 2 });
    expect(erasable).toMatchObject({ leaves: [{ index: 1 }, { index: 2 }], length: PAYLOAD.length });
    const { reader, rows, identity } = reopen();
    expect([head!.size, log!.head().size, before.size]).toEqual([4, 4, 3]);
    const tombstone = readErasedStatement(rows.payload(3)!.bytes);
    expect({ ...tombstone, payloadSha256: toHex(tombstone.payloadSha256) }).toEqual({
      payloadSha256: PAYLOAD_SHA256,
      leaves: receipts.map(({ index, leafHash }) => ({ index, leafHash: Uint8Array.from(leafHash) })),
      reason: REASON,
      time: expect.any(Number),
    });
    for (const index of [1, 2]) {
      expect(reader.entry(index).payload).toMatchObject({ status: 'erased', erasedAt: 3, reason: REASON });
      expect(reader.inclusionProof(index, 3).proof.rootHash).toEqual(before.root);
    }
    expect((await fsck(rows, identity)).problems).toEqual([]);
  });

  it('by its hash is the same', async () => {
    await log!.add(signed());
    await log!.add(signed(statement()));
    await erase({ payloadSha256: hashOf('sha256', utf8(PAYLOAD)) });
    const { reader } = reopen();
    expect([1, 2].map((index) => reader.entry(index).payload.status)).toEqual(['erased', 'stored']);
  });

  it('leaves none of its bytes in the data directory', async () => {
    await log!.add(signed(statement('11'.repeat(32))));
    await log!.add(signed());
    await log!.add(signed(statement('22'.repeat(32))));
    await merge();
    // What a server in the middle of its work leaves behind.
    const db = new Database(paths().log);
    db.exec(
      "UPDATE payloads SET type = type || ' ' WHERE idx = 2; UPDATE payloads SET type = trim(type) WHERE idx = 2",
    );
    expect(filesWith(PLANTED.slice(4000, 5000))).not.toEqual([]);
    db.close();
    await erase({ index: 2 });
    for (const part of [PLANTED.slice(0, 24), PLANTED.slice(-24), 'https://example.com/planted/v1', SUBJECT]) {
      expect(filesWith(part), part).toEqual([]);
    }
  });

  it('takes what the payload was found by out of the index, and nothing else', async () => {
    await log!.add(signed());
    await log!.add(signed(statement()));
    await merge();
    const own = (terms: typeof lookupTerms) => {
      const { rows, close } = openLogRows(paths().log);
      const tiers = openTierReader(paths().index);
      const { leaf } = rows.entry(1)!;
      const keys = lookupKeys(tiers.salt, terms(leaf, { bytes: utf8(PAYLOAD), type: IN_TOTO }));
      close();
      tiers.close();
      return keys;
    };
    const kept = own(leafTerms);
    const derived = own(lookupTerms).filter((one) => !kept.includes(one));
    expect(derived).toHaveLength(3);
    const stored = () => derived.filter((one) => filesWith(keyBytes(one)).length > 0);
    expect(stored()).toEqual(derived);
    await erase({ index: 1 });
    expect(stored()).toEqual([]);
    reopen();
    expect(find({ subject: `sha256:${SUBJECT}` })).toEqual([]);
    expect(find({ payload: PAYLOAD_SHA256 })).toEqual([]);
    expect(find({ leafHash: toHex(log!.reader.entry(1).leafHash) })).toEqual([1]);
    expect(find({ subject: `sha256:${'ab'.repeat(32)}` })).toEqual([2]);
    expect(find({ predicateType: 'urn:countersign:statement:erased:v1' })).toEqual([3]);
  });

  it('finds its tombstone by the leaves that it is about', async () => {
    const { leafHash } = await log!.add(signed());
    await erase({ index: 1 });
    reopen();
    expect(find({ subject: `sha256:${toHex(leafHash)}` })).toEqual([2]);
  });

  it('of which there is no index yet, is the same', async () => {
    await log!.add(signed());
    await stop();
    for (const suffix of ['', '-wal', '-shm']) rmSync(paths().index + suffix, { force: true });
    await erase({ index: 1 });
    reopen();
    expect([find({ subject: `sha256:${SUBJECT}` }), find({ signer: toHex(hashOf('sha256', key.spki)) })]).toEqual([
      [],
      [1],
    ]);
  });

  it('only looks where no reason is given', async () => {
    await log!.add(signed());
    await stop();
    const { head, erasable } = await erasePayload(inlineSettings(folder), { index: 1 }, undefined);
    expect([head, erasable.leaves.map(({ index }) => index)]).toEqual([undefined, [1]]);
    expect(reopen().reader.entry(1).payload.status).toBe('stored');
  });
});

/** A key's last six bytes, as SQLite stores a number that is larger than 2^31. */
function keyBytes(lookup: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(lookup, 0, 6);
  return bytes;
}

describe('an erased payload', () => {
  const batch = async (submissions: object[]) => {
    const body = new Uint8Array(utf8(submissions.map((one) => JSON.stringify(one)).join('\n')));
    return (await log!.submit({ format: 'ndjson', body, admitted: true })).map(({ receipt }) => receipt);
  };

  it('is not brought back by its own entry', async () => {
    const submission = signed();
    await log!.add(submission);
    await erase({ index: 1 });
    reopen();
    expect(await log!.add(submission)).toMatchObject({ index: 1, duplicate: true, payload: 'erased' });
    expect(filesWith(PLANTED.slice(0, 24))).toEqual([]);
  });

  it('is not brought in by another entry, which is logged without it', async () => {
    await log!.add(signed());
    await erase({ index: 1 });
    reopen();
    const again = signed(PAYLOAD, other);
    const received = await batch([again, signed(statement(), other), again]);
    expect(received).toMatchObject([
      { index: 3, duplicate: false, payload: 'erased' },
      { index: 4, duplicate: false, payload: 'stored' },
      { index: 3, duplicate: true, payload: 'erased' },
    ]);
    expect(log!.reader.entry(3).payload.status).toBe('absent');
    expect([find({ subject: `sha256:${SUBJECT}` }), find({ signer: toHex(hashOf('sha256', other.spki)) })]).toEqual([
      [],
      [4, 3],
    ]);
    expect(filesWith(PLANTED.slice(0, 24))).toEqual([]);
    expect((await fsck(log!.rows, log!.identity)).problems).toEqual([]);
  });

  it('is not attached to a leaf that was logged without it', async () => {
    await log!.add(signed());
    const whole = signed(PAYLOAD, other);
    const digest = toHex(hashOf('sha256', pae(IN_TOTO, utf8(PAYLOAD))));
    const { sig } = whole.envelope.signatures[0]!;
    await log!.add({ artifact: { sha256: digest }, signature: sig, publicKey: other.pem });
    await erase({ index: 1 });
    reopen();
    expect(await log!.add(whole)).toMatchObject({ index: 2, duplicate: true, payload: 'erased' });
    expect(log!.head().size).toBe(4);
  });

  it('that was attached later is erased as well', async () => {
    const whole = signed();
    const digest = toHex(hashOf('sha256', pae(IN_TOTO, utf8(PAYLOAD))));
    await log!.add({ artifact: { sha256: digest }, signature: whole.envelope.signatures[0]!.sig, publicKey: key.pem });
    expect(await log!.add(whole)).toMatchObject({ payload: 'attached' });
    await merge();
    await erase({ index: 1 });
    reopen();
    expect(log!.reader.entry(1).payload).toMatchObject({ status: 'erased', erasedAt: 3 });
    expect(find({ subject: `sha256:${SUBJECT}` })).toEqual([]);
    expect(filesWith(PLANTED.slice(0, 24))).toEqual([]);
    expect((await fsck(log!.rows, log!.identity)).problems).toEqual([]);
  });

  it('is answered 410, with its tombstone', async () => {
    await log!.add({ ...signed(), leaf: 'dsse' });
    await erase({ index: 1 });
    const app = await inlineApp(undefined, reopen());
    for (const path of ['/v1/entries/1/payload', '/v1/entries/1/bundle']) {
      const answer = await app.get(path);
      expect([path, answer.status]).toEqual([path, 410]);
      expect(await answer.json()).toMatchObject({
        ...{ code: 'payload_erased', erasedAt: 2, statement: '/v1/entries/2', payloadSha256: PAYLOAD_SHA256 },
        ...{ reason: REASON, time: expect.any(Number) },
      });
    }
    expect((await app.get('/v1/entries/1/tlog-proof')).status).toBe(200);
  });
});

describe('a log that was changed behind its back', () => {
  const damaged = (sql: string, ...values: unknown[]): void => {
    const damage = damageTo(paths().log);
    damage.run(sql, ...values);
    damage.close();
  };
  const problems = async () =>
    (await fsck(log!.rows, log!.identity)).problems.map(({ at, message }) => `${at} ${message}`);

  it('is found out where an erased payload is there again', async () => {
    await log!.add(signed());
    await erase({ index: 1 });
    damaged('UPDATE payloads SET bytes = ?, type = ?, erased_by = NULL WHERE idx = 1', utf8(PAYLOAD), IN_TOTO);
    reopen();
    expect(await problems()).toEqual(['payload 1 was not erased as entry 2 says']);
  });

  it('is found out where the bytes of an erased payload are there', async () => {
    await log!.add(signed());
    await erase({ index: 1 });
    damaged('UPDATE payloads SET bytes = ? WHERE idx = 1', utf8('left'));
    reopen();
    expect(await problems()).toEqual([
      'payload 1 is marked as erased, and is still there',
      'payload 1 was not erased as entry 2 says',
    ]);
  });

  it('does not pass a payload off as erased, by another entry or by another’s tombstone', async () => {
    await log!.add(signed());
    await log!.add(signed(statement()));
    await erase({ index: 1 });
    for (const by of [2, 3]) {
      damaged("UPDATE payloads SET bytes = x'', type = '', erased_by = ? WHERE idx = 2", by);
      reopen();
      expect(await problems()).toEqual(['payload 2 is marked as erased, and no statement of the log says so']);
      expect(() => log!.reader.entry(2)).toThrow(expect.objectContaining({ code: 'corrupt' }));
      await stop();
    }
  });
});

describe('is refused', () => {
  it('of what has no payload, and of what has to stay readable', async () => {
    await log!.add(signed());
    const artifact = { sha256: toHex(hashOf('sha256', utf8('artifact'))) };
    await log!.add({ artifact, signature: toBase64(signMessage(key, utf8('artifact'))), publicKey: key.pem });
    await log!.add(controlSubmission(selfRevocation(key), key));
    const refused: [what: string, target: ErasureTarget, code: string][] = [
      ['the genesis statement', { index: 0 }, 'forbidden'],
      ['an entry without a payload', { index: 2 }, 'payload_absent'],
      ['a control statement', { index: 3 }, 'forbidden'],
      ['the statement that puts it into effect', { index: 4 }, 'forbidden'],
      ['an entry that is not there', { index: 5 }, 'not_yet_published'],
      ['a payload that nobody logged', { payloadSha256: new Uint8Array(32) }, 'not_found'],
    ];
    for (const [what, target, code] of refused) {
      await expect(erase(target), what).rejects.toMatchObject({ code });
    }
    expect(reopen().head().size).toBe(5);
  });

  it('a second time', async () => {
    await log!.add(signed());
    await erase({ index: 1 });
    await expect(erase({ index: 1 })).rejects.toMatchObject({ code: 'payload_erased' });
  });

  it('of the tombstone', async () => {
    await log!.add(signed());
    await erase({ index: 1 });
    await expect(erase({ index: 2 })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('of a statement of the log, though somebody else logged the same words', async () => {
    const { bytes } = log!.rows.payload(0)!;
    await log!.add({ envelope: envelope(bytes, [key]), publicKey: key.pem });
    await expect(erase({ index: 1 })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('while a server has the log open', async () => {
    await log!.add(signed());
    await expect(erasePayload(inlineSettings(folder), { index: 1 }, REASON)).rejects.toMatchObject({
      code: 'already_running',
    });
  });

  it('of a frozen log, which can log no tombstone', async () => {
    await log!.add(signed());
    await stop();
    await freezeLog(inlineSettings(folder));
    await expect(erase({ index: 1 })).rejects.toMatchObject({ code: 'log_frozen' });
    expect(reopen().reader.entry(1).payload.status).toBe('stored');
  });

  it('without an anchor, as every write is', async () => {
    await log!.add(signed());
    await stop();
    rmSync(join(folder, 'anchor'));
    await expect(erase({ index: 1 })).rejects.toMatchObject({ code: 'reads_only' });
  });
});

it('a submission cannot be a tombstone: not by the log’s own key, and not by another', async () => {
  await log!.add(signed());
  const { leafHash } = log!.reader.entry(1);
  const words = erasedStatement({
    ...{ payloadSha256: hashOf('sha256', utf8(PAYLOAD)), leaves: [{ index: 1, leafHash }], reason: REASON, time: 1 },
  });
  const statementKey = { ...key, privateKey: readKeys(paths().keys).statement, pem: log!.identity.statementKey };
  const own = { envelope: envelope(words, [statementKey]), publicKey: statementKey.pem };
  await expect(log!.add(own)).rejects.toMatchObject({ code: 'forbidden' });
  await log!.add({ envelope: envelope(words, [key]), publicKey: key.pem });
  expect(log!.reader.entry(1).payload.status).toBe('stored');
  expect((await fsck(log!.rows, log!.identity)).problems).toEqual([]);
});

it('an index that is built anew after an erasure finds nothing by what was erased', async () => {
  await log!.add(signed());
  await erase({ index: 1 });
  const { rows, close } = openLogRows(paths().log);
  rmSync(paths().index, { force: true });
  const writer = openTierWriter(paths().index, { logId: rows.identity().logId, logSize: 3 });
  for (const segment of storedSegments(rows, writer.salt, 0, 3)) writer.merge(segment);
  writer.close();
  close();
  reopen();
  expect(find({ subject: `sha256:${SUBJECT}` })).toEqual([]);
});
