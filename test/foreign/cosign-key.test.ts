/**
 * cosign signs with a key through the door of Rekor v2, set up with files that cosign itself writes, and verifies what
 * it kept; and the log takes the same bundle for the entry that it has.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CACHE, goProgram, type Outcome, type Program, run, skipWhereAbsent } from './programs.ts';
import { getJson, type Server, startServer } from './server.ts';
import { submit } from './submissions.ts';

const SINCE = 'start-time=2024-01-01T00:00:00Z';

let program: Program;
let server: Server;
let folder: string;

const inFolder = (name: string): string => join(folder, name);

/** Its working folder holds what it writes. It complains that its mirror is out of reach, and goes on. */
function cosign(...args: string[]): Promise<Outcome> {
  return run(program.path, args, { cwd: folder, env: { COSIGN_PASSWORD: 'secret', HOME: folder } });
}

async function done(...args: string[]): Promise<void> {
  const { code, output } = await cosign(...args);
  if (code !== 0) throw new Error(output);
}

/** A verifier key's Ed25519 key as a SubjectPublicKeyInfo. */
function pemOf(verifierKey: string): string {
  const key = Buffer.from(/^[^+]+\+[0-9a-f]{8}\+(.+)$/.exec(verifierKey)![1]!, 'base64').subarray(1);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  return `-----BEGIN PUBLIC KEY-----\n${spki.toString('base64')}\n-----END PUBLIC KEY-----\n`;
}

beforeAll(async () => {
  program = await goProgram('github.com/sigstore/cosign/v3/cmd/cosign', 'v3.1.3');
  if (program.absent !== undefined) return;
  mkdirSync(CACHE, { recursive: true });
  folder = mkdtempSync(join(CACHE, 'cosign-'));
  server = await startServer();
  writeFileSync(inFolder('log.pem'), pemOf(server.verifierKey));
  const { origin, url } = server;
  const trusted = `url=https://${origin},public-key=${inFolder('log.pem')},${SINCE},origin=${origin}`;
  await done('trusted-root', 'create', '--rekor', trusted, '--out', 'root.json');
  const service = `url=${url},api-version=2,${SINCE},operator=test`;
  await done('signing-config', 'create', '--rekor', service, '--rekor-config', 'ANY', '--out', 'config.json');
  await done('generate-key-pair');
});
afterAll(async () => {
  await server?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});
skipWhereAbsent(() => program);

const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1';
const COMMANDS = {
  'a blob': { sign: ['sign-blob'], verify: ['verify-blob'] },
  'an attestation': {
    sign: ['attest-blob', '--type', PREDICATE_TYPE, '--predicate', 'predicate.json'],
    verify: ['verify-blob-attestation', '--type', PREDICATE_TYPE],
  },
};

describe.each(Object.entries(COMMANDS))('cosign with a key, for %s', (name, { sign, verify }) => {
  const artifact = `${sign[0]}.bin`;
  const bundle = `${sign[0]}.sigstore.json`;
  let digest: string;
  let index: string;

  const verified = (file: string, root = 'root.json'): Promise<Outcome> =>
    cosign(...verify, '--key', 'cosign.pub', '--bundle', bundle, '--trusted-root', root, file);

  beforeAll(async () => {
    if (program.absent !== undefined) return;
    const bytes = randomBytes(32);
    digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(inFolder(artifact), bytes);
    writeFileSync(inFolder('predicate.json'), '{"buildDefinition":{},"runDetails":{}}');
    const files = ['--key', 'cosign.key', '--signing-config', 'config.json', '--bundle', bundle];
    await done(...sign, ...files, '-y', artifact);
    const { verificationMaterial } = JSON.parse(readFileSync(inFolder(bundle), 'utf8'));
    index = verificationMaterial.tlogEntries[0].logIndex;
  });

  it('logs what it signs', async () => {
    expect(await getJson(server, `/v1/entries/${index}`)).toMatchObject({ kind: 'hashedrekord' });
  });

  it('verifies what it kept', async () => {
    expect(await verified(artifact)).toMatchObject({ code: 0 });
  });

  it('refuses another artifact', async () => {
    const bytes = readFileSync(inFolder(artifact));
    bytes[0]! ^= 1;
    writeFileSync(inFolder('tampered.bin'), bytes);
    expect(await verified('tampered.bin')).not.toMatchObject({ code: 0 });
  });

  it('refuses a log with another key', async () => {
    const root = readFileSync(inFolder('root.json'), 'utf8');
    const { tlogs } = JSON.parse(root) as { tlogs: { publicKey: { rawBytes: string } }[] };
    const spki = Buffer.from(tlogs[0]!.publicKey.rawBytes, 'base64');
    const other = Buffer.concat([spki.subarray(0, 12), Buffer.alloc(32, 0x58)]);
    writeFileSync(inFolder('other.json'), root.replace(tlogs[0]!.publicKey.rawBytes, other.toString('base64')));
    expect(await verified(artifact, 'other.json')).not.toMatchObject({ code: 0 });
  });

  it('leaves a bundle that the log knows as its own entry', async () => {
    const publicKey = readFileSync(inFolder('cosign.pub'), 'utf8');
    const kept = JSON.parse(readFileSync(inFolder(bundle), 'utf8')) as Record<string, unknown>;
    expect(await submit(server, { bundle: kept, publicKey })).toMatchObject({ index: Number(index) });
    if (name === 'a blob') return;
    // Only now has the log seen the statement.
    const found = await getJson(server, `/v1/entries?subject=sha256:${digest}`);
    expect(found).toMatchObject({ entries: [{ index: Number(index), predicateType: PREDICATE_TYPE }] });
  });
});
