/** The witness as a program: made, killed between its memory and its answer, and started again. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatAddCheckpoint } from '../../src/core/add-checkpoint.ts';
import { openCosignature } from '../../src/core/cosignature.ts';
import { verifierOf } from '../../src/core/note.ts';
import { FakeLog } from '../client/fake-log.ts';
import { Process, run, useServers } from './running-server.ts';

const { folder } = useServers();
const log = new FakeLog().grow(12);
const fork = log.fork(2);

interface RunningWitness {
  process: Process;
  url: string;
  verifierKey: string;
}

async function start(data: string, flags: string[] = [], env: Record<string, string> = {}): Promise<RunningWitness> {
  const args = ['witness', '--data', data, '--port', '0', '--log', log.verifierKey, '--format', 'jsonl', ...flags];
  const process = new Process(args, env);
  const line = await process.firstLine();
  if (typeof line !== 'string') throw new Error(`the witness did not start: ${line.stderr}`);
  return { process, ...(JSON.parse(line) as { url: string; verifierKey: string }) };
}

const named = ['--name', 'witness.example'];

function ask({ url }: RunningWitness, old: number, size: number, of = log): Promise<Response> {
  const proof = old === 0 || old >= size ? [] : of.consistency(old, size);
  return fetch(`${url}/add-checkpoint`, {
    method: 'POST',
    body: formatAddCheckpoint({ old, proof, note: of.checkpoint(size) }),
  });
}

describe('countersign witness', () => {
  it('cosigns nothing else after a kill between memory and answer', async () => {
    const data = join(folder(), 'witness');
    const first = await start(data, named, { COUNTERSIGN_CRASH_AT: 'witness-persisted:2' });
    expect((await ask(first, 0, 3)).status).toBe(200);
    await expect(ask(first, 3, 5)).rejects.toThrow();
    expect((await first.process.exited).signal).toBe('SIGKILL');

    const second = await start(data);
    expect(second.verifierKey).toBe(first.verifierKey);
    // Nobody has the cosignature of size 5, and it binds the witness all the same.
    expect((await ask(second, 3, 5, fork)).status).toBe(409);
    expect((await ask(second, 5, 5, fork)).status).toBe(422);
    const again = await ask(second, 5, 5);
    const line = await again.text();
    expect(openCosignature(log.checkpoint(5) + line, verifierOf(second.verifierKey)).time).toBeGreaterThan(
      1_700_000_000,
    );

    // What the log showed convicts it, in a file that another command reads.
    const files = readdirSync(join(data, 'evidence')).map((name) => join(data, 'evidence', name));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const { code, stdout } = await run('evidence', 'verify', file, '--log-key', log.verifierKey);
      expect([code, stdout]).toEqual([0, expect.stringContaining('is convicted')]);
    }
    const altered = JSON.parse(readFileSync(files[0]!, 'utf8')) as { notes: string[] };
    writeFileSync(files[0]!, JSON.stringify({ ...altered, notes: [altered.notes[0], altered.notes[0]] }));
    expect((await run('evidence', 'verify', files[0]!)).code).toBe(1);
    expect((await second.process.stop()).code).toBe(0);
  });

  it('keeps its key to itself, and its name', async () => {
    const data = join(folder(), 'witness');
    const unnamed = await run('witness', '--data', data, '--port', '0', '--log', log.verifierKey);
    expect([unnamed.code, unnamed.stderr]).toEqual([78, expect.stringContaining('--name')]);
    const { process } = await start(data, named);
    expect(statSync(join(data, 'witness.key')).mode & 0o777).toBe(0o600);
    await process.stop();
    const renamed = await run(
      'witness',
      '--data',
      data,
      '--port',
      '0',
      '--log',
      log.verifierKey,
      '--name',
      'other.example',
    );
    expect(renamed.stderr).toContain('is known as witness.example');
  });
});
