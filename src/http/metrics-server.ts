/** `/metrics` on a listener of its own, so that it is never reachable through the public one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { listen, type RunningServer, urlOf } from './listen.ts';

export interface MetricsServerOptions {
  registry: Registry;
  /** Loopback unless the operator says otherwise. */
  host?: string;
  port: number;
}

/**
 * Serves the registry as Prometheus text.
 * @throws LogError address_in_use
 */
export async function serveMetrics(options: MetricsServerOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    if (request.url !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('only GET /metrics is here\n');
      return;
    }
    options.registry.metrics().then(
      (text) => response.writeHead(200, { 'Content-Type': options.registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, host, options.port);
  return {
    url: urlOf(server.address() as AddressInfo),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
