/** `gate --witness-policy`: what is judged is what witnesses have seen, and no more. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { witnessedEvidence } from '../../src/cli/remote-evidence.ts';
import { LogClient } from '../../src/client/log-client.ts';
import { parseWitnessPolicy } from '../../src/core/witness-policy.ts';
import { WitnessedHead } from '../../src/http/witness/witnessed-head.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { FakeLog } from '../client/fake-log.ts';
import { envelopeSubmission, sha256Hex, testKey } from '../client/submissions.ts';
import { cosignedBy, twoOfThree } from '../client/witnesses.ts';
import { build, type EvidenceLog, evidenceLog } from '../evidence/evidence-log.ts';
import { gatePolicy } from '../evidence/gate/gate-policy.ts';
import { serve } from '../evidence/served.ts';
import { ARTIFACT, githubProvenance } from '../fixtures/predicates.ts';
import { countersign, scratch } from './harness.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

/** The newest checkpoint, with cosignatures of these witnesses, as the log shows it. */
function witnessedBy(...witnesses: number[]): WitnessedHead {
  const { size, note, time } = made.log.head();
  return new WitnessedHead({ size, note: cosignedBy(note, witnesses, time) }, () => []);
}

const demanding = gatePolicy().replace(
  '{maxStaleness: 5m}',
  '{maxStaleness: 5m, witnesses: {count: 2, of: [w1, w2, w3]}}',
);

async function gate(witnessed: WitnessedHead | undefined, { policy = demanding, witnesses = twoOfThree() } = {}) {
  const folder = scratch();
  const { fetch } = serve(made.log, witnessed);
  writeFileSync(`${folder}/policy.yaml`, policy);
  writeFileSync(`${folder}/witnesses`, witnesses);
  const { verifierKey, timeVerifierKey } = made.log.identity;
  const log = ['--url', 'http://localhost', '--log-key', verifierKey, '--time-key', timeVerifierKey];
  const policies = ['--policy', `${folder}/policy.yaml`, '--witness-policy', `${folder}/witnesses`];
  const now = () => made.log.head().time;
  return countersign(['gate', `sha256:${ARTIFACT}`, ...log, ...policies, '--format', 'json'], { fetch, now });
}

describe('gate with a witness policy', () => {
  it('allows what witnesses enough have seen', async () => {
    await made.state(githubProvenance, build());
    const { exit, stdout } = await gate(witnessedBy(1, 3));
    expect([exit, (JSON.parse(stdout) as { decision: string }).decision]).toEqual([0, 'ALLOW']);
  });

  it('counts only the witnesses that the policy of the gate names', async () => {
    await made.state(githubProvenance, build());
    const { exit, stdout } = await gate(witnessedBy(1, 3), { policy: demanding.replace('w1, w2, w3', 'w1, w2') });
    expect(exit).toBe(1);
    expect(stdout).toContain('WITNESSES_MISSING');
  });

  it('does not see what came after', async () => {
    const witnessed = witnessedBy(1, 2);
    await made.state(githubProvenance, build());
    const { exit, stdout } = await gate(witnessed, { policy: gatePolicy() });
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ decision: 'DENY', log: { treeSize: witnessed.newest()!.size } });
  });

  it('refuses a head that too few have seen, whatever the policy of the gate says', async () => {
    await made.state(githubProvenance, build());
    for (const head of [witnessedBy(2), undefined]) {
      const { exit, stderr, stdout } = await gate(head, { policy: gatePolicy() });
      expect(exit).toBe(1);
      expect(stdout + stderr).toContain('which the witness policy is not satisfied with');
    }
  });
});

describe('evidence under a witness policy', () => {
  const log = new FakeLog().grow(2);
  const policy = parseWitnessPolicy(twoOfThree(`log ${log.verifierKey}`));
  const client = new LogClient({
    ...{ url: log.url, verifierKey: log.verifierKey, fetch: log.fetch, checks: nativeChecks },
    retry: { attempts: 1 },
  });

  it.each<[string, Uint8Array | undefined, string | undefined]>([
    ['takes an entry of the tree that witnesses saw', undefined, undefined],
    ['refuses one of another tree, which the log signed as well', new Uint8Array(32).fill(7), 'proof_invalid'],
  ])('%s', async (_, root, code) => {
    await client.add(envelopeSubmission('hello', testKey()));
    const witnessed = cosignedBy(log.checkpoint(log.stored.length, root), [1, 3]);
    log.lie = (path, answer) => {
      if (path.includes('checkpoints/witnessed')) return witnessed;
      return path.includes('checkpoints?') ? { checkpoints: [{ checkpoint: log.checkpoint() }] } : answer;
    };
    const source = await witnessedEvidence(client, policy, {});
    expect(source.witnesses).toEqual(['w1', 'w3']);
    const looked = source.newest({ kind: 'subject', value: `sha256:${sha256Hex('hello')}` }, 1);
    if (code === undefined) await expect(looked).resolves.toHaveLength(1);
    else await expect(looked).rejects.toMatchObject({ code });
  });
});
