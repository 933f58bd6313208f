/** Sigstore's certificate authority, with a root of its own that lives as long as it runs, and no CT log. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CLIENT_ID } from './oidc-issuer.ts';

export interface Fulcio {
  url: string;
  /** PEM file with its certificates. */
  chain: string;
  stop(): Promise<void>;
}

/**
 * @param issuer URL of the OpenID Connect issuer that it believes
 * @param folder for its configuration and its certificates
 * @throws Error with what it said where it does not start
 */
export async function startFulcio(program: string, issuer: string, folder: string): Promise<Fulcio> {
  const config = join(folder, 'fulcio.json');
  const named = { IssuerURL: issuer, ClientID: CLIENT_ID, Type: 'email' };
  writeFileSync(config, JSON.stringify({ OIDCIssuers: { [issuer]: named } }));
  const [port, grpcPort, metricsPort] = await freePorts(3);
  const child = spawn(
    program,
    [
      ...['serve', '--ca', 'ephemeralca', '--ct-log-url', '', '--config-path', config],
      ...['--host', '127.0.0.1', '--port', `${port}`, '--grpc-host', '127.0.0.1', '--grpc-port', `${grpcPort}`],
      ...['--metrics-port', `${metricsPort}`, '--legacy-unix-domain-socket', join(folder, 'fulcio.socket')],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const killNow = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killNow);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-10_000);
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const chain = join(folder, 'fulcio.pem');
  writeFileSync(
    chain,
    await trustBundle(
      url,
      () => child.exitCode !== null || child.signalCode !== null,
      () => complaints,
    ),
  );
  return {
    url,
    chain,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      process.off('exit', killNow);
    },
  };
}

/** PEM of its certificates, as soon as it answers. */
async function trustBundle(url: string, ended: () => boolean, complaints: () => string): Promise<string> {
  const deadline = performance.now() + 60_000;
  while (!ended() && performance.now() < deadline) {
    const answer = await fetch(`${url}/api/v2/trustBundle`).catch(() => undefined);
    if (answer?.ok) {
      const { chains } = (await answer.json()) as { chains: { certificates: string[] }[] };
      return chains[0]!.certificates.join('\n');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Fulcio does not answer:\n${complaints()}`);
}

/** Ports that nobody listens on. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
