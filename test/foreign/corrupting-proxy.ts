/** A proxy that changes one bit of one resource, to show that a judge notices. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from './server.ts';

/** Passes every GET on to the server, and flips the lowest bit of the middle byte of what lies at `path`. */
export async function corruptingProxy(server: Server, path: string): Promise<Server & { corrupted(): number }> {
  let corrupted = 0;
  const proxy = createServer(async (request, response) => {
    try {
      const answer = await fetch(server.url + request.url);
      const body = Buffer.from(await answer.arrayBuffer());
      if (request.url === path && answer.status === 200) {
        const middle = Math.floor(body.length / 2);
        body[middle] = body[middle]! ^ 1;
        corrupted++;
      }
      response.writeHead(answer.status, { 'Content-Type': answer.headers.get('content-type') ?? '' }).end(body);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    ...server,
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    corrupted: () => corrupted,
    async stop() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
