/** What a cluster is answered, with a gate whose decisions the tests state. */
import { describe, expect, it } from 'vitest';
import { LogError } from '../../../src/core/errors.ts';
import type { Decision } from '../../../src/evidence/policy/decision.ts';
import { type Policy, readPolicy } from '../../../src/evidence/policy/policy.ts';
import { systemClock } from '../../../src/http/clock.ts';
import { parseConfig } from '../../../src/http/config.ts';
import { createKubernetesApp } from '../../../src/http/kubernetes/kubernetes-app.ts';
import { createLimits } from '../../../src/http/limits.ts';
import { createTelemetry } from '../../../src/http/telemetry.ts';

const GOOD = 'aa'.repeat(32);
const BAD = 'bb'.repeat(32);
const ALLOWED = `registry.example/acme/api@sha256:${GOOD}`;
const DENIED = `registry.example/acme/api@sha256:${BAD}`;

const policy = (mode: string, more = '') =>
  readPolicy(`policy: acme/api@${mode}\nversion: 1\nmode: ${mode}\n${more}require: {signature: any}\n`);

function decisionOf({ document }: Policy, digest: string): Decision {
  const isGood = digest === GOOD;
  const result = { rule: 'provenance.ref', section: 'provenance', message: '', expected: '', actual: '', fix: '' };
  return {
    decision: isGood ? 'ALLOW' : 'DENY',
    mode: document.mode,
    log: { origin: 'log.example.org', treeSize: 40, feedSize: 2 },
    results: isGood
      ? []
      : [{ ...result, outcome: 'fail', code: 'REF_NOT_ALLOWED', evidence: [{ index: 12, leafHash: '' }] }],
    affectedBy: isGood ? [] : [31],
  } as unknown as Decision;
}

type Decide = (policy: Policy, digest: string, signal: AbortSignal) => Promise<Decision>;

function appOf(policies: readonly Policy[], decide: Decide = async (by, digest) => decisionOf(by, digest)) {
  const asked: string[] = [];
  const gate = {
    trouble: () => undefined,
    decide: (by: Policy, { digests }: { digests: ReadonlyMap<string, string> }, signal: AbortSignal) => {
      asked.push(digests.get('sha256')!);
      return decide(by, digests.get('sha256')!, signal);
    },
  };
  const app = createKubernetesApp({
    ...{ policies, gate, clock: systemClock, timeout: 1_000 },
    telemetry: createTelemetry({ version: '0.0.0', level: 'silent' }),
    limits: createLimits(parseConfig({}).limits, systemClock),
  });
  const post = (path: string, body: unknown) =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { asked, post };
}

const pod = (...images: string[]) => ({ kind: 'Pod', spec: { containers: images.map((image) => ({ image })) } });
const review = (object: unknown, more: object = {}) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { uid: 'uid-1', operation: 'CREATE', object, ...more },
});

interface Reviewed {
  uid: string;
  allowed: boolean;
  status?: { code: number; message: string };
  warnings?: string[];
  auditAnnotations?: Record<string, string>;
}

async function admit(policies: readonly Policy[], body: unknown, decide?: Decide): Promise<Reviewed> {
  const answer = await appOf(policies, decide).post('/v1/admission?timeout=10s', body);
  expect(answer.status).toBe(200);
  const document = (await answer.json()) as { apiVersion: string; kind: string; response: Reviewed };
  expect([document.apiVersion, document.kind]).toEqual(['admission.k8s.io/v1', 'AdmissionReview']);
  return document.response;
}

