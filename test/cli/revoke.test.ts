/** Trust taken away and given back from the command line, on a real log. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { dataPaths } from '../../src/threads/paths.ts';
import { envelope, hashOf, statement, type TestKey, testKey } from '../fixtures/make.ts';
import { type InlineApp, inlineApp } from '../http/inline-app.ts';
import { countersign, lines, scratch } from './harness.ts';

const [alice, bob, builder] = [testKey('p256', 'alice'), testKey('ed25519', 'bob'), testKey('p384', 'builder')];
const keyOf = ({ spki }: TestKey) => toHex(hashOf('sha256', spki));
const DIGEST = `sha256:${'ab'.repeat(32)}`;

let served: InlineApp;
let folder: string;
/** A new second for every command, so that no two statements are the same. */
let seconds = 1_700_000_000;
beforeEach(async () => {
  served = await inlineApp();
  folder = scratch();
  file('alice', alice.privatePem);
  file('bob', bob.privatePem);
  file('builder', builder.privatePem);
  file('builder.pub', builder.pem);
});
afterEach(() => served.log.close());

function file(name: string, content: unknown): string {
  const path = `${folder}/${name}`;
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const at = (name: string) => `${folder}/${name}`;

function call(command: string, ...args: string[]) {
  const { verifierKey } = served.log.identity;
  const remote = ['--url', 'http://log.test', '--log-key', verifierKey, '--format', 'jsonl'];
  return countersign([command, ...args, ...remote], { fetch: served.fetch, now: () => ++seconds });
}
const revoke = (...args: string[]) => call('revoke', ...args);

const AUTHORITY = {
  ...{ namespace: 'acme', covers: ['https://github.com/acme/*'], owners: [{ key: keyOf(alice) }, { key: keyOf(bob) }] },
  thresholds: { authority: 2, grant: 1, revoke: 1, reinstate: 2 },
};
async function begin(): Promise<void> {
  const operator = `${dataPaths(`${served.log.folder}/data`).keys}/statement.key`;
  const { exit, stderr } = await revoke('authority-set', file('acme.json', AUTHORITY), '--sign', operator);
  expect([exit, stderr]).toEqual([0, '']);
}
/** Index, kind, and whether it is in effect. */
async function shown(...args: string[]) {
  const { exit, stdout } = await call('revocations', ...args);
  expect(exit).toBe(0);
  return lines(stdout).map(({ index, control, inEffect }) => {
    const type = (control as { predicateType: string }).predicateType.split(':')[3];
    return [index, type, inEffect];
  });
}

describe('revoke', () => {
  it('revokes an artifact in the name of its namespace, and shows that it is in effect', async () => {
    await begin();
    const args = ['--namespace', 'acme', '--reason', 'malware', '--sign', at('alice')];
    const { exit, stdout } = await revoke('artifact-revoke', DIGEST, ...args);
    expect([exit, lines(stdout)[0]]).toMatchObject([0, { index: 3, duplicate: false }]);
    expect(await shown()).toEqual([
      [1, 'authority-set', true],
      [3, 'artifact-revoke', true],
    ]);
  });

  it('shows what has no effect, and why', async () => {
    await begin();
    await revoke('artifact-revoke', DIGEST, '--namespace', 'acme', '--reason', 'x', '--sign', at('builder'));
    const { stdout } = await call('revocations');
    expect(lines(stdout)[1]).toMatchObject({ inEffect: false, ignored: expect.stringContaining('0 signed') });
  });

  it('is signed by several, one after the other', async () => {
    await begin();
    const common = ['--namespace', 'acme', '--reason', 'x'];
    await revoke('artifact-quarantine', DIGEST, ...common, '--sign', at('alice'));
    const clear = ['artifact-clear', DIGEST, ...common, '--reverses', '3', '--sign', at('alice')];
    await revoke(...clear, '--output', at('clear.json'));
    expect(await shown()).toHaveLength(2);
    const { exit } = await revoke('--cosign', at('clear.json'), '--sign', at('bob'));
    expect(exit).toBe(0);
    expect((await shown()).at(-1)).toEqual([5, 'artifact-clear', true]);
  });

  it('does not count one key twice', async () => {
    await begin();
    const reinstate = ['artifact-clear', DIGEST, '--namespace', 'acme', '--reason', 'x', '--reverses', '3'];
    const { exit, stderr } = await revoke(...reinstate, '--sign', at('alice'), '--sign', at('alice'));
    expect([exit, stderr]).toEqual([2, expect.stringContaining('signed this statement already')]);
  });

  it('has a key revoke itself', async () => {
    const args = ['key-revoke', at('builder.pub'), '--reason', 'compromise', '--last-valid-index', '7'];
    const { stdout } = await revoke(...args, '--sign', at('builder'));
    expect(lines(stdout)[0]).toMatchObject({
      statement: {
        subject: [{ digest: { sha256: keyOf(builder) } }],
        predicate: { reason: 'compromise', lastValidIndex: 7 },
      },
    });
    expect(await shown()).toEqual([[1, 'key-revoke', true]]);
  });

  it('withdraws an entry by what its signatures are over', async () => {
    const { index } = await served.log.add({ envelope: envelope(statement(), [builder]), publicKey: builder.pem });
    const { stdout } = await revoke('withdraw', String(index), '--reason', 'wrong tag', '--sign', at('builder'));
    const { leafHash } = served.log.reader.entry(index);
    expect(lines(stdout)[0]).toMatchObject({
      statement: { predicate: { selector: { leaves: [{ leafHash: toHex(leafHash), events: [expect.any(String)] }] } } },
    });
  });

  it.each([
    ['withdraw', 'invocation:run/1', { selector: { invocation: 'run/1' } }],
    [
      'withdraw',
      `commit:https://github.com/acme/app@${'12'.repeat(20)}`,
      { selector: { repository: 'https://github.com/acme/app', commit: '12'.repeat(20) } },
    ],
    [
      'withdraw',
      'identity:3-9:x@acme.example',
      { selector: { identity: { issuer: 'https://i', san: 'x@acme.example' }, indexes: { from: 3, to: 9 } } },
    ],
    ['builder-revoke', 'https://b/b@v1', { builder: 'https://b/b@v1' }],
    ['artifact-revoke', 'pkg:npm/x@1', { package: 'pkg:npm/x@1' }],
  ])('%s takes %s', async (event, target, predicate) => {
    const args = ['--namespace', 'acme', '--reason', 'x', '--issuer', 'https://i', '--dry-run'];
    const { exit, stdout } = await revoke(event, target, ...args);
    expect([exit, lines(stdout)[0]]).toMatchObject([0, { statement: { predicate } }]);
  });

  it('sets members that have no option of their own', async () => {
    const window = ['--set', 'scope=policy', '--set', 'window.from=5', '--set', 'window.to=9'];
    const common = ['--namespace', 'acme', '--reason', 'x', '--dry-run'];
    const { stdout } = await revoke('dependency-taint', 'pkg:npm/x', ...common, ...window);
    expect(lines(stdout)[0]).toMatchObject({
      statement: { predicate: { scope: 'policy', window: { from: 5, to: 9 } } },
    });
  });

  it('signs nothing that the log would refuse, and says where the fault is', async () => {
    const args = ['--namespace', 'ACME', '--reason', 'x', '--sign', at('alice')];
    const { exit, stdout, stderr } = await revoke('artifact-revoke', DIGEST, ...args);
    expect([exit, lines(stdout)[0]]).toMatchObject([
      1,
      { error: { code: 'malformed_control', at: '/predicate/namespace' } },
    ]);
    expect(stderr).toContain('/predicate/namespace');
    expect(served.log.head().size).toBe(1);
  });

  it('wants to know who says so', async () => {
    const { exit } = await revoke('artifact-revoke', DIGEST, '--namespace', 'acme', '--reason', 'x');
    expect(exit).toBe(2);
  });

  it('overwrites no file', async () => {
    const output = file('there.json', '{}');
    const args = ['artifact-revoke', DIGEST, '--namespace', 'acme', '--reason', 'x', '--sign', at('alice')];
    const { exit } = await revoke(...args, '--output', output);
    expect([exit, readFileSync(output, 'utf8')]).toEqual([2, '{}']);
  });
});

describe('revocations', () => {
  it('judges by authorities that the verifier brings', async () => {
    const args = ['artifact-revoke', DIGEST, '--namespace', 'acme', '--reason', 'x', '--sign', at('alice')];
    await revoke(...args);
    expect(await shown()).toEqual([[1, 'artifact-revoke', false]]);
    expect(await shown('--authority', file('acme.json', AUTHORITY))).toEqual([[1, 'artifact-revoke', true]]);
  });

  it('tells people what it verified', async () => {
    await begin();
    const { verifierKey } = served.log.identity;
    const args = ['revocations', '--url', 'http://log.test', '--log-key', verifierKey];
    const { stdout, stderr } = await countersign(args, { fetch: served.fetch });
    expect(stdout).toMatch(/ 1 authority-set in acme, by key [0-9a-f]{16}…: in effect/);
    expect(stderr).toMatch(/^feed of log\.example\.org: size 1, root [0-9a-f]{64}, proved/);
  });

  it('does not take a file for an authority that is none', async () => {
    const { exit } = await call('revocations', '--authority', file('no.json', { namespace: 'acme' }));
    expect(exit).toBe(2);
  });
});
