import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeUtf8, toHex } from '../../../src/core/bytes.ts';
import { type ControlEvent, writeControlStatement } from '../../../src/entry/control/control-statement.ts';
import { parsePublicKeyPem } from '../../../src/entry/keys/public-key.ts';
import { evidenceOf } from '../../../src/evidence/facts/evidence-of.ts';
import type { EvidenceSource } from '../../../src/evidence/facts/evidence-source.ts';
import { decide } from '../../../src/evidence/gate/decide.ts';
import type { Decision } from '../../../src/evidence/policy/decision.ts';
import { presetText } from '../../../src/evidence/policy/document/read-policy.ts';
import { readPolicy } from '../../../src/evidence/policy/policy.ts';
import { LogRevocation } from '../../../src/evidence/revocation/log-revocation.ts';
import { hashOf, testKey } from '../../fixtures/make.ts';
import { ARTIFACT, COMMIT, githubProvenance, tagProvenance } from '../../fixtures/predicates.ts';
import { operatorOf, Promotions } from '../decisions/promotions.ts';
import { BUILD, build, type EvidenceLog, evidenceLog, ISSUER, impostor, longLived, WORKFLOW } from '../evidence-log.ts';
import { gatePolicy } from './gate-policy.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

interface Asked {
  policy?: string;
  digest?: string;
  /** Seconds after the log's newest stamp. */
  later?: number;
  source?: EvidenceSource;
}

async function decided({ policy = gatePolicy(), digest = ARTIFACT, later = 0, source }: Asked = {}): Promise<Decision> {
  const { spkiHash } = parsePublicKeyPem(made.log.identity.statementKey);
  const roots = { operators: [{ key: toHex(spkiHash) }] };
  const revocation = new LogRevocation(made.log, roots, (entry, marks) => evidenceOf(entry, marks, 0).credentials);
  return decide(source ?? made.evidence.now(), await revocation.now(), await readPolicy(policy), {
    artifact: { name: undefined, digests: new Map([['sha256', digest]]) },
    phase: 'deploy',
    now: made.log.head().time + later,
  });
}

const failed = ({ results }: Decision) =>
  results.filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown').map(({ code }) => code);
const control = (event: ControlEvent) => decodeUtf8(writeControlStatement(event))!;
const about = (digest: string) => ({ ...githubProvenance, subject: [{ name: 'api.tgz', digest: { sha256: digest } }] });

