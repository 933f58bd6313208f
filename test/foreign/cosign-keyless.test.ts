/**
 * cosign signs with certificates of a real Fulcio, writes to this log and takes its timestamps, all on this machine and
 * configured by `countersign sigstore-config`; and what it keeps is what the log knows.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fulcio, startFulcio } from './fulcio.ts';
import { type OidcIssuer, startOidcIssuer } from './oidc-issuer.ts';
import { CACHE, goProgram, type Outcome, type Program, ROOT, run, skipWhereAbsent } from './programs.ts';
import { getJson, type Server, startServer } from './server.ts';
import { submit } from './submissions.ts';

const SIGNER = 'builder@example.com';

let cosign: Program;
let fulcioProgram: Program;
let issuer: OidcIssuer;
let fulcio: Fulcio;
let server: Server;
let folder: string;

beforeAll(async () => {
  cosign = await goProgram('github.com/sigstore/cosign/v3/cmd/cosign', 'v3.1.3');
  fulcioProgram = await goProgram('github.com/sigstore/fulcio', 'v1.8.8');
  if (absent() !== undefined) return;
  mkdirSync(CACHE, { recursive: true });
  folder = mkdtempSync(join(CACHE, 'keyless-'));
  issuer = await startOidcIssuer();
  fulcio = await startFulcio(fulcioProgram.path, issuer.url, folder);
  server = await startServer();
  for (const version of VERSIONS) {
    const { code, output } = await run(process.execPath, [
      ...[join(ROOT, 'dist/program/main.js'), 'sigstore-config', '--url', server.url, '--log-key', server.verifierKey],
      ...['--fulcio', fulcio.url, '--fulcio-chain', fulcio.chain, '--oidc', issuer.url],
      ...['--rekor-api', version, '--out', join(folder, version)],
    ]);
    if (code !== 0) throw new Error(output);
  }
});
afterAll(async () => {
  await fulcio?.stop();
  await issuer?.stop();
  await server?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});
const absent = (): string | undefined => cosign.absent ?? fulcioProgram.absent;
skipWhereAbsent(() => ({ path: cosign.path, absent: absent() }));

const COMMANDS = {
  'a blob': {
    sign: ['sign-blob'],
    verify: ['verify-blob'],
  },
  'an attestation': {
    sign: ['attest-blob', '--type', 'slsaprovenance1'],
    verify: ['verify-blob-attestation', '--type', 'slsaprovenance1'],
  },
};

/** Of Rekor's API. */
const VERSIONS = ['2', '1'] as const;
const cases = Object.entries(COMMANDS).flatMap(([name, commands]) =>
  VERSIONS.map((version) => [name, version, commands] as const),
);

describe.each(cases)('%s, through version %s of the API', (name, version, commands) => {
  const inFolder = (file: string): string => join(folder, version, name === 'a blob' ? file : `attestation-${file}`);
  const configured = (file: string): string => join(folder, version, file);
  let signed: Outcome;
  let bundle: Record<string, unknown>;
  let digest: string;

  beforeAll(async () => {
    if (absent() !== undefined) return;
    const artifact = randomBytes(16);
    digest = createHash('sha256').update(artifact).digest('hex');
    writeFileSync(inFolder('artifact'), artifact);
    writeFileSync(inFolder('predicate'), JSON.stringify({ buildDefinition: {}, runDetails: {} }));
    signed = await run(cosign.path, [
      ...commands.sign,
      ...(name === 'an attestation' ? ['--predicate', inFolder('predicate')] : []),
      ...['--signing-config', configured('signing_config.json'), '--trusted-root', configured('trusted_root.json')],
      ...['--identity-token', issuer.token(SIGNER), '--bundle', inFolder('bundle'), '-y', inFolder('artifact')],
    ]);
    if (signed.code === 0) bundle = JSON.parse(readFileSync(inFolder('bundle'), 'utf8')) as Record<string, unknown>;
  });

  const verify = (artifact: string, file = inFolder('bundle')): Promise<Outcome> =>
    run(cosign.path, [
      ...[...commands.verify, '--trusted-root', configured('trusted_root.json'), '--bundle', file],
      ...['--certificate-identity', SIGNER, '--certificate-oidc-issuer', issuer.url, '--insecure-ignore-sct', artifact],
    ]);

  it('is signed and logged', () => {
    expect(signed).toEqual({ code: 0, output: expect.any(String) });
  });

  it('verifies', async () => {
    expect(await verify(inFolder('artifact'))).toEqual({ code: 0, output: expect.stringContaining('Verified OK') });
  });

  it('is refused for another artifact', async () => {
    writeFileSync(inFolder('tampered'), 'something else');
    expect((await verify(inFolder('tampered'))).code).toBe(1);
  });

  const index = (): number => {
    const { verificationMaterial } = bundle as { verificationMaterial: { tlogEntries: { logIndex: string }[] } };
    return Number(verificationMaterial.tlogEntries[0]!.logIndex);
  };

  // The first version has leaves of its own.
  it.runIf(version === '2')('is submitted natively as the entry that it is', async () => {
    expect(await submit(server, bundle)).toMatchObject({ index: index() });
  });

  it('is found by what it is about', async () => {
    // The second version has only the digest of an attestation, until somebody brings the bundle.
    if (version === '2') await submit(server, bundle);
    const { entries } = await getJson<{ entries: { index: number }[] }>(server, `/v1/entries?subject=sha256:${digest}`);
    expect(entries.map((found) => found.index)).toEqual([index()]);
  });

  // Of the first version's leaves the log hands out bundles that sigstore-js takes, and cosign does not: it wants the
  // first version's key under the checkpoint.
  it.runIf(version === '2')('is handed out by the log as a bundle that verifies', async () => {
    await submit(server, bundle);
    writeFileSync(inFolder('handed-out'), JSON.stringify(await getJson(server, `/v1/entries/${index()}/bundle`)));
    expect(await verify(inFolder('artifact'), inFolder('handed-out'))).toMatchObject({ code: 0 });
  });
});
