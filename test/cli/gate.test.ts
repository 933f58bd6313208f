import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { build, type EvidenceLog, evidenceLog, impostor } from '../evidence/evidence-log.ts';
import { gatePolicy } from '../evidence/gate/gate-policy.ts';
import { serve } from '../evidence/served.ts';
import { ARTIFACT, githubProvenance } from '../fixtures/predicates.ts';
import { countersign, scratch } from './harness.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

async function gate(policy: string, flags: string[] = [], reachable = true) {
  const file = `${scratch()}/policy.yaml`;
  writeFileSync(file, policy);
  const { verifierKey, timeVerifierKey } = made.log.identity;
  const keys = ['--log-key', verifierKey, '--time-key', timeVerifierKey];
  return countersign(['gate', `sha256:${ARTIFACT}`, '--url', 'http://localhost', '--policy', file, ...keys, ...flags], {
    now: () => made.log.head().time,
    ...(reachable && { fetch: serve(made.log).fetch }),
  });
}

describe('gate', () => {
  it('allows, and says why', async () => {
    const index = await made.state(githubProvenance, build());
    const { exit, stdout } = await gate(gatePolicy());
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^ALLOW {2}sha256:abab/);
    expect(stdout).toMatch(new RegExp(`pass +provenance\\.repository  \\[${index}\\]`));
  });

  it('denies, and says what to do', async () => {
    await made.state(githubProvenance, impostor());
    const { exit, stdout } = await gate(gatePolicy());
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^DENY/);
    expect(stdout).toMatch(/FAIL .*\n.*\n +expected: .*\n +found: .*\n +fix: /);
  });

  it('A17: stops nobody where the policy only reports', async () => {
    const { exit, stdout } = await gate(gatePolicy('', 'audit'), ['--format', 'json']);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'countersign/gate/v1', decision: 'DENY', permitted: true });
  });

  it('writes SARIF', async () => {
    const { exit, stdout } = await gate(gatePolicy(), ['--sarif']);
    expect([exit, (JSON.parse(stdout) as { version: string }).version]).toEqual([1, '2.1.0']);
  });

  it('writes the log’s own decision as a bundle, which verify takes', async () => {
    await made.state(githubProvenance, build());
    const { exit, stdout } = await gate(gatePolicy(), ['--vsa']);
    const folder = scratch();
    writeFileSync(`${folder}/decision.json`, stdout);
    writeFileSync(`${folder}/statement.pem`, made.log.identity.statementKey);
    const { verifierKey } = made.log.identity;
    const flags = ['--bundle', `${folder}/decision.json`, '--key', `${folder}/statement.pem`, '--log-key', verifierKey];
    const verified = await countersign(['verify', `sha256:${ARTIFACT}`, ...flags]);
    expect([exit, verified.exit]).toEqual([0, 0]);
  });

  it('logs what the log decides beside what is decided here', async () => {
    await made.state(githubProvenance, impostor());
    const { exit, stdout } = await gate(gatePolicy(), ['--log', '--format', 'json']);
    expect([exit, JSON.parse(stdout)]).toEqual([
      1,
      expect.objectContaining({ decision: 'DENY', loggedAt: made.log.head().size - 1 }),
    ]);
  });

  it('A14: is closed where the log cannot be reached, unless the policy only reports', async () => {
    const closed = await gate(gatePolicy(), ['--format', 'json'], false);
    expect(closed.exit).toBe(1);
    expect(JSON.parse(closed.stdout)).toMatchObject({ decision: 'DENY', error: { code: 'gate_closed' } });
    expect((await gate(gatePolicy('', 'warn'), [], false)).exit).toBe(3);
  });
});
