import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeLog } from '../client/fake-log.ts';
import { testKey } from '../fixtures/make.ts';
import { ScenarioLog } from '../scenarios/scenario-log.ts';
import { commitOf, identity, tagSeen } from '../scenarios/statements.ts';
import { countersign as run } from './harness.ts';

const CI = identity('https://ci.example/release', 'https://ci.example');
const RULES = 'watch: {identities: [{san: "https://ci.example/**"}]}\n';

let log: ScenarioLog;
let served: Awaited<ReturnType<ScenarioLog['served']>>;
let folder: string;
let count = 0;

beforeEach(async () => {
  log = await ScenarioLog.begin('2026-04-01T08:00:00Z');
  served = await log.served();
  folder = mkdtempSync(join(tmpdir(), 'countersign-monitor-'));
  writeFileSync(join(folder, 'rules.yaml'), RULES);
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

const stranger = testKey('p256', 'stranger');
const add = (by: typeof CI | typeof stranger) =>
  log.log({ statement: tagSeen('https://example.org/x', `v${++count}`, commitOf(`${count}`)), by });

function monitor(more: string[] = [], fetch = served.fetch) {
  const files = ['--state', join(folder, 'state.json'), '--rules', join(folder, 'rules.yaml')];
  const args = ['monitor', 'http://log.test', '--log-key', served.verifierKey, ...files, '--once', ...more];
  return run(args, { fetch });
}

interface Line {
  id: string;
  kind: string;
  index: number;
}
const lines = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

describe('countersign monitor', () => {
  it('begins with the entries to come, and says 1 where it found something', async () => {
    await add(CI);
    expect(await monitor()).toMatchObject({ exit: 0, stdout: '' });
    const [index] = await add(CI);
    await add(stranger);
    const second = await monitor(['--format', 'jsonl']);
    expect([second.exit, lines(second.stdout)]).toEqual([
      1,
      [expect.objectContaining({ kind: 'identity-used', index })],
    ]);
    expect(await monitor()).toMatchObject({ exit: 0, stdout: '' });
  });

  it('looks back from any entry', async () => {
    await add(CI);
    await add(CI);
    expect(lines((await monitor(['--from', '0', '--format', 'jsonl'])).stdout)).toHaveLength(2);
  });

  it('is quiet about what is acknowledged', async () => {
    await add(CI);
    const [known] = lines((await monitor(['--from', '0', '--format', 'jsonl'])).stdout);
    rmSync(join(folder, 'state.json'));
    writeFileSync(join(folder, 'known.txt'), `# seen, and meant\n${known!.id}  # the release of April\n`);
    expect(await monitor(['--from', '0', '--ack', join(folder, 'known.txt')])).toMatchObject({ exit: 0, stdout: '' });
    writeFileSync(join(folder, 'known.txt'), 'all of them\n');
    expect(await monitor(['--ack', join(folder, 'known.txt')])).toMatchObject({ exit: 2 });
  });

  it('tells again what it had written down and not told when it was killed', async () => {
    await add(CI);
    const before = lines((await monitor(['--from', '0', '--format', 'jsonl'])).stdout);
    const path = join(folder, 'state.json');
    const kept = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...kept, untold: before }));
    expect(lines((await monitor(['--format', 'jsonl'])).stdout)).toEqual(before);
    expect((await monitor()).stdout).toBe('');
  });

  it('says 3 where it could not look, and keeps its place', async () => {
    await monitor();
    const kept = readFileSync(join(folder, 'state.json'), 'utf8');
    const unreachable = (async () => {
      throw new TypeError('refused');
    }) as typeof fetch;
    expect((await monitor(['--timeout', '1'], unreachable)).exit).toBe(3);
    expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe(kept);
  });

  it('tells of silence where the log cannot be reached', async () => {
    writeFileSync(join(folder, 'rules.yaml'), `${RULES}silence: 1s\n`);
    const state = join(folder, 'state.json');
    await monitor();
    const kept = JSON.parse(readFileSync(state, 'utf8')) as object;
    writeFileSync(state, JSON.stringify({ ...kept, heardAt: 1_700_000_000 }));
    const unreachable = (async () => {
      throw new TypeError('refused');
    }) as typeof fetch;
    const first = await monitor(['--timeout', '1'], unreachable);
    expect([first.exit, first.stdout]).toEqual([3, expect.stringContaining('log-silent')]);
    expect((await monitor(['--timeout', '1'], unreachable)).stdout).toBe('');
  });

  it('is told once where to begin, and not beyond the end', async () => {
    const beyond = await monitor(['--from', '4000']);
    expect([beyond.exit, beyond.stderr]).toEqual([2, expect.stringContaining('and none at 4000 yet')]);
    expect((await monitor(['--from', '0'])).exit).toBe(0);
    expect((await monitor(['--from', '0'])).exit).toBe(2);
  });

  it('says which rules find nothing in a log without payloads', async () => {
    writeFileSync(join(folder, 'rules.yaml'), `${RULES}tags: ["**"]\n`);
    const honest = new FakeLog().grow(300);
    const files = ['--state', join(folder, 'state.json'), '--rules', join(folder, 'rules.yaml'), '--once'];
    const args = ['monitor', honest.url, '--log-key', honest.verifierKey, '--from', '0', ...files];
    const { exit, stderr } = await run(args, { fetch: honest.fetch });
    expect([exit, stderr]).toEqual([0, expect.stringContaining('nothing is found by tags')]);
  });

  it.each([
    ['nothing', '{'],
    ['another form', '{"schema":"countersign/state/v1"}'],
  ])('calls a damaged file by its name: %s', async (_, content) => {
    writeFileSync(join(folder, 'state.json'), content);
    const { exit, stderr } = await monitor();
    expect([exit, stderr]).toEqual([2, expect.stringContaining('is damaged')]);
  });

  it.each([
    ['watch: {identitys: []}', 'did you mean "identities"?'],
    ['watch: {identities: [{workflows: [a]}]}', 'must have san, issuer or facts'],
    ['burst: {perIdentity: many}', 'must be such as 20/10m'],
    ['a: &b 1', 'anchors'],
  ])('says what is wrong with the rules: %s', async (text, reason) => {
    writeFileSync(join(folder, 'rules.yaml'), text);
    const { exit, stderr } = await monitor();
    expect([exit, stderr]).toEqual([2, expect.stringContaining(reason)]);
  });

  it('writes evidence where the log shows two histories', async () => {
    const honest = new FakeLog().grow(9);
    const fork = honest.fork(2).grow(3);
    const files = ['--state', join(folder, 'state.json'), '--rules', join(folder, 'rules.yaml'), '--once'];
    const args = ['monitor', honest.url, '--log-key', honest.verifierKey, ...files];
    expect((await run(args, { fetch: honest.fetch })).exit).toBe(0);
    const { exit, stderr } = await run(args, { fetch: fork.fetch });
    const path = /the evidence is in (\S+):/.exec(stderr)?.[1] ?? '';
    expect(exit).toBe(4);
    expect(await run(['evidence', 'verify', path, '--log-key', honest.verifierKey])).toMatchObject({ exit: 0 });
  });
});
