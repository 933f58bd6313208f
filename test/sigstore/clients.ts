/** sigstore-js as people have it: the newest versions that declare Node 20, and the newest of all, which run on it too. */
import * as bundle from '@sigstore/bundle';
import * as mock from '@sigstore/mock';
import { SigningConfig, TrustedRoot } from '@sigstore/protobuf-specs';
import * as sign from '@sigstore/sign';
import * as verify from '@sigstore/verify';
import * as newestBundle from 'sigstore-bundle-newest';
import * as newestMock from 'sigstore-mock-newest';
import * as newestSign from 'sigstore-sign-newest';
import * as newestVerify from 'sigstore-verify-newest';
import type { Artifact } from './artifact.ts';
import { identityToken } from './mock-services.ts';

export type BundleJson = bundle.SerializedBundle;
export type Json = Record<string, unknown>;

/** Versions of sigstore-js that belong together. */
export interface Client {
  name: string;
  bundle: typeof bundle;
  mock: typeof mock;
  sign: typeof sign;
  verify: typeof verify;
}

export const declaringNode20: Client = { name: 'sigstore-js for Node 20', bundle, mock, sign, verify };
export const newest: Client = {
  name: 'the newest sigstore-js',
  // The same interfaces, of classes that TypeScript holds apart.
  bundle: newestBundle as unknown as typeof bundle,
  mock: newestMock as unknown as typeof mock,
  sign: newestSign as unknown as typeof sign,
  verify: newestVerify as unknown as typeof verify,
};

export const CLIENTS = [declaringNode20, newest];

/** Signs as a signing configuration says. */
export async function signWith(client: Client, signingConfig: Json, { kind, data }: Artifact): Promise<BundleJson> {
  const builder = client.sign.bundleBuilderFromSigningConfig({
    signingConfig: SigningConfig.fromJSON(signingConfig),
    identityProvider: { getToken: async () => identityToken() },
    bundleType: kind,
    fetchOptions: { timeout: 20_000, retry: false },
  });
  return client.bundle.bundleToJSON(await builder.create({ data, type: IN_TOTO }));
}

/** Kinds of entries that version 1 of the API makes of what sigstore-js sends. */
export type LogKind = 'hashedrekord' | 'dsse' | 'intoto';

/** Signs with a log of version 1 as the only witness, at the address that a signing configuration names. */
export async function signThroughV1(
  client: Client,
  signingConfig: Json,
  kind: LogKind,
  { data }: Artifact,
): Promise<BundleJson> {
  const { caUrls, rekorTlogUrls } = SigningConfig.fromJSON(signingConfig);
  const { FulcioSigner, RekorWitness, DSSEBundleBuilder, MessageSignatureBundleBuilder } = client.sign;
  const retry = { retry: false, timeout: 20_000 };
  const identityProvider = { getToken: async () => identityToken() };
  const signer = new FulcioSigner({ fulcioBaseURL: caUrls[0]!.url, identityProvider, ...retry });
  const witness = new RekorWitness({
    rekorBaseURL: rekorTlogUrls[0]!.url,
    majorApiVersion: 1,
    entryType: kind === 'intoto' ? 'intoto' : 'dsse',
    ...retry,
  });
  const Builder = kind === 'hashedrekord' ? MessageSignatureBundleBuilder : DSSEBundleBuilder;
  const made = await new Builder({ signer, witnesses: [witness] }).create({ data, type: IN_TOTO });
  return client.bundle.bundleToJSON(made);
}

/** Media type of the payloads that are signed here; of no meaning for messages. */
const IN_TOTO = 'application/vnd.in-toto+json';

export interface Signer {
  /** Subject alternative name of the certificate. */
  name: string | undefined;
  issuer: string | undefined;
}

/**
 * Verifies everything that sigstore-js verifies: timestamps, chain, SCT, inclusion, body and signature.
 * @throws VerificationError
 */
export function verifyWith(client: Client, trustedRoot: Json, json: unknown, { data }: Artifact): Signer {
  const material = client.verify.toTrustMaterial(TrustedRoot.fromJSON(trustedRoot));
  const entity = client.verify.toSignedEntity(client.bundle.bundleFromJSON(json), data);
  const { identity } = new client.verify.Verifier(material).verify(entity);
  return { name: identity?.subjectAlternativeName, issuer: identity?.extensions?.issuer };
}
