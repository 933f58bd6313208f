/** A witness that answers with a lie, another each time. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const SLOW_MS = 3_000;

const LIES: ((response: ServerResponse) => void)[] = [
  (response) => response.writeHead(200).end(`\u2014 liar.example ${Buffer.alloc(76, 7).toString('base64')}\n`),
  (response) => response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end('9007199254740991\n'),
  (response) => response.writeHead(200).end(Buffer.alloc(4_096, 0xff)),
  (response) => response.writeHead(200).end(Buffer.alloc(10_000_000, 0x41)),
  (response) => setTimeout(() => response.writeHead(500).end(), SLOW_MS),
];

export interface Liar {
  url: string;
  close(): void;
}

export async function startLiar(): Promise<Liar> {
  let count = 0;
  const server: Server = createServer((request, response) => {
    request.resume().once('end', () => LIES[count++ % LIES.length]!(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
