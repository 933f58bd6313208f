/** A log with three witnesses, as programs: two that work, and one that is killed. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openUnderPolicy, parseWitnessPolicy } from '../../src/core/witness-policy.ts';
import { type Announcement, Process, useServers } from './running-server.ts';
import { signedArtifact } from './signed.ts';

const { folder } = useServers();

async function begin<T>(args: string[]): Promise<T & { process: Process }> {
  const process = new Process([...args, '--port', '0', '--format', 'jsonl']);
  const line = await process.firstLine();
  if (typeof line !== 'string') throw new Error(`it did not start: ${line.stderr}`);
  return { process, ...(JSON.parse(line) as T) };
}

it('shows a checkpoint that two of three have cosigned, and again after a start without them', async () => {
  const place = folder();
  const data = join(place, 'data');
  const serve = ['serve', '--dev', '--data', data, '--anchor', join(place, 'anchor'), '--log-level', 'silent'];
  const first = await begin<Announcement>(serve);
  await first.process.stop();

  const witnesses = await Promise.all(
    [1, 2, 3].map((n) =>
      begin<{ url: string; verifierKey: string }>([
        'witness',
        '--data',
        join(place, `w${n}`),
        '--name',
        `w${n}.example`,
        '--log',
        first.verifierKey,
      ]),
    ),
  );
  await witnesses[2]!.process.kill();
  const text = [
    ...witnesses.map(({ url, verifierKey }, n) => `witness w${n + 1} ${verifierKey} ${url}`),
    'group enough 2 w1 w2 w3',
    'quorum enough',
    '',
  ].join('\n');
  const file = join(place, 'witnesses.txt');
  writeFileSync(file, text);

  const log = await begin<Announcement>([...serve, '--witness-policy', file]);
  const response = await fetch(`${log.url}/v1/entries?witnessed=30`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: signedArtifact().body,
  });
  const { index, witnessed } = (await response.json()) as { index: number; witnessed: { checkpoint: string } };
  const policy = parseWitnessPolicy(`log ${first.verifierKey}\n${text}`);
  const opened = openUnderPolicy(witnessed.checkpoint, policy);
  expect(opened).toMatchObject({ quorumMet: true, cosignatures: [{ witness: 'w1' }, { witness: 'w2' }] });
  expect(opened.size).toBeGreaterThan(index);

  await log.process.stop();
  await Promise.all(witnesses.map(({ process }) => process.stop()));
  expect(existsSync(join(data, 'witnessed.checkpoint'))).toBe(true);
  const again = await begin<Announcement>([...serve, '--witness-policy', file]);
  const shown = await (await fetch(`${again.url}/v1/checkpoints/witnessed`)).text();
  expect(openUnderPolicy(shown, policy)).toMatchObject({ quorumMet: true, size: opened.size });
});
