import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Connection } from '../../../bench/http/connection.ts';

const REQUEST = Buffer.from('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi');

let server: Server;
let connection: Connection;
let answer: string;
let connections: number;
beforeEach(async () => {
  connections = 0;
  server = createServer((_, response) => {
    response.setHeader('Content-Length', Buffer.byteLength(answer));
    response.statusCode = 201;
    response.end(answer);
  }).on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  connection = await Connection.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  connection.close();
  server.close();
});

it('reads the status and the body of one answer after the other on one connection', async () => {
  for (answer of ['', 'short', 'x'.repeat(1_000_000)]) {
    const { status, body } = await connection.send(REQUEST);
    expect(status).toBe(201);
    expect(body.toString()).toBe(answer);
  }
  expect(connections).toBe(1);
});

it('reads answers that come in chunks', async () => {
  for (const chunks of [['one'], ['x'.repeat(100_000), '', 'y'.repeat(5_000)], []]) {
    server.removeAllListeners('request').on('request', (_, response: ServerResponse) => {
      for (const chunk of chunks) response.write(chunk);
      response.end();
    });
    expect((await connection.send(REQUEST)).body.toString()).toBe(chunks.join(''));
  }
  expect(connections).toBe(1);
});

it('rejects an answer whose end nothing tells', async () => {
  server.removeAllListeners('request').on('request', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
  await expect(connection.send(REQUEST)).rejects.toThrow('Content-Length');
});

it('rejects when the server goes away', async () => {
  server.removeAllListeners('request').on('request', (request) => request.socket.destroy());
  await expect(connection.send(REQUEST)).rejects.toThrow();
  expect(connection.isOpen).toBe(false);
  await expect(connection.send(REQUEST)).rejects.toThrow('the connection is closed');
});
