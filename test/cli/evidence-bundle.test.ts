/** Evidence bundles: exported from a real log, judged without any network. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EvidenceBundle, readEvidenceBundle, writeEvidenceBundle } from '../../src/client/evidence-bundle.ts';
import { LogKey } from '../../src/client/log-key.ts';
import { verifyEvidenceBundle } from '../../src/client/verify-evidence-bundle.ts';
import { toBase64 } from '../../src/core/bytes.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { build, type EvidenceLog, evidenceLog } from '../evidence/evidence-log.ts';
import { gatePolicy } from '../evidence/gate/gate-policy.ts';
import { serve } from '../evidence/served.ts';
import { controlSubmission, selfRevocation } from '../fixtures/control.ts';
import { statement, testKey } from '../fixtures/make.ts';
import { ARTIFACT, githubProvenance } from '../fixtures/predicates.ts';
import { countersign } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-bundle-'));
const path = (name: string) => join(folder, name);
const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);
let made: EvidenceLog;
let keys: string[];
let index: number;

/** One log for all: what was exported does not change with it. */
beforeAll(async () => {
  made = await evidenceLog();
  const { verifierKey, timeVerifierKey } = made.log.identity;
  keys = ['--log-key', verifierKey, '--time-key', timeVerifierKey];
  // One revocation that has nothing to do with it, so that there is a feed.
  const other = testKey('p256');
  await made.log.add(controlSubmission(selfRevocation(other), other));
  const builder = build();
  index = await made.state(githubProvenance, builder);
  writeFileSync(path('policy.yaml'), gatePolicy());
  await countersign(['keygen', '--output', path('exporter')]);
  expect((await exported('good.json', '--sign', path('exporter'))).exit).toBe(0);
  await made.log.add(controlSubmission(selfRevocation(builder.key), builder.key));
  expect((await exported('revoked.json')).exit).toBe(0);
});
afterAll(async () => {
  await made.log.close();
  rmSync(folder, { recursive: true, force: true });
});

const exported = (file: string, ...flags: string[]) =>
  countersign(
    [
      ...['evidence', 'export', `sha256:${ARTIFACT}`, '--url', 'http://log.example.org', ...keys],
      ...['--policy', path('policy.yaml'), '--expires', '7d', '--out', path(file), '--format', 'json', ...flags],
    ],
    { fetch: serve(made.log).fetch, now },
  );

/** Without any network. */
const gate = (file: string, flags: string[] = [], at = now) =>
  countersign(
    [
      ...['gate', `sha256:${ARTIFACT}`, '--evidence', path(file), ...keys],
      ...['--policy', path('policy.yaml'), '--format', 'json', ...flags],
    ],
    { now: at },
  );
const decided = async (...args: Parameters<typeof gate>) => {
  const { exit, stdout } = await gate(...args);
  return { exit, ...(JSON.parse(stdout) as { decision: string; error?: { code: string }; affectedBy?: number[] }) };
};

const verify = (bytes: Uint8Array) => {
  const { verifierKey, timeVerifierKey } = made.log.identity;
  return verifyEvidenceBundle(bytes, { log: new LogKey({ verifierKey, timeVerifierKey }), checks: nativeChecks });
};
/** What became of a bundle that somebody changed, digest included. */
const changed = async (change: (bundle: EvidenceBundle) => void) => {
  const { bundle } = readEvidenceBundle(readFileSync(path('good.json')));
  change(bundle);
  return verify(Buffer.from(writeEvidenceBundle(bundle)));
};

describe('a gate without a network', () => {
  it('allows by what the bundle proves', async () => {
    expect(await decided('good.json')).toMatchObject({ exit: 0, decision: 'ALLOW' });
  });

  it('says what a gate at the log said', async () => {
    const at = now();
    const online = await countersign(
      [
        ...['gate', `sha256:${ARTIFACT}`, '--url', 'http://log.example.org', ...keys],
        ...['--policy', path('policy.yaml'), '--format', 'json'],
      ],
      { fetch: serve(made.log).fetch, now: () => at },
    );
    const { stdout } = await gate('revoked.json', [], () => at);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(online.stdout));
  });

  it('denies by a revocation in the bundle', async () => {
    expect(await decided('revoked.json')).toMatchObject({
      exit: 1,
      decision: 'DENY',
      affectedBy: [expect.any(Number)],
    });
  });

  it('denies by an expired bundle, under a code of its own', async () => {
    const later = await decided('good.json', [], () => now() + 7 * DAY);
    expect(later).toMatchObject({ exit: 1, decision: 'DENY', error: { code: 'evidence_expired' } });
  });

  it('denies by a stamp that is older than the policy allows, whenever the bundle expires', async () => {
    expect(await decided('good.json', [], () => now() + 600)).toMatchObject({ exit: 1, decision: 'DENY' });
  });

  it('tells of the expiry, and stops nobody, where the policy only reports', async () => {
    writeFileSync(path('audit.yaml'), gatePolicy('', 'audit'));
    const { exit, stderr } = await gate('good.json', ['--policy', path('audit.yaml')], () => now() + 7 * DAY);
    expect([exit, stderr]).toEqual([0, expect.stringContaining('expired')]);
  });

  it('denies where the policy looks for what was not looked up', async () => {
    writeFileSync(path('more.yaml'), gatePolicy('rate: {perIdentity: 20/10m}').replace('\nrate', '\n  rate'));
    const { exit, error } = await decided('good.json', ['--policy', path('more.yaml')]);
    expect([exit, error?.code]).toEqual([1, 'gate_closed']);
  });

  it('takes a bundle for the artifact only that it was exported for', async () => {
    const { exit, stdout } = await countersign(
      [
        ...['gate', `sha256:${'cd'.repeat(32)}`, '--evidence', path('good.json'), ...keys],
        ...['--policy', path('policy.yaml'), '--format', 'json'],
      ],
      { now },
    );
    expect([exit, JSON.parse(stdout)]).toMatchObject([1, { error: { code: 'artifact_mismatch' } }]);
  });

  it('asks for the exporter that it is told to', async () => {
    const asked = ['--evidence-key', path('exporter.pub')];
    expect((await decided('good.json', asked)).exit).toBe(0);
    expect(await decided('revoked.json', asked)).toMatchObject({ exit: 1, error: { code: 'signer_mismatch' } });
  });
});

