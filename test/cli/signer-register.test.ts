import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BUILD, build, type EvidenceLog, evidenceLog, ISSUER, longLived, WORKFLOW } from '../evidence/evidence-log.ts';
import { serve } from '../evidence/served.ts';
import { testKey } from '../fixtures/make.ts';
import { githubProvenance, REPOSITORY } from '../fixtures/predicates.ts';
import { countersign, scratch } from './harness.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => {
  vi.useRealTimers();
  return made.log.close();
});

async function signers(...flags: string[]) {
  const { verifierKey, timeVerifierKey } = made.log.identity;
  const keys = ['--log-key', verifierKey, '--time-key', timeVerifierKey];
  return countersign(['signers', '--url', 'http://localhost', ...keys, ...flags], { fetch: serve(made.log).fetch });
}

async function listed(...flags: string[]) {
  const { stdout } = await signers('--format', 'json', ...flags);
  return (JSON.parse(stdout) as { signers: { key?: string; names: string[]; owner?: string | null }[] }).signers;
}

const about = (byte: string) => ({ ...githubProvenance, subject: [{ digest: { sha256: byte.repeat(32) } }] });
const spkiHash = ({ spki }: { spki: Uint8Array }) => createHash('sha256').update(spki).digest('hex');

describe('signers', () => {
  it('A15: lists every identity and every bare key once, with its first and last entry', async () => {
    const first = await made.state(about('a1'), build());
    const bare = await made.state(about('a2'), longLived);
    const last = await made.state(about('a3'), build());
    const [log, identity, key, ...more] = await listed();
    expect([log, more.length]).toMatchObject([{ names: [], entries: 1, first: 0 }, 0]);
    expect(identity).toMatchObject({
      ...{ names: [WORKFLOW], issuer: ISSUER, entries: 2, first, last, repositories: [REPOSITORY] },
      firstTime: made.log.reader.checkpointCovering(first).time,
    });
    expect(key).toMatchObject({ key: spkiHash(longLived), names: [], entries: 1, first: bare, last: bare });
  });

  it('A6: lists keys that nobody has used for long', async () => {
    await made.state(about('a1'), longLived);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 91 * 86_400_000 });
    await made.state(about('a2'), testKey('p256', 'in use'));
    const unused = await listed('--unused', '90d');
    expect(unused.map(({ key }) => key)).toContain(spkiHash(longLived));
    expect(unused.map(({ key }) => key)).not.toContain(spkiHash(testKey('p256', 'in use')));
  });

  it('B23: lists those for whom nobody answers', async () => {
    await made.state(about('a1'), build());
    await made.state(about('a2'), longLived);
    await made.state(about('a3'), build(BUILD, `${REPOSITORY}/.github/workflows/other.yml@refs/heads/main`));
    const file = `${scratch()}/policy.yaml`;
    const owned = `{issuer: ${ISSUER}, san: "${WORKFLOW}", owner: release@acme.example}`;
    writeFileSync(file, `policy: a\nversion: 1\ntrust: {signers: [${owned}, {key: ${spkiHash(longLived)}}]}\n`);
    const unowned = await listed('--policy', file, '--unowned');
    expect(unowned.slice(1).map(({ key, names }) => key ?? names[0])).toEqual([
      spkiHash(longLived),
      `${REPOSITORY}/.github/workflows/other.yml@refs/heads/main`,
    ]);
    const { stdout } = await signers('--policy', file);
    expect(stdout).toContain(`${WORKFLOW} by ${ISSUER} (chain: unverified)\n  1 entry [1]`);
    expect(stdout).toContain('\n  owner  release@acme.example\n');
  });

  it('says what is missing for what is asked', async () => {
    expect(await signers('--unowned')).toMatchObject({ exit: 2, stderr: expect.stringContaining('--policy') });
    const { verifierKey } = made.log.identity;
    const args = ['signers', '--url', 'http://localhost', '--log-key', verifierKey, '--unused', '90d'];
    expect(await countersign(args)).toMatchObject({ exit: 2, stderr: expect.stringContaining('--time-key') });
  });
});
