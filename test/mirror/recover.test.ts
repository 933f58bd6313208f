/** A log that was lost, and what a copy gives back of it. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { Anchor } from '../../src/log/anchor.ts';
import type { LogIdentity } from '../../src/log/identity.ts';
import { readKeys } from '../../src/log/keys.ts';
import type { PublishedHead } from '../../src/log/log.ts';
import { checkpointSigner } from '../../src/log/signer.ts';
import { folderOptions, openCopy } from '../../src/mirror/log-copy.ts';
import { Mirror } from '../../src/mirror/mirror.ts';
import { MirrorFiles } from '../../src/mirror/mirror-files.ts';
import { recoverLog } from '../../src/threads/recover-log.ts';
import { scratch } from '../cli/harness.ts';
import { inlineApp } from '../http/inline-app.ts';
import { createInlineLog, inlineSettings, openInlineLog } from '../inline-log.ts';
import { addMany, answersOf, storyLog } from './story.ts';

let made: string;
let identity: LogIdentity;
let head: PublishedHead;
let answers: Record<string, string>;
beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'countersign-story-'));
  const log = await storyLog(join(made, 'log'));
  const app = await inlineApp(undefined, log);
  ({ identity } = log);
  const options = { url: 'http://log.test', fetch: app.fetch, verifierKey: identity.verifierKey };
  await new Mirror(new MirrorFiles(join(made, 'mirror')), options).copy();
  head = log.head();
  answers = await answersOf(app);
  await log.close();
});
afterAll(() => rmSync(made, { recursive: true, force: true }));

/** A folder with nothing left of the log but its keys and its anchor. */
let folder: string;
let mirror: string;
beforeEach(() => {
  folder = scratch();
  mirror = join(folder, 'mirror');
  mkdirSync(join(folder, 'data'));
  cpSync(join(made, 'log/data/keys'), join(folder, 'data/keys'), { recursive: true });
  cpSync(join(made, 'log/anchor'), join(folder, 'anchor'));
  cpSync(join(made, 'mirror'), mirror, { recursive: true });
});

async function recover(acceptHead?: { size: number; root: Uint8Array }) {
  const { paths, anchor } = inlineSettings(folder);
  const copy = await openCopy({ ...folderOptions(mirror), verifierKey: identity.verifierKey });
  return recoverLog(copy, { paths, anchor, acceptHead });
}