describe('A14: the webhook', () => {
  it('allows what the policy allows, and echoes the uid', async () => {
    expect(await admit([await policy('enforce')], review(pod(ALLOWED)))).toEqual({ uid: 'uid-1', allowed: true });
  });

  it('names rule, code and log indexes of what it denies', async () => {
    const { allowed, status } = await admit([await policy('enforce')], review(pod(ALLOWED, DENIED)));
    expect([allowed, status!.code]).toEqual([false, 403]);
    expect(status!.message).toBe(
      `${DENIED}: policy acme/api@enforce: DENY: provenance.ref REF_NOT_ALLOWED [12]; revoked by entries 31 (log.example.org, size 40, revocations 2)`,
    );
  });

  it('asks once about an image that several containers run', async () => {
    const { asked, post } = appOf([await policy('enforce')]);
    await post('/v1/admission', review(pod(ALLOWED, ALLOWED, DENIED)));
    expect(asked).toEqual([GOOD, BAD]);
  });

  it('denies an image by tag, and says how to name it', async () => {
    const { allowed, status } = await admit([await policy('enforce')], review(pod('acme/api:1')));
    expect([allowed, status!.message]).toEqual([
      false,
      'acme/api:1: policy acme/api@enforce: it is named by tag, which can be moved; name it by digest, as docker.io/acme/api@sha256:…',
    ]);
  });

  it('warns, and lets pass, in warn mode', async () => {
    const { allowed, warnings } = await admit([await policy('warn')], review(pod(DENIED)));
    expect([allowed, warnings!.length]).toEqual([true, 1]);
    expect(warnings![0]).toMatch(/provenance\.ref REF_NOT_ALLOWED \[12\]/);
  });

  it('leaves a note in the audit log alone in audit mode', async () => {
    const { allowed, warnings, auditAnnotations } = await admit([await policy('audit')], review(pod('acme/api:1')));
    expect([allowed, warnings]).toEqual([true, undefined]);
    expect(auditAnnotations!['would-deny']).toMatch(/named by tag/);
  });

  it('asks all policies that apply, and one that only warns does not outvote one that denies', async () => {
    const both = [await policy('warn'), await policy('enforce', 'applies: ["registry.example/acme/*"]\n')];
    const { allowed, warnings } = await admit(both, review(pod(DENIED)));
    expect([allowed, warnings!.length]).toEqual([false, 1]);
  });

  it('denies what no policy applies to', async () => {
    const others = [await policy('audit', 'applies: ["registry.example/other/*"]\n')];
    const { allowed, status } = await admit(others, review(pod(ALLOWED)));
    expect([allowed, status!.message]).toEqual([false, `${ALLOWED}: no policy applies to registry.example/acme/api`]);
  });

  it.each([
    ['enforce', false],
    ['warn', true],
    ['audit', true],
  ])('is closed in %s mode where the log is out of reach: %s', async (mode, expected) => {
    const down = () => Promise.reject(new LogError('unreachable', 'the connection failed'));
    const { allowed } = await admit([await policy(mode)], review(pod(ALLOWED)), down);
    expect(allowed).toBe(expected);
  });

  it('denies what is not decided before the API server stops waiting', async () => {
    const never: Decide = (_, __, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const answer = await appOf([await policy('enforce')], never).post('/v1/admission?timeout=1s', review(pod(ALLOWED)));
    const { response } = (await answer.json()) as { response: Reviewed };
    expect(response.status!.message).toMatch(/TIMEOUT/);
  });

  it('judges of an update the images that it brings', async () => {
    const update = { operation: 'UPDATE', oldObject: pod(DENIED) };
    expect((await admit([await policy('enforce')], review(pod(DENIED), update))).allowed).toBe(true);
    expect((await admit([await policy('enforce')], review(pod(DENIED, 'new:1'), update))).allowed).toBe(false);
  });

  it('lets anything be deleted', async () => {
    const removal = { operation: 'DELETE', oldObject: pod(DENIED) };
    expect((await admit([await policy('enforce')], review(null, removal))).allowed).toBe(true);
  });

  it('denies objects in which it finds no pod', async () => {
    const { allowed, status } = await admit([await policy('enforce')], review({ kind: 'Widget', spec: {} }));
    expect([allowed, status!.message]).toEqual([false, expect.stringMatching(/no pod/)]);
  });

  it.each([
    ['no JSON', '{', 400],
    ['another version', { ...review(pod()), apiVersion: 'admission.k8s.io/v1beta1' }, 400],
    ['no uid', { ...review(pod()), request: { operation: 'CREATE' } }, 400],
    ['a name twice', '{"kind":"AdmissionReview","kind":"AdmissionReview"}', 400],
    ['too much', `"${'x'.repeat(4 * 1024 * 1024)}"`, 413],
  ])('refuses %s', async (_, body, status) => {
    expect((await appOf([]).post('/v1/admission', body)).status).toBe(status);
  });
});

describe('A14: the provider', () => {
  const request = (...keys: unknown[]) => ({
    apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
    kind: 'ProviderRequest',
    request: { keys },
  });

  it('answers every key, with an error for each that is denied', async () => {
    const { post } = appOf([await policy('enforce')]);
    const answer = await post('/v1/external-data', request(DENIED, ALLOWED, 'acme/api:1'));
    expect(await answer.json()).toEqual({
      apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
      kind: 'ProviderResponse',
      response: {
        idempotent: true,
        systemError: '',
        items: [
          { key: DENIED, value: '', error: expect.stringMatching(/REF_NOT_ALLOWED \[12\]/) },
          { key: ALLOWED, value: 'ALLOW', error: '' },
          { key: 'acme/api:1', value: '', error: expect.stringMatching(/named by tag/) },
        ],
      },
    });
  });

  it('tells what only warns beside the answer', async () => {
    const { post } = appOf([await policy('warn')]);
    const { response } = (await (await post('/v1/external-data', request(DENIED))).json()) as {
      response: { items: { value: string; error: string }[] };
    };
    expect(response.items[0]).toMatchObject({
      value: expect.stringMatching(/^ALLOW\nwarn: .*REF_NOT_ALLOWED/),
      error: '',
    });
  });

  it('refuses another document', async () => {
    expect((await appOf([]).post('/v1/external-data', review(pod()))).status).toBe(400);
  });
});
