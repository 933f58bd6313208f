import { readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { verifierOf } from '../../src/core/note.ts';
import { parseTlogProof, verifyTlogProof } from '../../src/core/tlog-proof.ts';
import { FakeLog, problem } from '../client/fake-log.ts';
import { envelopeSubmission, sha256Hex, testKey } from '../client/submissions.ts';
import { countersign, scratch } from './harness.ts';

let log: FakeLog;
let folder: string;

beforeEach(async () => {
  log = new FakeLog().grow(3);
  folder = scratch();
  for (const artifact of ['a', 'a', 'b']) {
    writeFileSync(`${folder}/${artifact}`, artifact);
    writeFileSync(`${folder}/s.json`, JSON.stringify(envelopeSubmission(artifact, testKey())));
    await countersign(['add', `${folder}/s.json`, ...remote()], { log });
  }
});

function remote(): string[] {
  return ['--url', log.url, '--log-key', log.verifierKey];
}

function ask(...args: string[]) {
  return countersign([...args, ...remote()], { log });
}

async function indexes(what: string, ...args: string[]): Promise<number[]> {
  const { stdout } = await ask('get', what, '--format', 'json', ...args);
  return (JSON.parse(stdout) as { entries: { index: number }[] }).entries.map(({ index }) => index);
}

describe('get', () => {
  it('finds an entry by index, leaf hash, digest and file', async () => {
    expect(await indexes('4')).toEqual([4]);
    expect(await indexes(toHex(log.stored[5]!.hash))).toEqual([5]);
    expect(await indexes(`sha256:${sha256Hex('a')}`)).toEqual([4, 3]);
    expect(await indexes(`${folder}/b`)).toEqual([5]);
    expect(await indexes(`${folder}/a`, '--limit', '1')).toEqual([4]);
  });

  it('shows what an entry says', async () => {
    const { exit, stdout } = await ask('get', '5');
    expect(exit).toBe(0);
    expect(stdout).toContain('entry      5, proved to be in the tree of 6 entries of log.example');
    expect(stdout).toContain('predicate  https://example.com/p/v1');
  });

  it('keeps the bundle', async () => {
    await ask('get', '5', '--bundle', `${folder}/bundle`);
    expect(readFileSync(`${folder}/bundle`, 'utf8')).toContain('dsseEnvelope');
  });

  it.each([['99'], ['0'.repeat(64)], [`sha256:${'0'.repeat(64)}`]])('exits 5 where there is no %s', async (what) => {
    expect((await ask('get', what)).exit).toBe(5);
  });

  it('exits 2 for what is neither a file nor anything else', async () => {
    expect((await ask('get', 'no such file')).exit).toBe(2);
  });

  it('exits 1 where the log hands out another leaf', async () => {
    log.lie = (path, answer) =>
      path === '/v1/entries/5' ? { ...(answer as object), canonicalizedBody: 'e30=' } : answer;
    expect((await ask('get', '5')).exit).toBe(1);
  });
});

describe('prove', () => {
  it('shows a verified inclusion proof', async () => {
    const { exit, stdout } = await ask('prove', '3', '--size', '5', '--format', 'json');
    expect([exit, JSON.parse(stdout)]).toMatchObject([0, { index: 3, treeSize: 5, checkpointSize: 6 }]);
  });

  it('writes a tlog-proof', async () => {
    expect((await ask('prove', '3', '--output', `${folder}/proof`)).exit).toBe(0);
    const proof = parseTlogProof(readFileSync(`${folder}/proof`, 'utf8'));
    expect(verifyTlogProof(proof, log.stored[3]!.hash, verifierOf(log.verifierKey)).size).toBe(6);
  });

  it('shows a verified consistency proof', async () => {
    const { exit, stdout } = await ask('prove', '--consistency', '2', '5');
    expect([exit, stdout]).toEqual([0, expect.stringContaining('the tree of 5 entries of log.example begins with')]);
  });

  it('exits 1 where the proof is wrong', async () => {
    log.lie = (path, answer) =>
      path.includes('inclusion') ? { ...(answer as object), inclusionProof: log.inclusion(3, 4) } : answer;
    expect((await ask('prove', '3')).exit).toBe(1);
  });

  it('exits 5 for an entry that is not there yet', async () => {
    log.lie = () => problem(404, 'not_yet_published');
    expect((await ask('prove', '7')).exit).toBe(5);
  });

  it.each([
    ['1e3'],
    ['-1'],
    ['01'],
    ['9007199254740992'],
    ['1', '2'],
    ['5', '--size', '5'],
    ['--consistency', '5'],
    ['--consistency', '5', '2'],
    ['--consistency', '0', '2'],
  ])('exits 2 for %s %s %s', async (...args) => {
    expect((await ask('prove', ...args.filter((arg) => arg !== undefined))).exit).toBe(2);
  });
});

describe('checkpoint', () => {
  it('shows the note', async () => {
    const { exit, stdout } = await ask('checkpoint');
    expect([exit, stdout]).toEqual([0, log.checkpoint()]);
  });

  it('exits 1 where the signature is by another key', async () => {
    const other = new FakeLog(log.origin, new Uint8Array(32).fill(9));
    const args = ['checkpoint', '--url', log.url, '--log-key', other.verifierKey];
    expect((await countersign(args, { log })).exit).toBe(1);
  });

  it('exits 3 where nobody answers, or not as a log does', async () => {
    expect(
      (await countersign(['checkpoint', '--url', log.url, '--log-key', log.verifierKey, '--timeout', '1'])).exit,
    ).toBe(3);
    log.lie = () => new Response('', { status: 418 });
    expect((await ask('checkpoint')).exit).toBe(3);
  });
});