/** Changes the lines of what lies beside the leaves of a bundle. */
function changeBeside(bundle: string, change: (line: Record<string, unknown>) => object | undefined): void {
  const path = join(mirror, `beside/${bundle}.jsonl`);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const changed = lines.map((line) => change(JSON.parse(line))).filter((line) => line !== undefined);
  writeFileSync(path, changed.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

const withoutPayload = (index: number) =>
  changeBeside('000', (line) => (line.index === index ? { ...line, payload: undefined } : line));

/** What the anchor says. */
function anchor(size: number, root = head.root): void {
  Anchor.create(join(folder, 'anchor'), { logId: identity.logId, size, root }).close();
}

describe('a recovered log', () => {
  it('answers as the lost one did, and goes on', async () => {
    expect(await recover()).toMatchObject({ size: head.size, anchorMissing: false });
    const log = openInlineLog({ folder });
    expect(await answersOf(await inlineApp(undefined, log))).toEqual(answers);
    await addMany(log, 2);
    expect(log.head().size).toBe(head.size + 2);
    await log.close();
  });

  it('does not bring an erased payload back that the copy still has', async () => {
    const payload = { type: 'application/vnd.in-toto+json', bytes: '', countsFrom: 1 };
    changeBeside('000', (line) => (line.index === 1 ? { index: 1, payload } : line));
    await expect(recover()).rejects.toMatchObject({ code: 'proof_invalid' });
  });

  it('lacks a payload that the copy lacks', async () => {
    withoutPayload(3);
    await recover();
    const log = openInlineLog({ folder });
    expect(log.reader.entry(3).payload.status).toBe('absent');
    await log.close();
  });

  it('keeps the newest stamp, so that its time does not go back', async () => {
    const note = checkpointSigner(identity, readKeys(join(folder, 'data/keys'))).sign(
      head.size,
      head.root,
      head.time + 60,
    );
    writeFileSync(join(mirror, 'checkpoint'), note);
    await recover();
    const log = openInlineLog({ folder });
    expect(log.head()).toMatchObject({ note, time: head.time + 60 });
    await log.close();
  });

  it('serves reads only where there is no anchor', async () => {
    rmSync(join(folder, 'anchor'));
    expect(await recover()).toMatchObject({ anchorMissing: true });
    expect(existsSync(join(folder, 'anchor'))).toBe(false);
  });

  it('has an anchor where the operator states the head', async () => {
    rmSync(join(folder, 'anchor'));
    await recover({ size: head.size, root: head.root });
    expect(Anchor.open(join(folder, 'anchor'))?.record).toMatchObject({ size: head.size });
  });
});

describe('nothing is recovered', () => {
  async function refused(code: string, message = ''): Promise<void> {
    await expect(recover()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(existsSync(join(folder, 'data/log.db')) || existsSync(join(folder, 'data/log.db.recovering'))).toBe(false);
  }

  it('where a log is', async () => {
    writeFileSync(join(folder, 'data/log.db'), 'something');
    await expect(recover()).rejects.toMatchObject({ code: 'log_exists' });
    expect(readFileSync(join(folder, 'data/log.db'), 'utf8')).toBe('something');
  });

  it('beside an index of the lost one', async () => {
    writeFileSync(join(folder, 'data/index.db'), '');
    await refused('log_exists', 'index.db');
  });

  it('with other keys', async () => {
    const other = join(folder, 'other');
    await (await createInlineLog({ folder: other })).close();
    rmSync(join(folder, 'data/keys'), { recursive: true });
    cpSync(join(other, 'data/keys'), join(folder, 'data/keys'), { recursive: true });
    await refused('wrong_key');
  });

  it('where the anchor knows of more', async () => {
    anchor(head.size + 1);
    await refused('rolled_back', `--accept-head ${head.size}:${toHex(head.root)}`);
  });

  it('on the operator’s word against a sound anchor', async () => {
    anchor(head.size + 1);
    await expect(recover({ size: head.size, root: head.root })).rejects.toMatchObject({ code: 'rolled_back' });
    expect(Anchor.open(join(folder, 'anchor'))?.record.size).toBe(head.size + 1);
  });

  it('where the operator states another head', async () => {
    rmSync(join(folder, 'anchor'));
    await expect(recover({ size: head.size, root: identity.logId })).rejects.toMatchObject({ code: 'rolled_back' });
  });

  it('where the anchor knows another history', async () => {
    anchor(head.size - 1);
    await refused('rolled_back', 'another history');
  });

  it('without the payload of a control statement', async () => {
    withoutPayload(5);
    await refused('payload_absent', 'entry 5');
  });

  it('without the words of the log itself', async () => {
    withoutPayload(6);
    await refused('payload_absent', 'entry 6');
  });

  it('without a checkpoint that ended a batch of control statements', async () => {
    changeBeside('000', (line) => (line.size === 7 ? undefined : line));
    await refused('proof_invalid', 'not sound');
  });

  it('from tiles alone', async () => {
    writeFileSync(
      join(mirror, 'mirror.json'),
      readFileSync(join(mirror, 'mirror.json'), 'utf8').replace('true', 'false'),
    );
    await refused('not_found', 'tiles only');
  });

  it('from leaves that were changed', async () => {
    const path = join(mirror, 'tile/entries/000');
    const bytes = readFileSync(path);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(path, bytes);
    await refused('proof_invalid');
  });
});
