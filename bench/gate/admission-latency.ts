/** How long a cluster waits for an answer about images that the admission process knows. */

import { fileURLToPath } from 'node:url';
import type { Server } from '../http/server.ts';
import { ServerProcess } from '../http/server-process.ts';
import { post } from '../http/submissions.ts';
import { artifactsOf, askAtRate, type DecisionRun, RATE, WARM_UP } from './questions.ts';

const program = fileURLToPath(new URL('../../../../dist/program/main.js', import.meta.url));

/** Different images that a cluster starts, and containers in each pod. */
const [IMAGES, CONTAINERS] = [50, 3];

export async function measureAdmission(
  { url, verifierKey }: Server,
  { size, seconds }: { size: number; seconds: number },
): Promise<DecisionRun> {
  const { timeVerifierKey } = (await (await fetch(`${url}/v1/log`)).json()) as { timeVerifierKey: string };
  const images = (await artifactsOf(url, size, IMAGES)).map(({ sha256 }) => `registry.example/api@sha256:${sha256}`);
  const keys = ['--log-key', verifierKey, '--time-key', timeVerifierKey];
  const args = [program, 'admission', '--url', url, ...keys, '--policy', 'signed', '--port', '0'];
  const process_ = new ServerProcess(process.execPath, [...args, '--evidence-age', '3600'], { cwd: '/' });
  try {
    const own = await process_.until(() => /http:\/\/127\.0\.0\.1:[0-9]+/.exec(process_.output)?.[0]);
    await process_.untilOk(`${own}/readyz`);
    const requests = Array.from({ length: WARM_UP + RATE * seconds }, (_, i) => {
      const containers = Array.from({ length: CONTAINERS }, (__, n) => ({ image: images[(i + n) % images.length] }));
      const request = { uid: String(i), operation: 'CREATE', object: { kind: 'Pod', spec: { containers } } };
      const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
      const body = Buffer.from(JSON.stringify(review));
      return post(new URL(own).host, '/v1/admission?timeout=10s', 'application/json', body, 1);
    });
    const what = `admission: pods of ${CONTAINERS} containers, of ${images.length} images`;
    return await askAtRate(what, own, requests, (body) => body.includes('"allowed":true'));
  } finally {
    await process_.stop();
  }
}
