import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/http/config.ts';
import { FakeLog } from '../client/fake-log.ts';
import { sha256Hex } from '../client/submissions.ts';
import { countersign, scratch } from './harness.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('countersign', () => {
  it('shows help and version on stdout, and exits 0', async () => {
    const help = await countersign(['--help']);
    expect([help.exit, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('Exit codes: 0 verified');
    expect((await countersign(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [[]],
    [['frobnicate']],
    [['add']],
    [['add', 'x', '--frobnicate']],
    [['add', 'x', '--format', 'xml']],
    [['serve', '--data', 'x', '--port', '1e3']],
    [['watch', 'x', '--log-key', 'y', '--state', 'z', '--interval', '0']],
    [['fsck']],
    [['fsck', 'https://log.example']],
    [['erase', '--data', 'x', '--reason', 'y']],
    [['erase', '--data', 'x', '--index', '1', '--payload', 'ab'.repeat(32), '--reason', 'y']],
    [['erase', '--data', 'x', '--index', '1']],
    [['erase', '--data', 'x', '--index', '-1', '--reason', 'y']],
    [['erase', '--data', 'x', '--payload', 'ab', '--reason', 'y']],
    [['erase', '--data', 'x', '--index', '1', '--reason', ' ']],
  ])('exits 2 for %j, and writes to stderr only', async (args) => {
    const { exit, stdout, stderr } = await countersign(args);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  });

  it('takes options from the environment, and flags before those', async () => {
    const log = new FakeLog().grow(2);
    vi.stubEnv('COUNTERSIGN_URL', log.url);
    vi.stubEnv('COUNTERSIGN_LOG_KEY', 'nonsense');
    expect((await countersign(['checkpoint'], { log })).exit).not.toBe(0);
    expect((await countersign(['checkpoint', '--log-key', log.verifierKey], { log })).exit).toBe(0);
  });

  it('says which log it wants', async () => {
    const { exit, stderr } = await countersign(['checkpoint']);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('COUNTERSIGN_URL')]);
  });

  it('writes errors as JSON too where JSON is asked for', async () => {
    const { stdout } = await countersign(['checkpoint', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'countersign/checkpoint/v1', error: { code: 'usage' } });
  });

  it('uses colour only where a person watches, and not with NO_COLOR', async () => {
    const stderr = async (outside: Parameters<typeof countersign>[1]) =>
      (await countersign(['checkpoint'], outside)).stderr;
    expect(await stderr({})).not.toContain('\u001b');
    expect(await stderr({ interactive: true })).toContain('\u001b');
    expect(await stderr({ interactive: true, env: { NO_COLOR: '1' } })).not.toContain('\u001b');
  });

  it('exits 70 on a defect of its own, and says so', async () => {
    const log = new FakeLog().grow(1);
    const args = ['watch', log.url, '--log-key', log.verifierKey, '--time-key', log.timeVerifierKey, '--once'];
    const now = () => {
      throw new TypeError('broken clock');
    };
    const { exit, stderr } = await countersign([...args, '--state', `${scratch()}/state`], { log, now });
    expect([exit, stderr]).toEqual([70, expect.stringContaining('defect of countersign: TypeError: broken clock')]);
  });
});

describe('keygen', () => {
  it('makes a pair whose private half only its owner can read', async () => {
    const path = `${scratch()}/release.key`;
    const { exit, stdout } = await countersign(['keygen', '--output', path, '--format', 'json']);
    expect(exit).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const publicKey = createPublicKey(createPrivateKey(readFileSync(path, 'utf8')));
    expect(publicKey.export({ type: 'spki', format: 'pem' })).toBe(readFileSync(`${path}.pub`, 'utf8'));
    expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(stdout).not.toContain('PRIVATE');
  });

  it.each(['release.key', 'release.key.pub'])('does not overwrite %s', async (existing) => {
    const folder = scratch();
    writeFileSync(`${folder}/${existing}`, 'mine');
    const { exit } = await countersign(['keygen', '--output', `${folder}/release.key`]);
    expect([exit, readFileSync(`${folder}/${existing}`, 'utf8')]).toEqual([2, 'mine']);
  });
});

describe('token', () => {
  it('shows a token and what admits it', async () => {
    const { exit, stdout } = await countersign(['token', '--name', 'ci']);
    const [token, config] = stdout.trim().split('\n') as [string, string];
    expect([exit, config]).toEqual([0, `- { name: ci, sha256: ${sha256Hex(token)} }`]);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  });

  it('says when it ends, as the configuration takes it', async () => {
    const { stdout } = await countersign(['token', '--expires', '24h'], { now: () => 1_700_000_000 });
    const { tokens } = parseConfig({ admission: { tokens: parse(stdout.split('\n')[1]!) } }).admission!;
    expect(tokens).toMatchObject([{ name: 'submitter', expires: 1_700_000_000 + 86_400 }]);
    expect((await countersign(['token', '--expires', 'soon'])).exit).toBe(2);
  });

  it('makes another one every time', async () => {
    const [one, two] = [await countersign(['token']), await countersign(['token'])];
    expect(one.stdout).not.toBe(two.stdout);
  });

  it('exits 2 for a name that the configuration would not take', async () => {
    expect((await countersign(['token', '--name', 'a b'])).exit).toBe(2);
  });
});

const built = fileURLToPath(new URL('../../dist/program/main.js', import.meta.url));

describe.skipIf(!existsSync(built))('the built program (skipped before `npm run build`)', () => {
  it('runs, and exits with the code of its result', () => {
    expect(execFileSync(process.execPath, [built, '--version'], { encoding: 'utf8' })).toMatch(/^\d/);
    expect(() => execFileSync(process.execPath, [built, 'checkpoint'], { stdio: 'pipe' })).toThrow(
      expect.objectContaining({ status: 2 }),
    );
  });
});
