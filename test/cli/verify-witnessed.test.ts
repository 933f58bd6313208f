/** `verify --witness-policy`: what a log says counts only where witnesses have seen it too. */
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeLog } from '../client/fake-log.ts';
import { envelopeSubmission, testKey } from '../client/submissions.ts';
import { cosignedBy, twoOfThree } from '../client/witnesses.ts';
import { countersign, scratch } from './harness.ts';

const log = new FakeLog().grow(3);
const key = testKey();
let folder: string;

beforeEach(() => {
  folder = scratch();
});

function file(name: string, content: string): string {
  writeFileSync(`${folder}/${name}`, content);
  return `${folder}/${name}`;
}

/** Verifies a bundle whose checkpoint was changed. */
async function verify(change: (note: string) => string, policy: string, ...args: string[]) {
  const bundle = `${folder}/bundle.json`;
  const submission = file('submission.json', JSON.stringify(envelopeSubmission('hello', key)));
  await countersign(['add', submission, '--url', log.url, '--log-key', log.verifierKey, '--bundle', bundle], { log });
  const json = JSON.parse(readFileSync(bundle, 'utf8'));
  const { checkpoint } = json.verificationMaterial.tlogEntries[0].inclusionProof;
  checkpoint.envelope = change(checkpoint.envelope);
  writeFileSync(bundle, JSON.stringify(json));
  const artifact = file('artifact', 'hello');
  const rest = ['--any-signer', '--witness-policy', file('policy', policy), ...args];
  return countersign(['verify', artifact, '--bundle', bundle, ...rest]);
}

const own = ['--log-key', log.verifierKey];

describe('verify with a witness policy', () => {
  it('names the witnesses who cosigned, and when', async () => {
    const { exit, stdout } = await verify((note) => cosignedBy(note, [1, 3]), twoOfThree(), ...own);
    expect(exit).toBe(0);
    expect(stdout).toContain('cosigned by w1 (2023-11-14T22:13:20.000Z), w3 (2023-11-14T22:13:20.000Z)');
  });

  it('says the same to programs', async () => {
    const args = [...own, '--format', 'jsonl'];
    const { stdout } = await verify((note) => cosignedBy(note, [2, 1]), twoOfThree(`log ${log.verifierKey}`), ...args);
    const cosignatures = ['w1', 'w2'].map((witness) => ({ witness, time: 1_700_000_000 }));
    expect(JSON.parse(stdout)).toMatchObject({ verified: true, cosignatures });
  });

  it.each<[string, (note: string) => string, string]>([
    ['nobody cosigned', (note) => note, 'no witness of the policy'],
    ['too few did', (note) => cosignedBy(note, [2]), 'only w2'],
    ['the other one is not of the policy', (note) => cosignedBy(note, [2, 7]), 'only w2'],
    ['one cosigned twice', (note) => cosignedBy(cosignedBy(note, [2]), [2], 1_700_000_009), 'only w2'],
    [
      'a cosignature is of another checkpoint',
      (note) => note + cosignedBy(log.checkpoint(2), [1, 2]).split('\n').slice(-3).join('\n'),
      'does not verify',
    ],
  ])('refuses where %s', async (_, change, reason) => {
    const { exit, stdout, stderr } = await verify(change, twoOfThree(), ...own);
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toContain(reason);
  });

  it.each<[string, string, string[], string]>([
    ['a policy of another log', twoOfThree(`log ${new FakeLog('other.example').verifierKey}`), own, 'of other logs'],
    ['a policy that cannot be read', `${twoOfThree()}quorum w1\n`, own, 'line 6 of the witness policy'],
    ['no log', twoOfThree(), [], 'say which log'],
  ])('exits 2 with %s', async (_, policy, args, reason) => {
    const { exit, stderr } = await verify((note) => note, policy, ...args);
    expect(exit).toBe(2);
    expect(stderr).toContain(reason);
  });
});
