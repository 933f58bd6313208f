/**
 * What a Sigstore client is told about a log: whom to ask, and whom to believe (protobuf-specs `sigstore_trustroot.proto`
 * in protobuf JSON: `TrustedRoot` 0.1, `SigningConfig` 0.2, `ClientTrustConfig` 0.1).
 */
import { toBase64 } from '../../core/bytes.ts';
import type { Json } from '../encoding/canonical-json.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { schemesOf } from '../keys/signature-scheme.ts';
import type { Certificate } from '../x509/certificate.ts';
import { displayNameOf } from '../x509/display-name.ts';

/** A transparency log's key, as clients know it. */
export interface LogInstance {
  /** Its host must be the name under the log's checkpoints: sigstore-go compares both, without a port. */
  baseUrl: string;
  key: PublicKey;
  /** 32 bytes; their first four are the key id of the checkpoint's signature. */
  logId: Uint8Array;
  /** Seconds since 1970: nothing was signed before. */
  start: number;
}

/** A certificate authority's or timestamp authority's certificates: the lowest first, the root last. */
export interface Authority {
  uri: string;
  chain: readonly [Certificate, ...Certificate[]];
}

/** Whose word counts. */
export interface Trust {
  tlogs: readonly LogInstance[];
  certificateAuthorities: readonly Authority[];
  /** Certificate transparency logs. */
  ctlogs: readonly LogInstance[];
  timestampAuthorities: readonly Authority[];
}

/** Where a signing client goes. */
export interface Service {
  url: string;
  majorApiVersion: number;
  /** Seconds since 1970. */
  start: number;
  /** Clients that ask several services take one of each operator. */
  operator: string;
}

export interface Services {
  certificateAuthorities: readonly Service[];
  identityProviders: readonly Service[];
  /** Most wanted first. */
  logs: readonly Service[];
  timestampAuthorities: readonly Service[];
}

/** `trusted_root.json` */
export function trustedRootDocument(trust: Trust): { [name: string]: Json } {
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: trust.tlogs.map(logInstance),
    certificateAuthorities: trust.certificateAuthorities.map(authority),
    ctlogs: trust.ctlogs.map(logInstance),
    timestampAuthorities: trust.timestampAuthorities.map(authority),
  };
}

/** `signing_config.json` */
export function signingConfigDocument(services: Services): { [name: string]: Json } {
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: services.certificateAuthorities.map(service),
    oidcUrls: services.identityProviders.map(service),
    rekorTlogUrls: services.logs.map(service),
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: services.timestampAuthorities.map(service),
    // Asking for a timestamp where nobody gives any makes clients fail.
    ...(services.timestampAuthorities.length > 0 && { tsaConfig: { selector: 'ANY' } }),
  };
}

/** `client_trust_config.json` */
export function clientTrustConfigDocument(trust: Trust, services: Services): { [name: string]: Json } {
  return {
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot: trustedRootDocument(trust),
    signingConfig: signingConfigDocument(services),
  };
}

function logInstance({ baseUrl, key, logId, start }: LogInstance): Json {
  return {
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: toBase64(key.spki),
      keyDetails: schemesOf(key)[0]!.keyDetails,
      validFor: { start: timestamp(start) },
    },
    // No `checkpointKeyId`: clients take it in place of the log id and then disagree about its length.
    logId: { keyId: toBase64(logId) },
  };
}

function authority({ uri, chain }: Authority): Json {
  const root = displayNameOf(chain.at(-1)!);
  return {
    // sigstore-python demands both members, and has no use for them.
    subject: { organization: root.organization ?? root.commonName ?? '', commonName: root.commonName ?? '' },
    uri,
    certChain: { certificates: chain.map(({ der }) => ({ rawBytes: toBase64(der) })) },
    // What was signed elsewhere, before it came to this log, must verify as well.
    validFor: { start: timestamp(chain[0].notBefore) },
  };
}

function service({ url, majorApiVersion, start, operator }: Service): Json {
  return { url, majorApiVersion, validFor: { start: timestamp(start) }, operator };
}

/** Protobuf JSON: RFC 3339 in UTC. */
function timestamp(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