describe('B19: an evidence bundle', () => {
  it('holds what export said', async () => {
    const { entries, feed, statedUnverified } = await verify(readFileSync(path('good.json')));
    expect([...entries.keys()]).toEqual([0, index]);
    expect(feed.events.length).toBe(1);
    expect(statedUnverified).toMatchObject({ policy: gatePolicy(), artifact: { digests: { sha256: ARTIFACT } } });
  });

  it('fails with any byte changed', async () => {
    const bytes = readFileSync(path('good.json'));
    const step = Math.ceil(bytes.length / 400);
    for (let at = 0; at < bytes.length; at += at < 200 || at > bytes.length - 400 ? 1 : step) {
      const altered = Buffer.from(bytes);
      altered[at]! ^= 1;
      await expect(verify(altered), `byte ${at}`).rejects.toMatchObject({ name: 'LogError' });
    }
  });

  it('fails with anything after its end', async () => {
    const bytes = Buffer.concat([readFileSync(path('good.json')), Buffer.from('\n')]);
    await expect(verify(bytes)).rejects.toMatchObject({ code: 'malformed_evidence' });
  });

  const flip = (base64: string) =>
    toBase64(Uint8Array.from(Buffer.from(base64, 'base64'), (byte, i) => byte ^ Number(i === 0)));
  it.each<[string, (bundle: EvidenceBundle) => void, string]>([
    [
      'another payload',
      (bundle) => (bundle.entries[1]!.payload = toBase64(Buffer.from(JSON.stringify(statement())))),
      'proof_invalid',
    ],
    ['another proof', (bundle) => (bundle.entries[1]!.proof[0] = flip(bundle.entries[1]!.proof[0]!)), 'proof_invalid'],
    ['another index', (bundle) => (bundle.entries[1]!.stated.index = 1), 'proof_invalid'],
    ['no payload', (bundle) => delete bundle.entries[1]!.payload, 'malformed_evidence'],
    ['an earlier log time', (bundle) => (bundle.entries[1]!.covered = bundle.entries[0]!.covered), 'proof_invalid'],
    [
      'a checkpoint that the tree does not extend',
      (bundle) => {
        bundle.entries[0]!.covered.proof[0] = flip(bundle.entries[0]!.covered.proof[0]!);
      },
      'proof_invalid',
    ],
    ['no genesis', (bundle) => bundle.entries.shift(), 'malformed_evidence'],
    [
      'a page of the feed twice',
      (bundle) => bundle.revocations.pages.push(bundle.revocations.pages[0]),
      'answer_unexpected',
    ],
    ['a feed that is not stated in this tree', (bundle) => (bundle.revocations.proof = []), 'proof_invalid'],
    [
      'a checkpoint of nobody',
      (bundle) => (bundle.checkpoint = bundle.checkpoint.replace(/\n\n.*$/s, '\n\n')),
      'malformed_checkpoint',
    ],
  ])('fails with %s, its digest made anew', async (_, change, code) => {
    await expect(changed(change)).rejects.toMatchObject({ code });
  });

  it('shows by its signature alone that the expiry was moved', async () => {
    const { bundle, signature } = readEvidenceBundle(readFileSync(path('good.json')));
    bundle.expires += DAY;
    const unsigned = await verify(Buffer.from(writeEvidenceBundle(bundle)));
    expect(unsigned.exporter).toBeUndefined();
    const moved = Buffer.from(writeEvidenceBundle(bundle, signature));
    await expect(verify(moved)).rejects.toMatchObject({ code: 'signature_invalid' });
  });

  it('is not written over a file that is there', async () => {
    const { exit, stdout } = await exported('good.json');
    expect([exit, JSON.parse(stdout)]).toMatchObject([2, { error: { code: 'usage' } }]);
  });
});
