/** The services of others that a Sigstore client needs beside the log, as the command line names them. */
import { LogError } from '../core/errors.ts';
import { type PublicKey, parsePublicKeyPem } from '../entry/keys/public-key.ts';
import type { Authority } from '../entry/trust/sigstore-trust.ts';
import { type Certificate, parseCertificateChainPem, signedBy } from '../entry/x509/certificate.ts';
import { nativeChecks } from '../log/native/native-signatures.ts';
import { readText } from './files.ts';
import { given } from './usage.ts';

export interface ServiceOptions {
  fulcio?: string;
  fulcioChain?: string;
  oidc?: string;
  ctKey?: string;
  tsa?: string;
  tsaChain?: string;
}

export interface OtherServices {
  fulcio: Authority | undefined;
  /** URL of the OpenID Connect issuer. */
  oidc: string | undefined;
  /** Key of the certificate transparency log that Fulcio writes to. */
  ctKey: PublicKey | undefined;
  tsa: Authority | undefined;
}

/** Where a timestamp authority answers by custom; clients differ in whether they add it. */
const TIMESTAMP_PATH = '/api/v1/timestamp';

/** @throws LogError usage where options do not go together or name no URL, PEM or chain; file_unreadable */
export async function readOtherServices(options: ServiceOptions): Promise<OtherServices> {
  assertTogether('--fulcio', options.fulcio, '--fulcio-chain', options.fulcioChain);
  assertTogether('--tsa', options.tsa, '--tsa-chain', options.tsaChain);
  if (options.fulcio === undefined) {
    if (options.oidc !== undefined) throw new LogError('usage', '--oidc is of use only with --fulcio');
    if (options.ctKey !== undefined) throw new LogError('usage', '--ct-key is of use only with --fulcio');
  }
  const tsa = options.tsa === undefined ? undefined : withTimestampPath(serviceUrl('--tsa', options.tsa));
  return {
    fulcio: await readAuthority('--fulcio', options.fulcio, options.fulcioChain),
    oidc: options.oidc === undefined ? undefined : serviceUrl('--oidc', options.oidc),
    ctKey: options.ctKey === undefined ? undefined : await readKey('--ct-key', options.ctKey),
    tsa: await readAuthority('--tsa', tsa, options.tsaChain),
  };
}

function assertTogether(first: string, firstValue: unknown, second: string, secondValue: unknown): void {
  if ((firstValue === undefined) === (secondValue === undefined)) return;
  const [there, lacking] = firstValue === undefined ? [second, first] : [first, second];
  throw new LogError(
    'usage',
    `${there} needs ${lacking}: a client must know both where the service is and its certificates`,
  );
}

async function readAuthority(
  name: string,
  url: string | undefined,
  path: string | undefined,
): Promise<Authority | undefined> {
  if (url === undefined || path === undefined) return undefined;
  const uri = serviceUrl(name, url);
  const pem = await readText(path);
  const chain = given(`${name}-chain`, () => parseCertificateChainPem(pem));
  assertChain(`${name}-chain`, chain);
  return { uri, chain: chain as [Certificate, ...Certificate[]] };
}

/** Clients take the last certificate for the root, and build upwards from the first. */
function assertChain(name: string, chain: readonly Certificate[]): void {
  for (const [i, certificate] of chain.entries()) {
    const issuer = chain[i + 1] ?? certificate;
    if (signedBy(certificate, issuer, nativeChecks)) continue;
    const fault =
      issuer === certificate
        ? 'its last certificate is not a root, which would have signed itself'
        : `its certificate ${i + 1} is not signed by its certificate ${i + 2}`;
    throw new LogError('usage', `${name} is no chain: ${fault}; the lowest certificate comes first, the root last`);
  }
}

async function readKey(name: string, path: string): Promise<PublicKey> {
  const pem = await readText(path);
  return given(name, () => parsePublicKeyPem(pem));
}

/** @throws LogError usage */
export function serviceUrl(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new LogError('usage', `${name} must be a URL that starts with http:// or https://`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new LogError('usage', `${name} must be a URL without user name, password, query and fragment`);
  }
  return url.href.replace(/\/+$/, '');
}

function withTimestampPath(url: string): string {
  return new URL(url).pathname === '/' ? url + TIMESTAMP_PATH : url;
}
