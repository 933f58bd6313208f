import { createHash, createPublicKey } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { build, type EvidenceLog, evidenceLog } from '../evidence/evidence-log.ts';
import { gatePolicy } from '../evidence/gate/gate-policy.ts';
import { serve } from '../evidence/served.ts';
import { ARTIFACT, COMMIT, githubProvenance } from '../fixtures/predicates.ts';
import { countersign, scratch } from './harness.ts';

const SHA = 'de'.repeat(20);

function checkout(files: Record<string, string>): string {
  const folder = scratch();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** A workflow of so many steps, one of which may be by tag. */
function workflow(steps: number, loose?: number): string {
  const uses = Array.from({ length: steps }, (_, i) => `      - uses: acme/step-${i}@${i === loose ? 'v4' : SHA}\n`);
  return `jobs:\n  build:\n    steps:\n${uses.join('')}`;
}

describe('pin-set', () => {
  it('states each pin of a revision once, and what it did not read', async () => {
    const folder = checkout({
      '.github/workflows/a.yml': workflow(2),
      '.github/workflows/b.yaml': workflow(3),
      'node_modules/x/action.yml': 'runs: {steps: [{uses: x/y@v1}]}',
      'docker/api.Dockerfile': 'FROM node:22\n',
      'web/yarn.lock': '',
    });
    const { exit, stdout, stderr } = await countersign(['pin-set', folder, '--commit', COMMIT]);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { gitCommit: COMMIT } }],
      predicateType: 'urn:countersign:predicate:pin-set:v1',
      predicate: {
        pins: [
          ...['a.yml:4', 'a.yml:5', 'b.yaml:6'].map((at, i) => ({
            uri: `git+https://github.com/acme/step-${i}`,
            digest: { gitCommit: SHA },
            at: `.github/workflows/${at}`,
          })),
          { uri: 'docker://node:22', at: 'docker/api.Dockerfile:1' },
        ],
        unread: ['web/yarn.lock'],
      },
    });
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      'Mind: docker/api.Dockerfile:1: docker://node:22 is not pinned by a digest.',
      'Mind: web/yarn.lock is not read: what it pins is left out.',
    ]);
  });

  it('refuses a folder in which nothing pins anything, and half a commit', async () => {
    const empty = await countersign(['pin-set', checkout({ 'README.md': '' }), '--commit', COMMIT]);
    expect(empty).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('no workflow, no Dockerfile, no lock file'),
    });
    expect((await countersign(['pin-set', '.', '--commit', 'c0ffee'])).exit).toBe(2);
  });
});

describe('a pin set that was logged', () => {
  let made: EvidenceLog;
  beforeEach(async () => {
    made = await evidenceLog();
    await made.state(githubProvenance, build());
  });
  afterEach(() => made.log.close());

  /** Signs a pin set of the folder, logs it as a user would, and asks the gate. */
  async function gated(folder: string) {
    const home = scratch();
    await countersign(['keygen', '--output', `${home}/k`]);
    const pins = await countersign([
      'pin-set',
      folder,
      '--commit',
      COMMIT,
      '--sign',
      `${home}/k`,
      '--out',
      `${home}/p.json`,
    ]);
    expect(pins.exit).toBe(0);
    const { verifierKey, timeVerifierKey } = made.log.identity;
    const remote = ['--url', 'http://localhost', '--log-key', verifierKey, '--time-key', timeVerifierKey];
    const outside = { fetch: serve(made.log).fetch, now: () => made.log.head().time };
    const added = await countersign(['add', `${home}/p.json`, ...remote], outside);
    expect(added.exit, added.stderr).toBe(0);
    const spki = createPublicKey(readFileSync(`${home}/k.pub`)).export({ type: 'spki', format: 'der' });
    const key = createHash('sha256').update(spki).digest('hex');
    const policy = gatePolicy('  dependencies: {pinned: digest}').replace(
      'require:',
      `  attestors: [{key: ${key}}]\nrequire:`,
    );
    writeFileSync(`${home}/policy.yaml`, policy);
    const decided = await countersign(['gate', ARTIFACT, ...remote, '--policy', `${home}/policy.yaml`], outside);
    return { exit: decided.exit, said: decided.stdout };
  }

  it('A11: with one tag among twenty steps refuses, and names the line', async () => {
    const { exit, said } = await gated(checkout({ '.github/workflows/ci.yml': workflow(20, 13) }));
    expect(exit).toBe(1);
    expect(said).toMatch(/FAIL +dependencies\.pin-set +UNPINNED_DEPENDENCY/);
    expect(said).toContain('found:    .github/workflows/ci.yml:17: git+https://github.com/acme/step-13@v4');
  });

  it('A11: of fifty workflows without a tag lets pass', async () => {
    const files = Array.from({ length: 50 }, (_, i) => [`.github/workflows/${i}.yml`, workflow(1 + (i % 20))] as const);
    const { exit, said } = await gated(checkout(Object.fromEntries(files)));
    expect([exit, said.split('\n')[0]]).toEqual([0, expect.stringMatching(/^ALLOW/)]);
  });
});
