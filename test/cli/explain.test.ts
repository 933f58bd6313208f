import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import { BUILD, build, type EvidenceLog, evidenceLog, longLived, WORKFLOW } from '../evidence/evidence-log.ts';
import { serve } from '../evidence/served.ts';
import { envelope, IN_TOTO } from '../fixtures/make.ts';
import {
  ARTIFACT,
  approval,
  COMMIT,
  githubProvenance,
  REPOSITORY,
  sourceProvenance,
  spdx,
} from '../fixtures/predicates.ts';
import { countersign, scratch } from './harness.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

async function explain(artifact: string, ...flags: string[]) {
  const { verifierKey, timeVerifierKey } = made.log.identity;
  const keys = ['--log-key', verifierKey, '--time-key', timeVerifierKey];
  const { fetch } = serve(made.log);
  return countersign(['explain', artifact, '--url', 'http://localhost', ...keys, ...flags], { fetch });
}

describe('explain', () => {
  it('A3: answers the four questions, each with the entry it rests on', async () => {
    const provenance = await made.state(githubProvenance, build({ ...BUILD, buildTrigger: 'schedule' }));
    const source = await made.state(sourceProvenance, longLived);
    const approved = await made.state(approval, longLived);
    const { exit, stdout } = await explain(`sha256:${ARTIFACT}`);
    expect(exit).toBe(0);
    for (const line of [
      `repository     ${REPOSITORY}  [${provenance} certificate]`,
      `commit         ${COMMIT}  [${provenance} certificate]`,
      `workflow       .github/workflows/release.yml  [${provenance}]`,
      `actor          alice  [${source} chain: unverified]`,
      `approved by    bob  [${approved} chain: unverified]`,
      'source levels  unknown',
      'dependencies   1, 1 by digest',
      `pkg:npm/left-pad@1.3.0  sha512:aa  [${provenance}]`,
      `builder        ${WORKFLOW}  [${provenance}]`,
      `runner         github-hosted  [${provenance} certificate]`,
      `(chain: trusted), ephemeral credential  [${provenance}]`,
      `MISMATCH       trigger: the certificate says schedule, the statement push (chain: trusted)  [${provenance}]`,
    ]) {
      expect(stdout).toContain(line);
    }
  });

  it('finds a file by its digests, and says the same as the log itself in JSON', async () => {
    const file = `${scratch()}/app.tgz`;
    writeFileSync(file, 'app');
    const digest = (algorithm: string) => createHash(algorithm).update('app').digest('hex');
    const provenance = { ...githubProvenance, subject: [{ name: 'app.tgz', digest: { sha512: digest('sha512') } }] };
    const index = await made.state(provenance, build());
    const { stdout } = await explain(file, '--format', 'json');
    const { schema, ...told } = JSON.parse(stdout) as { schema: string; evidence: { index: number }[] };
    expect([schema, told.evidence.map((one) => one.index)]).toEqual(['countersign/explain/v1', [index]]);
    const digests = ['sha256', 'sha384', 'sha512'].map((algorithm) => `${algorithm}:${digest(algorithm)}`);
    const answer = await serve(made.log).get(`/v1/artifacts/${digests}`);
    expect(told).toEqual(await answer.json());
  });

  it('says unknown where nothing is logged', async () => {
    const { exit, stdout } = await explain('cd'.repeat(32));
    expect(exit).toBe(0);
    expect(stdout).toContain('nothing is logged about it');
    expect(stdout.match(/ unknown$/gm)).toHaveLength(15);
  });

  it('counts a payload that arrived later from when it was logged', async () => {
    const signed = envelope(JSON.stringify(spdx), [longLived]);
    const message = pae(IN_TOTO, utf8(JSON.stringify(spdx)));
    const artifact = { sha256: createHash('sha256').update(message).digest('hex') };
    const publicKey = longLived.pem;
    const { index } = await made.log.add({ artifact, signature: signed.signatures[0]!.sig, publicKey });
    await made.log.add({ envelope: signed, publicKey });
    const { stdout } = await explain(ARTIFACT, '--format', 'json');
    const { evidence } = JSON.parse(stdout) as { evidence: object[] };
    expect(evidence).toMatchObject([{ index, countsFrom: made.log.head().size - 1, payload: 'attached' }]);
    const answer = (await (await serve(made.log).get(`/v1/artifacts/${ARTIFACT}`)).json()) as { evidence: object[] };
    expect(evidence).toEqual(answer.evidence);
  });

  it('knows nothing of what was logged after the checkpoint that it starts from', async () => {
    const signed = envelope(JSON.stringify(spdx), [longLived]);
    const message = pae(IN_TOTO, utf8(JSON.stringify(spdx)));
    const artifact = { sha256: createHash('sha256').update(message).digest('hex') };
    const publicKey = longLived.pem;
    await made.log.add({ artifact, signature: signed.signatures[0]!.sig, publicKey });
    const subject = [{ name: 'app', digest: { sha256: createHash('sha256').update('app').digest('hex') } }];
    const about = await made.state({ ...githubProvenance, subject }, longLived);
    async function explainWhileItGrows(digest: string) {
      const { fetch } = serve(made.log);
      const { size } = made.log.head();
      let grown = false;
      const growing: typeof fetch = async (input, init) => {
        const answer = await fetch(input, init);
        if (grown) return answer;
        grown = true;
        // A late payload, and another signature over the artifact.
        await made.log.add({ envelope: signed, publicKey });
        await made.sign(utf8('app'), build());
        return answer;
      };
      const keys = ['--log-key', made.log.identity.verifierKey];
      const args = ['explain', digest, '--url', 'http://localhost', ...keys, '--format', 'json'];
      const { stdout } = await countersign(args, { fetch: growing });
      const told = JSON.parse(stdout) as { treeSize: number; evidence: { index: number }[] };
      expect([grown, told.treeSize]).toEqual([true, size]);
      return told.evidence.map(({ index }) => index);
    }
    expect(await explainWhileItGrows(ARTIFACT)).toEqual([]);
    const later = made.log.head().size - 1;
    expect(await explainWhileItGrows(subject[0]!.digest.sha256)).toEqual([about, later]);
  });

  it('takes no entry for an answer that does not match', async () => {
    const index = await made.state(githubProvenance, longLived);
    const { fetch } = serve(made.log);
    const lying: typeof fetch = (input, init) =>
      fetch(
        String(input).replace(
          encodeURIComponent(`sha256:${'cd'.repeat(32)}`),
          encodeURIComponent(`sha256:${ARTIFACT}`),
        ),
        init,
      );
    const args = ['explain', 'cd'.repeat(32), '--url', 'http://localhost', '--log-key', made.log.identity.verifierKey];
    const { stdout } = await countersign(args, { fetch: lying });
    expect(stdout).toContain('nothing is logged about it');
    expect(stdout).not.toContain(`[${index}`);
  });

  it('believes no entry that is not in the tree', async () => {
    await made.state(githubProvenance, longLived);
    const { fetch } = serve(made.log);
    const lying: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (!/\/v1\/entries\/\d+$/.test(String(input))) return answer;
      const entry = (await answer.json()) as { canonicalizedBody: string };
      return Response.json({ ...entry, canonicalizedBody: Buffer.from('{}').toString('base64') });
    };
    const args = ['explain', ARTIFACT, '--url', 'http://localhost', '--log-key', made.log.identity.verifierKey];
    const { exit, stderr } = await countersign(args, { fetch: lying });
    expect([exit, stderr]).toEqual([1, expect.stringContaining('the leaf is not the one that the tree holds')]);
  });
});
