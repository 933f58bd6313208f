import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeLog, problem } from '../client/fake-log.ts';
import { envelope, envelopeSubmission, signatureOver, statement, testKey } from '../client/submissions.ts';
import { countersign, lines, scratch } from './harness.ts';

const key = testKey();
const other = testKey();
let log: FakeLog;
let folder: string;
let keyFile: string;

beforeEach(() => {
  log = new FakeLog().grow(1);
  folder = scratch();
  keyFile = file('key.pub', key.publicKey);
});

function file(name: string, content: unknown): string {
  const path = `${folder}/${name}`;
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function add(...args: string[]) {
  return countersign(['add', '--url', log.url, '--log-key', log.verifierKey, '--format', 'jsonl', ...args], { log });
}

const signed = (artifact: string, by = key) => envelope(statement(artifact), by);

describe('add', () => {
  it('gives every record of every file a result, in order', async () => {
    const one = file('one.jsonl', [signed('a'), signed('b')].map((value) => JSON.stringify(value)).join('\n'));
    const two = file('two.json', envelopeSubmission('c', other));
    const { exit, stdout, stderr } = await add(one, two, '--public-key', keyFile);
    expect(lines(stdout)).toMatchObject([
      { schema: 'countersign/add/v1', file: one, record: 0, status: 'logged', index: 1 },
      { file: one, record: 1, status: 'logged', index: 2 },
      { file: two, record: 0, status: 'logged', index: 3 },
    ]);
    expect([exit, stderr]).toEqual([0, '']);
  });

  it('takes the same record again for a success', async () => {
    const path = file('a.json', signed('a'));
    await add(path, '--public-key', keyFile);
    const { exit, stdout } = await add(path, '--public-key', keyFile);
    expect([exit, lines(stdout)[0]]).toMatchObject([0, { status: 'duplicate', index: 1 }]);
  });

  it('logs the good records beside bad ones, and exits 1', async () => {
    const path = file(
      'mixed.jsonl',
      `${JSON.stringify(signed('a'))}\n{"no": json\n${statement('b')}\n${JSON.stringify(signed('c'))}\n`,
    );
    const { exit, stdout } = await add(path, '--public-key', keyFile);
    expect(lines(stdout)).toMatchObject([
      { record: 0, status: 'logged' },
      { record: 1, status: 'refused', code: 'malformed_json' },
      { record: 2, status: 'refused', code: 'malformed_submission', reason: expect.stringContaining('not signed') },
      { record: 3, status: 'logged' },
    ]);
    expect(exit).toBe(1);
  });

  it('says which flag to use where a key is missing', async () => {
    const { exit, stdout } = await add(file('a.json', signed('a')));
    expect(lines(stdout)).toMatchObject([
      { status: 'refused', code: 'key_missing', reason: expect.stringContaining('--public-key FILE') },
    ]);
    expect(exit).toBe(1);
    expect(log.requests).toEqual([]);
  });

  it('tries every key that was given', async () => {
    const path = file('a.json', signed('a', other));
    const otherFile = file('other.pub', other.publicKey);
    expect((await add(path, '--public-key', keyFile, '--public-key', otherFile)).exit).toBe(0);
    expect((await add(path, '--public-key', keyFile)).exit).toBe(1);
  });

  it('finds the key of each of several signatures', async () => {
    const both = { ...signed('a'), signatures: [other, key].map((by) => ({ sig: signatureOver(statement('a'), by) })) };
    const path = file('both.json', both);
    const otherFile = file('other.pub', other.publicKey);
    expect((await add(path, '--public-key', keyFile, '--public-key', otherFile)).exit).toBe(0);
    expect(log.bodies.at(-1)).toContain('"verifiers"');
    const { stdout } = await add(path, '--public-key', keyFile);
    expect(lines(stdout)).toMatchObject([{ status: 'refused', code: 'signature_invalid' }]);
  });

  it('reads stdin', async () => {
    const args = ['add', '-', '--url', log.url, '--log-key', log.verifierKey, '--public-key', keyFile];
    const { exit, stdout } = await countersign(args, { log, stdin: JSON.stringify(signed('a')) });
    expect([exit, stdout]).toEqual([0, 'logged          1  stdin record 0\n']);
  });

  it('never sends a private key', async () => {
    const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { exit, stdout, stderr } = await add(file('a.json', { envelope: signed('a'), publicKey: pem }));
    expect([exit, lines(stdout)[0]]).toMatchObject([1, { status: 'refused', code: 'private_key_submitted' }]);
    expect(log.requests).toEqual([]);
    expect(stdout + stderr).not.toContain(pem.split('\n')[1]);
  });

  it('refuses a file given with --public-key that is no public key', async () => {
    const { exit, stderr } = await add(file('a.json', signed('a')), '--public-key', file('x', 'hello'));
    expect([exit, stderr]).toEqual([2, expect.stringContaining('cannot be used')]);
  });

  it('goes on after a file that cannot be read, and exits 2', async () => {
    const { exit, stdout } = await add(`${folder}/none`, file('a.json', signed('a')), '--public-key', keyFile);
    expect(lines(stdout)).toMatchObject([
      { status: 'failed', code: 'file_unreadable' },
      { status: 'logged', index: 1 },
    ]);
    expect(exit).toBe(2);
  });

  it('exits 3 where the log cannot be reached, and does not ask for every batch', async () => {
    let asked = 0;
    const many = Array.from({ length: 1100 }, () => signed('a'));
    const path = file('many.json', many);
    const args = [
      'add',
      path,
      '--url',
      log.url,
      '--log-key',
      log.verifierKey,
      '--public-key',
      keyFile,
      '--format',
      'json',
    ];
    const fetch = () => {
      asked++;
      return Promise.resolve(problem(503, 'reads_only', { 'retry-after': '3600' }));
    };
    const { exit, stdout } = await countersign(args, { fetch });
    const { schema, records } = JSON.parse(stdout) as { schema: string; records: { status: string; code: string }[] };
    expect([exit, schema, records.length]).toEqual([3, 'countersign/add/v1', 1100]);
    expect(new Set(records.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(['failed reads_only']));
    expect(asked).toBe(1);
  });

  it('exits 2 where the log asks for a token', async () => {
    log.lie = () => problem(401, 'unauthorized');
    const { exit, stdout } = await add(file('a.json', signed('a')), '--public-key', keyFile);
    expect([exit, lines(stdout)[0]]).toMatchObject([2, { status: 'failed', code: 'unauthorized' }]);
  });

  it('sends the token of the environment or of a file', async () => {
    const path = file('a.json', envelopeSubmission('a', key));
    const args = ['add', path, '--url', log.url, '--log-key', log.verifierKey];
    await countersign(args, { log, env: { COUNTERSIGN_TOKEN: 'first' } });
    await countersign([...args, '--token-file', file('token', 'second\n')], { log });
    expect(log.headers.map((headers) => headers.get('authorization'))).toEqual(['Bearer first', 'Bearer second']);
  });

  it('exits 1 where the log acknowledges what it cannot prove', async () => {
    log.lie = (_, answer) => String(answer).replace('"index":1', '"index":0');
    const { exit, stdout } = await add(file('a.json', signed('a')), '--public-key', keyFile);
    expect([exit, lines(stdout)[0]]).toMatchObject([1, { status: 'failed', code: 'proof_invalid' }]);
  });

  it('warns where the key of the log is not given', async () => {
    const args = ['add', file('a.json', signed('a')), '--url', log.url, '--public-key', keyFile];
    expect((await countersign(args, { log })).stderr).toContain('--log-key');
  });

  it('makes a dsse leaf on request', async () => {
    await add(file('a.json', signed('a')), '--public-key', keyFile, '--leaf', 'dsse');
    expect(new TextDecoder().decode(log.stored[1]!.leaf)).toContain('"kind":"dsse"');
  });

  it('keeps bundles', async () => {
    const path = file('two.json', [signed('a'), signed('b')]);
    const { stdout } = await add(path, '--public-key', keyFile, '--bundle-dir', `${folder}/bundles`);
    expect(lines(stdout).map(({ bundle }) => bundle)).toEqual(
      [1, 2].map((i) => `${folder}/bundles/${i}.sigstore.json`),
    );
    expect(JSON.parse(readFileSync(`${folder}/bundles/2.sigstore.json`, 'utf8'))).toHaveProperty('dsseEnvelope');
  });

  it('does not keep a bundle that does not verify, and exits 1', async () => {
    log.lie = (path, answer) =>
      path.endsWith('/bundle') ? { ...(answer as object), dsseEnvelope: signed('b') } : answer;
    const path = `${folder}/bundle.json`;
    const { exit, stdout, stderr } = await add(file('a.json', signed('a')), '--public-key', keyFile, '--bundle', path);
    expect([exit, lines(stdout)[0]]).toMatchObject([1, { status: 'logged', index: 1, code: 'proof_invalid' }]);
    expect(stderr).toContain('was not written');
    expect(existsSync(path)).toBe(false);
  });

  it('shows control characters of names as what they are', async () => {
    const { stdout } = await countersign(['add', '\u001b[31m', '--url', log.url], { log });
    expect(stdout).not.toContain('\u001b');
  });

  it('exits 130 where it is interrupted', async () => {
    const controller = new AbortController();
    log.lie = () => {
      controller.abort();
      return problem(503, 'pool_full', { 'retry-after': '20' });
    };
    const args = ['add', file('a.json', envelopeSubmission('a', key)), '--url', log.url, '--log-key', log.verifierKey];
    const { exit, stderr } = await countersign(args, { log, signal: controller.signal });
    expect([exit, stderr]).toEqual([130, 'countersign: interrupted\n']);
  });
});

describe('add --sign', () => {
  async function signWith(pem: string, ...args: string[]) {
    return add('--sign', file('signing.key', pem), file('artifact.bin', 'hello'), ...args);
  }

  it.each([
    ['ECDSA P-256', 'ec', { namedCurve: 'P-256' }],
    ['ECDSA P-384', 'ec', { namedCurve: 'P-384' }],
    ['ECDSA P-521', 'ec', { namedCurve: 'P-521' }],
    ['RSA', 'rsa', { modulusLength: 2048 }],
  ])('logs a signature by an %s key', async (_, type, options) => {
    const { generateKeyPairSync } = await import('node:crypto');
    const { privateKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
    const { exit, stdout } = await signWith(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    expect([exit, lines(stdout)[0]]).toMatchObject([0, { status: 'logged', index: 1 }]);
  });

  it('says that Ed25519 cannot be logged so', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const { privateKey } = generateKeyPairSync('ed25519');
    const { exit, stderr } = await signWith(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    expect([exit, stderr]).toEqual([1, expect.stringContaining('Ed25519')]);
  });

  it('does not show a key that it cannot read', async () => {
    const { exit, stdout, stderr } = await signWith(
      '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n',
    );
    expect([exit, (stdout + stderr).includes('c2VjcmV0')]).toEqual([1, false]);
  });
});
