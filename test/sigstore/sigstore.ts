/** A built server with a log of its own, the services around it, and what `countersign sigstore-config` makes of them. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { temporaryFolder } from '../server/folder.ts';
import { Http } from '../server/http.ts';
import { type RunningServer, run, start } from '../server/running-server.ts';
import type { Artifact } from './artifact.ts';
import { type Client, declaringNode20, type Json, newest, signWith } from './clients.ts';
import { ISSUER, type MockServices, startMockServices } from './mock-services.ts';

/** Whose timestamps signers ask for. */
export type Timestamps = 'own' | 'mock';

export interface Sigstore {
  server: RunningServer;
  http: Http;
  services: MockServices;
  /** What a configuration says: made once for each set of options. */
  configuration(options?: ConfigurationOptions): Promise<Configuration>;
}

export interface ConfigurationOptions {
  timestamps?: Timestamps;
  rekorApi?: '1' | '2';
}

export interface Configuration {
  trustedRoot: Json;
  signingConfig: Json;
  /** Where the files lie. */
  folder: string;
}

/** Signs with a certificate alone, logs it natively, and gets the bundle that the log hands out, with its own timestamp. */
export async function logNatively(sigstore: Sigstore, artifact: Artifact, leaf: object = {}): Promise<HandedOut> {
  const { rekorTlogConfig: _, tsaConfig: __, ...withoutWitnesses } = (await sigstore.configuration()).signingConfig;
  const bundle = await signWith(newest, withoutWitnesses, artifact);
  const { index } = await sigstore.http.log({ body: JSON.stringify({ bundle, ...leaf }), payload: undefined });
  return sigstore.http.json<HandedOut>(`/v1/entries/${index}/bundle`);
}

/** A bundle from the log, as far as tests read it. */
export interface HandedOut {
  verificationMaterial: { tlogEntries: { logIndex: string; kindVersion: { kind: string; version: string } }[] };
}

/** Starts everything before the tests of a file, and ends it afterwards. To be read in tests only. */
export function useSigstore(client: Client = declaringNode20): Sigstore {
  const folder = temporaryFolder();
  const made = new Map<string, Promise<Configuration>>();
  const sigstore = {
    async configuration({ timestamps = 'own', rekorApi }: ConfigurationOptions = {}) {
      const name = `${timestamps}-${rekorApi ?? 'any'}`;
      const known = made.get(name) ?? configure(sigstore, join(folder.path, name), timestamps, rekorApi);
      made.set(name, known);
      return known;
    },
  } as Sigstore;
  beforeAll(async () => {
    const services = join(folder.path, 'services');
    mkdirSync(services);
    sigstore.services = await startMockServices(client, services);
    sigstore.server = await start({ data: join(folder.path, 'data'), anchor: join(folder.path, 'anchor') });
    sigstore.http = new Http(sigstore.server.url);
  }, 60_000);
  afterAll(async () => {
    sigstore.http?.close();
    await sigstore.server?.process.stop();
    await sigstore.services?.close();
    folder.remove();
  });
  return sigstore;
}

async function configure(
  { server, services }: Sigstore,
  out: string,
  timestamps: Timestamps,
  rekorApi: '1' | '2' | undefined,
): Promise<Configuration> {
  const { code, stderr } = await run(
    ...['sigstore-config', '--url', server.url, '--log-key', server.verifierKey, '--out', out],
    ...['--fulcio', services.url, '--fulcio-chain', services.fulcioChain, '--ct-key', services.ctKey, '--oidc', ISSUER],
    ...(timestamps === 'own' ? [] : ['--tsa', services.url, '--tsa-chain', services.tsaChain]),
    ...(rekorApi === undefined ? [] : ['--rekor-api', rekorApi]),
  );
  if (code !== 0) throw new Error(stderr);
  const read = (name: string): Json => JSON.parse(readFileSync(join(out, name), 'utf8')) as Json;
  return { trustedRoot: read('trusted_root.json'), signingConfig: read('signing_config.json'), folder: out };
}
