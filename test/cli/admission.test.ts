/** The whole of `countersign admission`, over TLS, with the log in this process. */
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { build, type EvidenceLog, evidenceLog } from '../evidence/evidence-log.ts';
import { gatePolicy } from '../evidence/gate/gate-policy.ts';
import { serve } from '../evidence/served.ts';
import { ARTIFACT, githubProvenance } from '../fixtures/predicates.ts';
import { opensslTest } from '../openssl.ts';
import { countersign, scratch } from './harness.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

const given = (policy: string) => {
  const { verifierKey, timeVerifierKey } = made.log.identity;
  const keys = ['--log-key', verifierKey, '--time-key', timeVerifierKey];
  return ['admission', '--url', 'http://log.example.org', ...keys, '--policy', policy, '--port', '0'];
};

async function review(url: string, ca: string, image: string): Promise<{ allowed: boolean }> {
  const object = { kind: 'Pod', spec: { containers: [{ image }] } };
  const asked = { uid: 'u', operation: 'CREATE', object };
  const options = { method: 'POST', ca, headers: { 'content-type': 'application/json' }, agent: false };
  const body = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked };
  const answer = await new Promise<string>((resolve, reject) => {
    const sent = request(`${url}/v1/admission?timeout=10s`, options, (found) => resolve(text(found)));
    sent.on('error', reject).end(JSON.stringify(body));
  });
  return (JSON.parse(answer) as { response: { allowed: boolean } }).response;
}

describe('admission', () => {
  opensslTest('answers a cluster over TLS, by the policies of a directory', async (openssl) => {
    const folder = scratch();
    writeFileSync(`${folder}/api.yaml`, gatePolicy());
    writeFileSync(`${folder}/README.md`, 'no policy');
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tls.key'];
    const names = ['-subj', '/CN=admission', '-addext', 'subjectAltName=IP:127.0.0.1'];
    openssl(['req', '-x509', ...key, '-out', 'tls.crt', '-days', '2', ...names], folder);
    await made.state(githubProvenance, build());

    const end = new AbortController();
    let listening: (url: string) => void = () => {};
    const up = new Promise<string>((resolve) => {
      listening = resolve;
    });
    const args = [...given(folder), '--tls-cert', `${folder}/tls.crt`, '--tls-key', `${folder}/tls.key`];
    let replicated: () => void = () => {};
    const ready = new Promise<void>((resolve) => {
      replicated = resolve;
    });
    const { fetch: served } = serve(made.log);
    const running = countersign([...args, '--format', 'json', '--log-level', 'silent'], {
      now: () => made.log.head().time,
      signal: end.signal,
      said: (line) => listening((JSON.parse(line) as { url: string }).url),
      fetch: async (url, init) => {
        // The stream is asked for once the feed is there.
        if (String(url).includes('/stream')) replicated();
        return served(url, init);
      },
    });
    const url = await up;
    await ready;
    const ca = readFileSync(`${folder}/tls.crt`, 'utf8');
    expect(await review(url, ca, `acme/api@sha256:${ARTIFACT}`)).toMatchObject({ allowed: true });
    expect(await review(url, ca, `acme/api@sha256:${'cd'.repeat(32)}`)).toMatchObject({ allowed: false });
    end.abort();
    expect((await running).exit).toBe(0);
  });

  it.each([
    ['a certificate without its key', ['--tls-cert', 'tls.crt'], /both --tls-cert and --tls-key/],
    ['an address that a cluster could reach, in the clear', ['--host', '0.0.0.0'], /speak TLS only/],
  ])('refuses %s', async (_, flags, message) => {
    const { exit, stderr } = await countersign([...given('signed'), ...flags]);
    expect(exit).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('names the file in which a policy is wrong', async () => {
    const file = `${scratch()}/wrong.yaml`;
    writeFileSync(file, 'policy: a\nversion: 1\nrequired: {}\n');
    const { exit, stderr } = await countersign(given(file));
    expect([exit, stderr]).toEqual([2, expect.stringContaining('wrong.yaml: ')]);
  });

  it('refuses a directory without policies', async () => {
    expect((await countersign(given(scratch()))).exit).toBe(2);
  });
});
