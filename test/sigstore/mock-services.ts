/** Fulcio and a timestamp authority of @sigstore/mock, answering on loopback. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { HandlerFn } from '@sigstore/mock';
import { pem } from '../fixtures/make-certificate.ts';
import type { Client } from './clients.ts';

export const ISSUER = 'https://issuer.example';
export const SIGNER = 'builder@example.com';

export interface MockServices {
  url: string;
  /** Files with what the services are known by. */
  fulcioChain: string;
  ctKey: string;
  tsaChain: string;
  close(): Promise<void>;
}

/** Starts both. @param folder where the files with their certificates go */
export async function startMockServices({ mock }: Client, folder: string): Promise<MockServices> {
  const keys = keyPair();
  const ctLog = await mock.initializeCTLog(keys);
  const ca = await mock.initializeCA(keys, ctLog);
  const clock = new Date();
  const tsa = await mock.initializeTSA(keys, clock);
  const fulcio = mock.fulcioHandler(ca, { subjectClaim: 'email' });
  const timestamps = mock.tsaHandler(tsa);
  const handlers = new Map<string, HandlerFn>([
    [fulcio.path, fulcio.fn],
    [
      timestamps.path,
      (body) => {
        // The mock writes fractions of a second that end in zero, which DER does not allow.
        clock.setTime(Math.floor(Date.now() / 1000) * 1000);
        return timestamps.fn(body);
      },
    ],
  ]);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = asMockWants(Buffer.concat(chunks).toString(), request.headers.authorization);
    const answer = await handlers.get(request.url ?? '')?.(body);
    response.writeHead(answer?.statusCode ?? 404, { 'content-type': answer?.contentType ?? 'text/plain' });
    response.end(answer === undefined ? undefined : Buffer.from(answer.response as Uint8Array));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fulcioChain: file('fulcio.pem', pem('CERTIFICATE', bytes(ca.rootCertificate))),
    ctKey: file('ct.pem', pem('PUBLIC KEY', ctLog.publicKey)),
    tsaChain: file('tsa.pem', pem('CERTIFICATE', bytes(tsa.intCertificate), bytes(tsa.rootCertificate))),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Fulcio's mock knows how sigstore-js asks: with the token in the body, and signing requests as bare PEM. */
function asMockWants(body: string, authorization: string | undefined): string {
  if (authorization === undefined) return body;
  const request = JSON.parse(body) as { certificateSigningRequest: string };
  const certificateSigningRequest = Buffer.from(request.certificateSigningRequest, 'base64').toString();
  const oidcIdentityToken = authorization.replace('Bearer ', '');
  return JSON.stringify({ credentials: { oidcIdentityToken }, certificateSigningRequest });
}

/** A token that the mock takes, which checks no signature. */
export function identityToken(): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: 'sigstore', sub: SIGNER, email: SIGNER, email_verified: true };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return [part({ alg: 'none' }), part({ ...claims, iat: now, exp: now + 600 }), 'c2ln'].join('.');
}

/** Read back from PEM, as in `fixtures/make.ts`. */
function keyPair(): Parameters<Client['mock']['initializeCTLog']>[0] {
  const { privateKey: made } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const privateKey = createPrivateKey(made.export({ type: 'pkcs8', format: 'pem' }));
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function bytes(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
