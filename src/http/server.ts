/** The listening server: Node's defaults are made for friends, so every limit is set here. */
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { LogError } from '../core/errors.ts';
import { listen, type RunningServer, urlOf } from './listen.ts';
import { problemHeaders, problemOf, problemResponse } from './problem.ts';
import type { AppEnv } from './request-state.ts';

/** An application of any kind, as long as it answers requests. */
type Servable = Pick<Hono<AppEnv>, 'fetch'> | Pick<Hono, 'fetch'>;

export interface ServeOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Milliseconds for the head of a request. */
  headersTimeout?: number;
  /** Milliseconds for a whole request. */
  requestTimeout?: number;
  /** How often the two are looked after, milliseconds. */
  checkInterval?: number;
  /** Milliseconds that an idle connection is kept; longer than a proxy in front keeps its own. */
  keepAliveTimeout?: number;
  maxConnections?: number;
  /** Milliseconds that requests under way may take once the server is closing. */
  drainTimeout?: number;
  /** Speak TLS; without it, HTTP in the clear. */
  tls?: TlsFiles;
}

/** Contents of files, PEM. */
export interface TlsFiles {
  /** The server's own first. */
  cert: string;
  key: string;
}

export interface TlsServer extends RunningServer {
  /** Takes a renewed certificate for the connections to come. @throws Error as Node's TLS does */
  renew(files: TlsFiles): void;
}

/**
 * Listens, and serves the application.
 * @throws LogError address_in_use; config_invalid where the certificate or its key cannot be used
 */
export function serve(app: Servable, options: ServeOptions & { tls: TlsFiles }): Promise<TlsServer>;
export function serve(app: Servable, options: ServeOptions): Promise<RunningServer>;
export async function serve(app: Servable, options: ServeOptions): Promise<RunningServer> {
  let closing = false;
  const answer = getRequestListener(app.fetch as (request: Request, env: object) => Promise<Response>, {
    errorHandler: () =>
      problemResponse(new LogError('malformed_request', 'the request target or Host is not valid'), 'unread'),
  });

  const settings = {
    headersTimeout: options.headersTimeout ?? 5_000,
    requestTimeout: options.requestTimeout ?? 10_000,
    connectionsCheckingInterval: options.checkInterval ?? 1_000,
    keepAliveTimeout: options.keepAliveTimeout ?? 5_000,
    maxHeaderSize: 16 * 1024,
    noDelay: true,
  };
  function answerRequest(incoming: IncomingMessage, outgoing: ServerResponse) {
    if (closing) outgoing.shouldKeepAlive = false;
    void answer(incoming, outgoing);
  }
  const secured = options.tls && openTls({ ...settings, ...options.tls }, answerRequest);
  const server = secured ?? createServer(settings, answerRequest);
  server.maxHeadersCount = 64;
  server.maxRequestsPerSocket = 1_000;
  server.maxConnections = options.maxConnections ?? 4_096;
  server.on('clientError', refuseUnreadable);

  await listen(server, options.host, options.port);
  return {
    url: urlOf(server.address() as AddressInfo, secured === undefined ? 'http' : 'https'),
    ...(secured && { renew: (files: TlsFiles) => secured.setSecureContext(files) }),
    close() {
      closing = true;
      return new Promise((resolve) => {
        const sweep = setInterval(() => server.closeIdleConnections(), 50);
        const deadline = setTimeout(() => server.closeAllConnections(), options.drainTimeout ?? 10_000);
        server.close(() => {
          clearInterval(sweep);
          clearTimeout(deadline);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}

function openTls(settings: Parameters<typeof createTlsServer>[0], answer: Parameters<typeof createTlsServer>[1]) {
  try {
    // TLS 1.2 and later is Node's own minimum.
    return createTlsServer(settings, answer);
  } catch (cause) {
    throw new LogError('config_invalid', 'the TLS certificate and its key cannot be used together', { cause });
  }
}

/** What the HTTP parser could not read, or was not sent in time, never reaches the application. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  const response = (socket as Duplex & { _httpMessage?: ServerResponse })._httpMessage;
  if (!socket.writable || error.code === 'ECONNRESET' || response?.headersSent) {
    socket.destroy();
    return;
  }
  const status = PARSER_STATUS[error.code ?? ''] ?? 400;
  const refusal = new LogError('malformed_request', PARSER_DETAIL[status] ?? 'the request is not valid HTTP/1.1');
  const body = JSON.stringify(problemOf(refusal, 'unread', status));
  const headers = {
    ...problemHeaders('unread'),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`, () => socket.destroy());
}

const PARSER_STATUS: Record<string, number | undefined> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

const PARSER_DETAIL: Record<number, string | undefined> = {
  408: 'the request did not arrive in time',
  413: 'the chunk extensions are too large',
  431: 'the header fields are too large',
};
