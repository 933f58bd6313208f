/** schemathesis: requests made from openapi.yaml, right and wrong ones, and answers held to what it says of them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hashedRekordRequest } from '../server/rekor-v2.ts';
import { CACHE, type Outcome, type Program, pythonEnvironment, ROOT, run, skipWhereAbsent } from './programs.ts';
import { type Server, startServer } from './server.ts';
import { attestation, growTo } from './submissions.ts';

const EXAMPLES_PER_OPERATION = 40;

let python: Program;
let server: Server;
let folder: string;

beforeAll(async () => {
  python = await pythonEnvironment('schemathesis==4.32.0', 'msgpack==1.2.4');
  if (python.absent !== undefined) return;
  server = await startServer();
  folder = mkdtempSync(join(CACHE, 'schemathesis-run-'));
});
afterAll(async () => {
  await server?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});
skipWhereAbsent(() => python);

/** Runs it with a document against the server; `limits` are further arguments. */
async function schemathesis(document: string, ...limits: string[]): Promise<Outcome> {
  const submissions = join(folder, 'submissions.json');
  writeFileSync(submissions, JSON.stringify([attestation(), attestation(), { text: 'no submission' }]));
  const rekorV2 = join(folder, 'rekor-v2-requests.json');
  writeFileSync(rekorV2, JSON.stringify([hashedRekordRequest(), hashedRekordRequest(), { text: 'no request' }]));
  const config = ['--config-file', join(ROOT, 'test/foreign/schemathesis.toml')];
  const checks = ['--checks', 'all', '--workers', '1', '--no-color', ...limits];
  return run(join(python.path, '../schemathesis'), [...config, 'run', document, '--url', server.url, ...checks], {
    cwd: folder,
    env: {
      COUNTERSIGN_SUBMISSIONS: submissions,
      COUNTERSIGN_REKOR_V2_REQUESTS: rekorV2,
      SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
      PYTHONPATH: join(ROOT, 'test/foreign'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
}

const openapi = join(ROOT, 'openapi.yaml');

it('finds no answer that openapi.yaml does not describe, and no failure of the server', async () => {
  // The examples in the document name index 7, size 8 and the first full tile.
  await growTo(server, 300);
  const { code, output } = await schemathesis(openapi, '--max-examples', String(EXAMPLES_PER_OPERATION));
  expect(code, output).toBe(0);
});

it('finds an answer that lacks what a document promises', async () => {
  const document = join(folder, 'openapi.yaml');
  writeFileSync(document, readFileSync(openapi, 'utf8').replaceAll('- statementKey\n', '- statementKeys\n'));
  const { code, output } = await schemathesis(document, '--include-operation-id', 'getLog', '--max-examples', '1');
  expect(code, output).toBe(1);
  expect(output).toContain('Response violates schema: 1');
});
