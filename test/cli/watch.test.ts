import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/core/hash.ts';
import { FakeLog, problem } from '../client/fake-log.ts';
import { countersign, lines, scratch } from './harness.ts';

let log: FakeLog;
let state: string;

beforeEach(() => {
  log = new FakeLog().grow(3);
  state = `${scratch()}/state.json`;
});

function watch(...args: string[]) {
  const given = [
    'watch',
    log.url,
    '--log-key',
    log.verifierKey,
    '--state',
    state,
    '--once',
    '--format',
    'jsonl',
    ...args,
  ];
  return countersign(given, { log });
}

describe('watch', () => {
  it('remembers what it saw, and proves growth', async () => {
    expect(lines((await watch()).stdout)).toMatchObject([{ change: 'first', size: 3 }]);
    log.grow(4);
    const { exit, stdout } = await watch('--time-key', log.timeVerifierKey);
    expect([exit, lines(stdout)[0]]).toMatchObject([0, { change: 'grown', size: 7, previousSize: 3, age: 60 }]);
    expect(lines((await watch()).stdout)).toMatchObject([{ change: 'none' }]);
  });

  it('exits 4 on a fork, keeps the state, and writes evidence that nothing overwrites', async () => {
    await watch();
    const before = readFileSync(state, 'utf8');
    log.stored[1]!.hash = sha256(new Uint8Array(1));
    const { exit, stderr } = await watch();
    expect([exit, stderr]).toEqual([4, expect.stringContaining('evidence')]);
    expect(readFileSync(state, 'utf8')).toBe(before);
    const path = `${state}.evidence-1700000060.json`;
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ kind: 'two-roots', origin: log.origin });
    const first = readFileSync(path, 'utf8');
    log.grow(1);
    expect((await watch()).exit).toBe(4);
    expect(readFileSync(path, 'utf8')).toBe(first);
    expect(readdirSync(dirname(state)).filter((name) => name.includes('evidence'))).toHaveLength(2);
  });

  it('shows the evidence where it cannot write it, and exits 4 all the same', async () => {
    state = `${dirname(state)}/${'s'.repeat(240)}`; // the name of the evidence would be too long
    await watch();
    log.stored[1]!.hash = sha256(new Uint8Array(1));
    const { exit, stderr } = await watch();
    expect([exit, stderr]).toEqual([4, expect.stringContaining('"kind": "two-roots"')]);
  });

  it('exits 3 on an older view, and goes on comparing with the newer one', async () => {
    await watch();
    log.lie = (path, answer) => (path === '/checkpoint' ? log.checkpoint(2) : answer);
    const { exit, stdout } = await watch();
    expect([exit, lines(stdout)[0]]).toMatchObject([3, { change: 'older', size: 2, previousSize: 3 }]);
    expect(readFileSync(state, 'utf8')).toContain('log.example\\n3\\n');
  });

  it('exits 1 where the log does not prove its growth', async () => {
    await watch();
    log.grow(3);
    log.lie = (path, answer) => (path.startsWith('/tile') ? new Uint8Array(192) : answer);
    expect((await watch()).exit).toBe(1);
    expect(readFileSync(state, 'utf8')).toContain('log.example\\n3\\n');
  });

  it('exits 3 where the log cannot be reached', async () => {
    log.lie = () => problem(503, 'reads_only', { 'retry-after': '3600' });
    expect((await watch()).exit).toBe(3);
    expect(existsSync(state)).toBe(false);
  });

  it.each([
    ['empty', ''],
    ['full of zeros', new Uint8Array(187)],
    ['cut', '{"schema":"countersign/state/v1","origin":"lo'],
    ['of another kind', '{"schema":"other","checkpoint":"x"}'],
    ['null', 'null'],
  ])('calls a state file that is %s damaged, and no fork', async (_, content) => {
    writeFileSync(state, content);
    const { exit, stderr } = await watch();
    expect([exit, stderr]).toEqual([2, expect.stringContaining('says nothing about the log')]);
  });

  it.each(['of another log', 'with a changed note'])('exits 2 on a state file %s', async (kind) => {
    await watch();
    const text = readFileSync(state, 'utf8');
    writeFileSync(
      state,
      kind === 'of another log' ? text.replace(/log\.example/g, 'x.example') : text.replace('n3', 'n2'),
    );
    expect((await watch()).exit).toBe(2);
  });

  it('looks again and again until it is interrupted, whatever the network does', async () => {
    const controller = new AbortController();
    let looks = 0;
    log.lie = (path, answer) => {
      if (path !== '/checkpoint') return answer;
      looks++;
      if (looks === 1) return answer;
      queueMicrotask(() => controller.abort());
      return new Response('', { status: 418 });
    };
    const args = ['watch', log.url, '--log-key', log.verifierKey, '--state', state, '--interval', '1'];
    const { exit, stdout } = await countersign(args, { log, signal: controller.signal });
    expect([exit, looks]).toEqual([130, 2]);
    expect(stdout).toContain('first look');
  });

  it('exits 2 without the key of the log', async () => {
    expect((await countersign(['watch', log.url, '--state', state, '--once'], { log })).exit).toBe(2);
  });
});