describe('a gate on a log', () => {
  it('allows what the trusted build made, and names the entry that proves it', async () => {
    const index = await made.state(githubProvenance, build());
    const decision = await decided();
    expect([decision.decision, decision.signature, decision.provenance]).toEqual(['ALLOW', 'pass', 'pass']);
    const { size, root } = made.log.head();
    expect(decision.log).toMatchObject({ treeSize: size, rootHash: toHex(root), feedSize: 0 });
    expect(decision.results.find(({ rule }) => rule === 'provenance.repository')?.evidence).toMatchObject([{ index }]);
  });

  it('B2: denies what nobody built, signed or not', async () => {
    const artifact = Buffer.from('app');
    const digest = toHex(hashOf('sha256', artifact));
    await made.sign(artifact, longLived);
    const decision = await decided({ digest });
    expect([decision.decision, failed(decision)]).toEqual(['DENY', expect.arrayContaining(['NO_PROVENANCE'])]);
    expect(await decided({ digest, policy: presetText('signed') })).toMatchObject({
      decision: 'ALLOW',
      provenance: 'not-required',
    });
  });

  it('is not taken in by a certificate that anyone can make', async () => {
    await made.state(githubProvenance, impostor());
    expect((await decided()).decision).toBe('DENY');
  });

  it('lets no stranger stand in the way of what is trusted', async () => {
    await made.state(githubProvenance, build());
    await made.state({ ...about(ARTIFACT), predicate: {} }, longLived);
    await made.state(githubProvenance, impostor());
    expect((await decided()).decision).toBe('ALLOW');
  });

  it('A7: denies as soon as the key is revoked, by the statement that says so', async () => {
    const signer = build();
    await made.state(githubProvenance, signer);
    const key = toHex(hashOf('sha256', signer.key.spki));
    const issued = made.log.head().time;
    const revoked = await made.state(
      control({
        ...{ event: 'key-revoke', namespace: undefined, key, issued },
        ...{ reason: 'compromise', lastValidIndex: undefined, comment: undefined },
      } as ControlEvent),
      signer,
    );
    const decision = await decided();
    expect([decision.decision, decision.affectedBy]).toEqual(['DENY', [revoked]]);
    expect(failed(decision)).toContain('KEY_REVOKED');
    expect(decision.log.feedSize).toBe(1);
  });

  it('heeds the word of its own namespace, and of no other', async () => {
    await made.state(githubProvenance, build());
    const issued = made.log.head().time;
    const thresholds = { authority: 1, grant: 1, revoke: 1, reinstate: 1 };
    const quarantine = async (namespace: string): Promise<number> => {
      const owner = testKey('p256', `owner of ${namespace}`);
      const owners = [{ key: toHex(hashOf('sha256', owner.spki)) }];
      const lists = { covers: ['pkg:npm/**'], owners, revokers: [], operators: [] };
      await made.state(
        control({ event: 'authority-set', namespace, issued, thresholds, ...lists } as ControlEvent),
        operatorOf(made.log),
      );
      const denial = {
        target: { digests: { sha256: ARTIFACT }, package: undefined },
        severity: undefined,
        advisories: undefined,
      };
      return made.state(
        control({ event: 'artifact-quarantine', namespace, issued, reason: 'looks bad', ...denial } as never),
        owner,
      );
    };
    await quarantine('other');
    expect((await decided()).decision).toBe('ALLOW');
    const index = await quarantine('acme');
    expect(await decided()).toMatchObject({ decision: 'DENY', affectedBy: [index] });
  });

  it('denies where the head is staler than the policy allows', async () => {
    await made.state(githubProvenance, build());
    expect((await decided({ later: 300 })).decision).toBe('ALLOW');
    const stale = await decided({ later: 301 });
    expect([stale.decision, failed(stale)]).toEqual(['DENY', ['STALE_LOG']]);
  });

  it('A24: counts what one identity signed, from the entry that is too many', async () => {
    const policy = gatePolicy('  rate: {perIdentity: 2/10m}');
    const digests = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32));
    for (const digest of digests) await made.state(about(digest), build());
    const verdicts = await Promise.all(digests.map(async (digest) => failed(await decided({ digest, policy }))));
    expect(verdicts).toEqual([[], [], ['RATE_EXCEEDED']]);
  });

  it('looks at what an identity signed up to the entry, whatever it signed since', async () => {
    const by = build();
    const index = await made.state(githubProvenance, by);
    for (const byte of ['aa', 'bb', 'cc', 'dd']) await made.state(about(byte.repeat(32)), by);
    const source = made.evidence.now();
    const looked: [string, number, number | undefined][] = [];
    const watched: EvidenceSource = {
      ...{ origin: source.origin, treeSize: source.treeSize, rootHash: source.rootHash, time: source.time },
      find: (...asked) => source.find(...asked),
      newest: (term, limit, narrowing) => {
        if (term.kind === 'identity') looked.push([term.kind, limit, narrowing?.before]);
        return source.newest(term, limit, narrowing);
      },
    };
    const policy = gatePolicy('  rate: {perIdentity: 2/10m}');
    expect(failed(await decided({ policy, source: watched }))).toEqual([]);
    expect(looked).toEqual([['identity', 3, index + 1]]);
  });

  it('A4, B7: knows a tag that was seen elsewhere before', async () => {
    const policy = gatePolicy('  source: {tagImmutable: true}', 'enforce').replace(
      'require:',
      `  verifiers:\n    - {id: "**", signer: {key: ${toHex(hashOf('sha256', longLived.spki))}}}\nrequire:`,
    );
    const tagged = (commit: string) => ({ ...tagProvenance, subject: [{ digest: { gitCommit: commit } }] });
    await made.state(githubProvenance, build());
    await made.state(tagged(COMMIT), longLived);
    expect(failed(await decided({ policy }))).toEqual([]);
    const other = await evidenceLog();
    await made.log.close();
    made = other;
    await made.state(tagged('d0'.repeat(20)), longLived);
    await made.state(tagged(COMMIT), longLived);
    await made.state(githubProvenance, build());
    expect(failed(await decided({ policy }))).toContain('TAG_MOVED');
  });

  it('denies what a pipeline logs after it ran what was tainted, until an owner reinstates it', async () => {
    const promotions = await Promotions.begin();
    const bad = { uri: 'pkg:npm/bad@1.0.0', digest: { sha256: 'bd'.repeat(32) } };
    const policy = gatePolicy('  dependencies: {tainted: 0}');
    const verdict = async (digest: string) => (await promotions.decide(digest, policy)).decision;
    await promotions.build('aa'.repeat(32), [bad]);
    await promotions.build('bb'.repeat(32));
    const taint = await promotions.taint(bad);
    await promotions.build('cc'.repeat(32));
    expect(await Promise.all(['aa', 'bb', 'cc'].map((byte) => verdict(byte.repeat(32))))).toEqual([
      'DENY',
      'ALLOW',
      'DENY',
    ]);
    const identity = { issuer: ISSUER, san: WORKFLOW };
    const more = { repositoryId: undefined, validFrom: undefined, reason: 'rotated' };
    await promotions.control({ event: 'identity-reinstate', identity, reverses: [taint], ...more });
    expect(await verdict('cc'.repeat(32))).toBe('ALLOW');
    await promotions.log.close();
  });

  it('finds what a decision rests on however often it was decided before', async () => {
    const promotions = await Promotions.begin();
    await promotions.build(ARTIFACT);
    const { index } = await promotions.decide(ARTIFACT);
    const { payload } = promotions.log.reader.entry(index);
    const { bytes } = payload as Extract<typeof payload, { bytes: Uint8Array }>;
    await Promise.all(Array.from({ length: 250 }, () => promotions.log.appendOwn(bytes)));
    expect((await promotions.decide(ARTIFACT)).decision).toBe('ALLOW');
    await promotions.log.close();
  });

  it('sees no environment where the certificate has none', async () => {
    const policy = gatePolicy().replace('refs: [', 'environment: production, refs: [');
    await made.state(githubProvenance, build());
    expect(failed(await decided({ policy }))).toEqual(['ENVIRONMENT_MISSING']);
    await made.state(githubProvenance, build({ ...BUILD, deploymentEnvironment: 'production' }));
    expect(failed(await decided({ policy }))).toEqual([]);
  });
});
