import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeLog } from '../client/fake-log.ts';
import {
  artifactSubmission,
  envelope,
  envelopeSubmission,
  sha256Hex,
  statement,
  testKey,
} from '../client/submissions.ts';
import { countersign, scratch } from './harness.ts';

const key = testKey();
let log: FakeLog;
let folder: string;
let artifact: string;
let keyFile: string;

beforeEach(() => {
  log = new FakeLog().grow(3);
  folder = scratch();
  artifact = file('artifact', 'hello');
  keyFile = file('key.pub', key.publicKey);
});

function file(name: string, content: string): string {
  writeFileSync(`${folder}/${name}`, content);
  return `${folder}/${name}`;
}

/** Logs a submission and keeps its bundle. */
async function bundleOf(submission: object, change: (bundle: string) => string = (bundle) => bundle): Promise<string> {
  const from = file('submission.json', JSON.stringify(submission));
  const to = `${folder}/bundle.json`;
  const args = ['add', from, '--url', log.url, '--log-key', log.verifierKey, '--bundle', to];
  const { exit } = await countersign(args, { log });
  expect(exit).toBe(0);
  const { readFileSync } = await import('node:fs');
  return file('bundle.json', change(readFileSync(to, 'utf8')));
}

function verify(bundle: string, ...args: string[]) {
  return countersign(['verify', artifact, '--bundle', bundle, '--log-key', log.verifierKey, ...args]);
}

