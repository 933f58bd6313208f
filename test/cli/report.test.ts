import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FrameworkReport } from '../../src/evidence/gate/framework-report.ts';
import { build, type EvidenceLog, evidenceLog, impostor } from '../evidence/evidence-log.ts';
import { gatePolicy } from '../evidence/gate/gate-policy.ts';
import { serve } from '../evidence/served.ts';
import { ARTIFACT, githubProvenance } from '../fixtures/predicates.ts';
import { countersign, scratch } from './harness.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => {
  vi.useRealTimers();
  return made.log.close();
});

async function report(...flags: string[]) {
  const file = `${scratch()}/policy.yaml`;
  writeFileSync(file, gatePolicy());
  const { verifierKey, timeVerifierKey } = made.log.identity;
  const keys = ['--log-key', verifierKey, '--time-key', timeVerifierKey];
  const { fetch } = serve(made.log);
  const args = ['report', '--framework', 'nist-csf', '--policy', file, '--url', 'http://localhost', ...keys, ...flags];
  return countersign(args, { fetch });
}

async function json(...flags: string[]): Promise<FrameworkReport> {
  return JSON.parse((await report('--format', 'json', ...flags)).stdout) as FrameworkReport;
}

const about = (digest: string) => ({ ...githubProvenance, subject: [{ digest: { sha256: digest } }] });

describe('report', () => {
  it('A25: lists for each control the entries that it rests on and what is missing', async () => {
    const good = await made.state(githubProvenance, build());
    await made.state(about('cd'.repeat(32)), impostor());
    const { artifacts, complete, controls } = await json();
    expect([artifacts, complete]).toEqual([
      [
        { artifact: `sha256:${ARTIFACT}`, decision: 'ALLOW' },
        { artifact: `sha256:${'cd'.repeat(32)}`, decision: 'DENY' },
      ],
      true,
    ]);
    const assessed = controls.find(({ id }) => id === 'ID.RA-09')!;
    expect(assessed).toMatchObject({ status: 'gaps', evidence: expect.arrayContaining([good]) });
    expect(assessed.gaps).toContainEqual(
      expect.objectContaining({
        rule: 'provenance.signer',
        code: 'SIGNER_NOT_ALLOWED',
        artifacts: [`sha256:${'cd'.repeat(32)}`],
      }),
    );
    expect(assessed.gaps).toContainEqual(
      expect.objectContaining({ rule: 'provenance.reproduced', reason: 'the policy does not require it' }),
    );
    expect(controls.find(({ id }) => id === 'DE.CM-06')).toMatchObject({ status: 'open', evidence: [] });
  });

  it('A25: has the same hash for whoever asks at the same tree size, however the log went on', async () => {
    await made.state(githubProvenance, build());
    const { size } = made.log.head();
    const { sha256 } = await json();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 90_000 });
    await made.state(about('cd'.repeat(32)), build());
    expect((await json('--size', String(size))).sha256).toBe(sha256);
    expect((await json()).sha256).not.toBe(sha256);
  });

  it('is about the artifacts that it is given', async () => {
    await made.state(githubProvenance, build());
    const { artifacts } = await json(ARTIFACT, `sha256:${'ee'.repeat(32)}`);
    expect(artifacts.map(({ decision }) => decision)).toEqual(['ALLOW', 'DENY']);
  });

  it('B5: finds the one file among many that was altered after its build', async () => {
    const files = Array.from({ length: 20 }, (_, i) => ({ path: `${scratch()}/${i}`, content: `artifact ${i}` }));
    const digestOf = (content: string) => createHash('sha256').update(content).digest('hex');
    const subject = files.map(({ content }) => ({ digest: { sha256: digestOf(content) } }));
    await made.state({ ...githubProvenance, subject }, build());
    files[7]!.content = 'artifact 8 ';
    for (const { path, content } of files) writeFileSync(path, content);
    const { artifacts } = await json(...files.map(({ path }) => path));
    const denied = artifacts.filter(({ decision }) => decision !== 'ALLOW');
    expect(denied.map(({ artifact }) => artifact)).toEqual([`sha256:${digestOf('artifact 8 ')}`]);
  });

  it('says so where there are more artifacts than it looks at', async () => {
    await made.state(githubProvenance, build());
    await made.state(about('cd'.repeat(32)), build());
    const { artifacts, complete } = await json('--limit', '1');
    expect([artifacts.map(({ artifact }) => artifact), complete]).toEqual([[`sha256:${'cd'.repeat(32)}`], false]);
  });

  it('is for people too', async () => {
    const index = await made.state(githubProvenance, build());
    const { exit, stdout } = await report();
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^NIST Cybersecurity Framework 2\.0: \d+ controls evidenced, \d+ with gaps, \d+ open\n/);
    expect(stdout).toMatch(new RegExp(`\n {2}evidence +\\[${index}\\]\n`));
    expect(stdout).toMatch(
      /\nDE\.CM-06 {2}open .*\n {2}gap +rate\.identity, log\.witnesses: the policy does not require it\n/,
    );
    expect(stdout).toMatch(/\nsha256 [0-9a-f]{64}\n$/);
  });

  it('refuses where there is nothing to report on', async () => {
    expect(await report()).toMatchObject({ exit: 5, stderr: expect.stringContaining('knows no artifact') });
  });
});
