import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeUtf8, toHex } from '../../src/core/bytes.ts';
import { verifierOf } from '../../src/core/note.ts';
import { parsePublicKeyPem } from '../../src/entry/keys/public-key.ts';
import { portableChecks } from '../../src/entry/submission/portable-signatures.ts';
import { verifyBundle } from '../../src/entry/verification/verify-bundle.ts';
import { decision } from '../../src/http/schema-gate.ts';
import { build, type EvidenceLog, evidenceLog } from '../evidence/evidence-log.ts';
import { gatePolicy } from '../evidence/gate/gate-policy.ts';
import { serve } from '../evidence/served.ts';
import { hashOf } from '../fixtures/make.ts';
import { ARTIFACT, githubProvenance } from '../fixtures/predicates.ts';
import { type TestApp, testApp } from './test-app.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

async function ask(question: unknown): Promise<Response> {
  return serve(made.log).fetch('http://log.example.org/v1/gate', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(question),
  });
}
const artifact = { name: 'api.tgz', digests: { sha256: ARTIFACT } };

describe('POST /v1/gate', () => {
  it('answers with a decision as the description says', async () => {
    await made.state(githubProvenance, build());
    const answer = await ask({ artifact, policy: gatePolicy() });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(decision.parse(await answer.json())).toMatchObject({
      decision: 'ALLOW',
      artifact: { name: 'api.tgz', digests: { sha256: ARTIFACT } },
      policy: { name: 'acme/api@release' },
      log: { treeSize: made.log.head().size },
    });
  });

  it('takes a preset by its name', async () => {
    const answer = decision.parse(await (await ask({ artifact, preset: 'production' })).json());
    expect([answer.decision, answer.permitted, answer.provenance]).toEqual(['DENY', false, 'fail']);
  });

  it('writes SARIF where that is asked for', async () => {
    const answer = await ask({ artifact, preset: 'slsa-build-2', format: 'sarif' });
    expect(answer.headers.get('content-type')).toBe('application/sarif+json');
    const { version, runs } = (await answer.json()) as { version: string; runs: { results: object[] }[] };
    expect(version).toBe('2.1.0');
    expect(runs[0]!.results).toContainEqual(
      expect.objectContaining({
        kind: 'fail',
        level: 'error',
        properties: expect.objectContaining({ code: 'NO_PROVENANCE' }),
      }),
    );
  });

  it('logs the decision where it is told to, as a summary that anybody can verify', async () => {
    const built = await made.state(githubProvenance, build());
    const { logged } = decision.parse(await (await ask({ artifact, policy: gatePolicy(), log: true })).json());
    const { index } = logged!.receipt;
    const verified = verifyBundle(logged!.bundle, {
      logVerifier: verifierOf(made.log.identity.verifierKey),
      origin: made.log.identity.origin,
      signer: { key: parsePublicKeyPem(made.log.identity.statementKey) },
      checks: portableChecks,
    });
    expect(verified).toMatchObject({ index, predicateType: 'https://slsa.dev/verification_summary/v1' });
    const { predicate } = JSON.parse(decodeUtf8(verified.payload!.bytes)!) as { predicate: object };
    expect(predicate).toMatchObject({
      verifier: { id: 'urn:countersign:gate:log.example.org' },
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_3'],
      inputAttestations: [{ uri: `urn:countersign:entry:log.example.org:${built}` }],
      'urn:countersign:decision:v1': { decision: 'ALLOW', evaluatedAtTreeSize: built + 1, revocationFeedSize: 0 },
    });
  });

  it('does not take its own decision for anybody’s evidence', async () => {
    const anybodys = 'policy: any\nversion: 1\nextends: signed\ntrust: {signers: any}\n';
    const first = decision.parse(await (await ask({ artifact, policy: anybodys, log: true })).json());
    const again = decision.parse(await (await ask({ artifact, policy: anybodys })).json());
    expect([first.decision, again.decision]).toEqual(['DENY', 'DENY']);
  });

  it.each([
    ['no policy', { artifact }, 'malformed_request', 'policy'],
    ['two policies', { artifact, preset: 'signed', policy: gatePolicy() }, 'malformed_request', 'policy'],
    ['a log entry in SARIF', { artifact, preset: 'signed', format: 'sarif', log: true }, 'malformed_request', 'format'],
    ['no digest', { artifact: { digests: {} }, preset: 'signed' }, 'malformed_request', 'artifact'],
    [
      'a policy with an unknown member',
      { artifact, policy: `${gatePolicy()}\nmood: good` },
      'policy_invalid',
      'the top level',
    ],
  ])('refuses %s', async (_, question, code, at) => {
    const answer = await ask(question);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code, at });
  });
});

describe('a decision that is to be logged', () => {
  const secret = 'cs_0123456789abcdef';
  const tokens = [{ name: 'ci', sha256: toHex(hashOf('sha256', new TextEncoder().encode(secret))) }];
  const body = JSON.stringify({ artifact, preset: 'signed', log: true });
  const to = (app: TestApp, headers: Record<string, string> = {}) =>
    app.request('/v1/gate', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

  it('needs a token, also where signers are listed', async () => {
    for (const admission of [{ tokens }, { tokens, keys: ['ab'.repeat(32)] }]) {
      const app = testApp({ admission });
      const { size } = app.log.head();
      expect((await to(app)).status).toBe(401);
      expect(app.log.head().size).toBe(size);
    }
  });

  it.each([
    [503, { code: 'storage_full', message: 'full', retryAfter: 5 }],
    [410, { code: 'log_frozen', message: 'frozen' }],
  ] as const)('is answered %i by a log that takes no writes', async (status, state) => {
    const app = testApp({ admission: { tokens } });
    app.log.state = { accepting: false, ...state };
    expect((await to(app, { authorization: `Bearer ${secret}` })).status).toBe(status);
  });

  it('counts as a write of its client, also where it is refused', async () => {
    const app = testApp({ admission: { tokens }, limits: { writes: { perSecond: 1, burst: 2 } } });
    const statuses = [await to(app), await to(app), await to(app)].map((answer) => answer.status);
    expect(statuses).toEqual([401, 401, 429]);
  });
});