describe('verify', () => {
  it.each([
    ['a statement about it', envelopeSubmission],
    ['a signature over it', artifactSubmission],
  ])('verifies an artifact by %s, offline', async (_, make) => {
    const { exit, stdout, stderr } = await verify(await bundleOf(make('hello', key)), '--key', keyFile);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toContain('verified: entry 3 of 4 in log.example');
    expect(stdout).toContain('signed by the given key');
  });

  it('B20: states entry and time, offline, from one command', async () => {
    const bundle = await bundleOf(envelopeSubmission('hello', key));
    const { stdout } = await verify(bundle, '--any-signer', '--time-key', log.timeVerifierKey);
    expect(stdout).toContain('by 2023-11-14T22:13:20.000Z');
    expect(stdout).toContain('any signer was accepted');
  });

  it('takes a digest, or stdin, for the artifact', async () => {
    const bundle = await bundleOf(envelopeSubmission('hello', key));
    const rest = ['--bundle', bundle, '--log-key', log.verifierKey, '--any-signer'];
    expect((await countersign(['verify', `sha256:${sha256Hex('hello')}`, ...rest])).exit).toBe(0);
    expect((await countersign(['verify', '-', ...rest], { stdin: 'hello' })).exit).toBe(0);
    expect((await countersign(['verify', '-', ...rest], { stdin: 'hullo' })).exit).toBe(1);
  });

  it('takes a digest of any name that a statement states', async () => {
    const commit = `${'c0ffee'.repeat(6)}c0de`;
    const about = JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { gitCommit: commit } }],
      predicateType: 'https://example.com/p/v1',
    });
    const bundle = await bundleOf({ envelope: envelope(about, key), publicKey: key.publicKey });
    const rest = ['--bundle', bundle, '--log-key', log.verifierKey, '--any-signer'];
    expect((await countersign(['verify', `gitCommit:${commit}`, ...rest])).exit).toBe(0);
    expect((await countersign(['verify', `sha1:${commit}`, ...rest])).exit).toBe(1);
    expect((await countersign(['verify', `gitCommit:${commit.replace('c', 'd')}`, ...rest])).exit).toBe(1);
  });

  it.each(['sha256:abc', `sha256:${'A'.repeat(64)}`, 'sha512:x'])('exits 2 for %s', async (digest) => {
    const bundle = await bundleOf(envelopeSubmission('hello', key));
    const args = ['verify', digest, '--bundle', bundle, '--log-key', log.verifierKey, '--any-signer'];
    expect((await countersign(args)).exit).toBe(2);
  });

  it('takes a payload that is no statement for the artifact, and says so', async () => {
    const submission = { envelope: envelope('hello', key, 'text/plain'), publicKey: key.publicKey };
    const { exit, stdout } = await verify(await bundleOf(submission), '--key', keyFile);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('the signed payload itself')]);
  });

  it('does not take a statement for the artifact', async () => {
    const bundle = await bundleOf(envelopeSubmission('hello', key));
    const digest = sha256Hex(statement('hello'));
    const args = ['verify', `sha256:${digest}`, '--bundle', bundle, '--log-key', log.verifierKey, '--any-signer'];
    expect((await countersign(args)).exit).toBe(1);
  });

  it('writes JSON', async () => {
    const { stdout } = await verify(
      await bundleOf(envelopeSubmission('hello', key)),
      '--any-signer',
      '--format',
      'json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'countersign/verify/v1',
      verified: true,
      artifact: { sha256: sha256Hex('hello') },
      index: 3,
      treeSize: 4,
      signerRequired: false,
    });
  });

  it('says false in JSON too', async () => {
    const bundle = await bundleOf(envelopeSubmission('other', key));
    const { exit, stdout } = await verify(bundle, '--any-signer', '--format', 'json');
    expect([exit, JSON.parse(stdout)]).toMatchObject([1, { verified: false, error: { code: 'artifact_mismatch' } }]);
  });

  it.each<[string, (bundle: string) => string]>([
    ['checkpoint', (text) => text.replace('log.example\\n4\\n', 'log.example\\n5\\n')],
    ['proof', (text) => text.replace(/"hashes":\["../, '"hashes":["AA')],
    ['index', (text) => text.replaceAll('"logIndex":"3"', '"logIndex":"2"')],
    ['payload', (text) => text.replace(/"payload":"ey/, '"payload":"eZ')],
    ['signature', (text) => text.replace(/"sig":"MEU?/, '"sig":"MEQ')],
    ['form', () => '{}'],
    ['JSON', (text) => text.slice(1)],
  ])('exits 1 where the %s was changed', async (_, change) => {
    const { exit, stdout } = await verify(await bundleOf(envelopeSubmission('hello', key), change), '--any-signer');
    expect([exit, stdout]).toEqual([1, '']);
  });

  it('exits 1 for another signer', async () => {
    const bundle = await bundleOf(envelopeSubmission('hello', key));
    const { exit, stderr } = await verify(bundle, '--key', file('other.pub', testKey().publicKey));
    expect([exit, stderr]).toEqual([1, expect.stringContaining('another key')]);
  });

  it('exits 1 for another log', async () => {
    const bundle = await bundleOf(envelopeSubmission('hello', key));
    const other = new FakeLog(log.origin, new Uint8Array(32).fill(9));
    const args = ['verify', artifact, '--bundle', bundle, '--log-key', other.verifierKey, '--any-signer'];
    expect((await countersign(args)).exit).toBe(1);
  });

  it('B2: exits 5 where the bundle has no proof of this log', async () => {
    const bundle = await bundleOf(envelopeSubmission('hello', key));
    const other = new FakeLog('other.example');
    const args = ['verify', artifact, '--bundle', bundle, '--log-key', other.verifierKey, '--any-signer'];
    expect((await countersign(args)).exit).toBe(5);
  });

  it.each<[string, string[]]>([
    ['without a trusted root', ['--identity', 'a@example.com', '--issuer', 'https://i']],
    ['a policy', ['--policy', 'x']],
  ])('exits 3 for an identity that cannot be judged: %s', async (_, args) => {
    const { exit, stdout, stderr } = await verify(await bundleOf(envelopeSubmission('hello', key)), ...args);
    expect([exit, stdout]).toEqual([3, '']);
    expect(stderr).toContain('not known');
  });

  it('exits 1 rather than 3 where an identity is asked for and the rest is wrong', async () => {
    const bundle = await bundleOf(envelopeSubmission('other', key));
    expect((await verify(bundle, '--identity', 'x', '--issuer', 'https://i')).exit).toBe(1);
  });

  it.each<[string, string[]]>([
    ['nobody is named who must have signed', []],
    ['two ways to name the signer are given', ['--any-signer', '--identity', 'x', '--issuer', 'y']],
    ['an identity has no issuer', ['--identity', 'x']],
    ['an issuer has no identity', ['--any-signer', '--issuer', 'x']],
  ])('exits 2 where %s', async (_, args) => {
    const { exit, stdout } = await verify(await bundleOf(envelopeSubmission('hello', key)), ...args);
    expect([exit, stdout]).toEqual([2, '']);
  });

  it('exits 2 without the key of the log, or with something else for it', async () => {
    const bundle = await bundleOf(envelopeSubmission('hello', key));
    expect((await countersign(['verify', artifact, '--bundle', bundle, '--any-signer'])).exit).toBe(2);
    expect((await countersign(['verify', artifact, '--bundle', bundle, '--any-signer', '--log-key', 'x'])).exit).toBe(
      2,
    );
  });

  it.each(['artifact', 'bundle', 'key'])('exits 2 where the %s cannot be read', async (missing) => {
    const bundle = await bundleOf(envelopeSubmission('hello', key));
    const paths = { artifact, bundle, key: keyFile, [missing]: `${folder}/none` };
    const args = ['verify', paths.artifact, '--bundle', paths.bundle, '--key', paths.key, '--log-key', log.verifierKey];
    const { exit, stderr } = await countersign(args);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('no such file')]);
  });
});
