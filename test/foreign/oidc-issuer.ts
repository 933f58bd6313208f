/** A throw-away OpenID Connect issuer on loopback, which vouches for whomever a test names. */
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OidcIssuer {
  url: string;
  /** An identity token for an e-mail address, as Fulcio and cosign want it. */
  token(email: string): string;
  stop(): Promise<void>;
}

/** The audience that Sigstore's clients ask tokens for. */
export const CLIENT_ID = 'sigstore';
const KEY_ID = 'key';

export async function startOidcIssuer(): Promise<OidcIssuer> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' });
  const documents = new Map<string, object>();
  const server = createServer((request, response) => {
    const document = documents.get(request.url ?? '');
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  documents.set('/.well-known/openid-configuration', {
    issuer: url,
    authorization_endpoint: `${url}/auth`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  });
  documents.set('/keys', { keys: [{ ...publicKey, kid: KEY_ID, use: 'sig', alg: 'RS256' }] });

  return {
    url,
    token(email) {
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: url, aud: CLIENT_ID, sub: email, email, email_verified: true, iat: now, exp: now + 600 };
      const signed = [{ alg: 'RS256', typ: 'JWT', kid: KEY_ID }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
