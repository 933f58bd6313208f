/** A request that succeeds for every route that reads, on an application with eight entries and a payload at index 8. */

import { toHex } from '../../src/core/bytes.ts';
import { type ControlEvent, writeControlStatement } from '../../src/entry/control/control-statement.ts';
import { routes } from '../../src/http/openapi.ts';
import { FakeLog } from './fake-log.ts';
import { testApp } from './test-app.ts';

const EXAMPLES: Record<string, string> = {
  '/v1/entries': `/v1/entries?subject=sha256:${'ab'.repeat(32)}`,
  '/v1/entries/{index}': '/v1/entries/8',
  '/v1/artifacts/{digest}': `/v1/artifacts/sha256:${'ab'.repeat(32)}`,
  '/v1/entries/{index}/bundle': '/v1/entries/8/bundle',
  '/v1/entries/{index}/tlog-proof': '/v1/entries/3/tlog-proof',
  '/v1/entries/{index}/payload': '/v1/entries/8/payload',
  '/v1/proofs/inclusion': '/v1/proofs/inclusion?index=3',
  '/v1/proofs/consistency': '/v1/proofs/consistency?first=3&second=5',
  '/v1/checkpoints/{size}': '/v1/checkpoints/3',
  '/v1/revocations/{position}/affected': '/v1/revocations/0/affected',
  '/tile/entries/{tile}': '/tile/entries/000.p/3',
  '/tile/{level}/{tile}': '/tile/0/000.p/3',
  '/api/v1/log/entries': '/api/v1/log/entries?logIndex=3',
  '/api/v1/log/entries/{entryUUID}': `/api/v1/log/entries/${toHex(new FakeLog(7).entries[3]!.leafHash)}`,
  '/api/v1/log/proof': '/api/v1/log/proof?firstSize=3&lastSize=5',
  '/api/v2/tile/entries/{tile}': '/api/v2/tile/entries/000.p/3',
  '/api/v2/tile/{level}/{tile}': '/api/v2/tile/0/000.p/3',
  '/docs/{file}': '/docs/start.js',
};

export const READS = routes.filter(({ method }) => method === 'get').map(({ path }) => path);
export const WRITES = routes.filter(({ method }) => method === 'post').map(({ path }) => path);

const taint: ControlEvent = {
  ...{ event: 'dependency-taint', namespace: 'acme', issued: 1, scope: 'policy', reason: 'poisoned' },
  target: { digests: { sha256: 'ab'.repeat(32) }, package: undefined },
  ...{ window: undefined, advisories: undefined },
};

/** A path that answers 200. */
export const exampleOf = (path: string) => EXAMPLES[path] ?? path;

export async function exampleApp() {
  const app = testApp(undefined, 7);
  const statement = {
    ...{ _type: 'https://in-toto.io/Statement/v1', predicateType: 'https://slsa.dev/provenance/v1', predicate: {} },
    subject: [{ name: 'app', digest: { sha256: 'ab'.repeat(32) } }],
  };
  await app.submit({ payload: JSON.stringify(statement) });
  const bytes = writeControlStatement(taint);
  const entry = app.log.entries[8]!;
  const payload = { status: 'stored', bytes, type: 'application/vnd.in-toto+json', countsFrom: 8 } as const;
  const control = { ...entry, payload: { ...payload, sha256: entry.leafHash } };
  app.log.controls.push({ position: 0, statement: 8, batchStart: 8, payloadSha256: entry.leafHash, entry: control });
  return app;
}
