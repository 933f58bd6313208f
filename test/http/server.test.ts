/** The listening server: what Node's parser, its timeouts and the sockets do. No test waits longer than its timeout. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isLogError } from '../../src/core/errors.ts';
import type { RunningServer } from '../../src/http/listen.ts';
import { serveMetrics } from '../../src/http/metrics-server.ts';
import { type ServeOptions, serve } from '../../src/http/server.ts';
import { type TestApp, testApp } from './test-app.ts';

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function started(
  options: Partial<ServeOptions> = {},
  settings?: unknown,
): Promise<TestApp & { server: RunningServer }> {
  const app = testApp(settings ?? { admission: { open: true } });
  const server = await serve(app.app, { host: '127.0.0.1', port: 0, ...options });
  running.push(server);
  return { ...app, server };
}

function open(server: RunningServer): Socket {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  return socket;
}

/** Sends a text, and collects what comes until the server closes the connection, or `last` has come. */
function exchange(server: RunningServer, text: string, socket = open(server), last?: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (last !== undefined && received.includes(last)) socket.end();
    });
    socket.on('close', () => resolve(received));
    socket.write(text);
  });
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
const problemOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
const HEAD = 'POST /v1/entries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
const SHORT = { headersTimeout: 60, requestTimeout: 120, checkInterval: 20 };

describe('slow requests', () => {
  it.each([
    ['nothing', ''],
    ['half a head', 'GET /checkpoint HTTP/1.1\r\nHost: loc'],
    ['half a body', `${HEAD}Content-Length: 100\r\n\r\n{"text":`],
    ['half a chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\n20\r\n{"text":`],
  ])('are ended by 408 after %s', async (_, text) => {
    const { server } = await started(SHORT);
    const answer = await exchange(server, text);
    expect(statusOf(answer)).toBe(408);
    expect(answer).toContain('Cache-Control: no-store');
    expect(problemOf(answer)).toMatchObject({ status: 408, code: 'malformed_request' });
  });

  it('do not hold up others', async () => {
    const { server } = await started();
    const sockets = Array.from({ length: 200 }, () => open(server));
    for (const socket of sockets) socket.write('GET /checkpoint HTTP/1.1\r\n');
    expect((await fetch(`${server.url}/checkpoint`)).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
});

describe('what the parser refuses', () => {
  const get = 'GET /checkpoint HTTP/1.1\r\n';
  it.each([
    ['a length and chunks', `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['two lengths', `${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    ['a transfer encoding that does not end in chunked', `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n`, 400],
    ['bare line feeds', 'GET /checkpoint HTTP/1.1\nHost: localhost\n\n', 400],
    ['no Host', `${get}\r\n`, 400],
    ['a method that is none', 'G@T /checkpoint HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a bad chunk size', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['a head of 17 KiB', `${get}Host: localhost\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`, 431],
    ['a backslash in the path', 'GET /a\\b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
    ['a Host that is none', `${get}Host: a b/c?\r\nConnection: close\r\n\r\n`, 400],
  ])('is %s', async (_, text, status) => {
    const { server } = await started(SHORT);
    expect(statusOf(await exchange(server, text))).toBe(status);
  });

  it('is answered by a problem document', async () => {
    const { server } = await started();
    const answer = await exchange(server, 'GET / HTTP/1.1\nHost: x\n\n');
    expect(answer).toContain('Content-Type: application/problem+json\r\n');
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'malformed_request' });
  });
});

describe('what the parser lets through', () => {
  const close = 'Connection: close\r\n\r\n';
  it.each([
    ['two Host headers', `GET /checkpoint HTTP/1.1\r\nHost: a\r\nHost: b\r\n${close}`, 400],
    [
      'two Authorization headers',
      `${HEAD}Authorization: Bearer a\r\nAuthorization: Bearer b\r\nContent-Length: 2\r\n${close}{}`,
      400,
    ],
    ['an absolute target', `GET http://localhost/checkpoint HTTP/1.1\r\nHost: localhost\r\n${close}`, 200],
    ['dot segments', `GET /tile/../checkpoint HTTP/1.1\r\nHost: localhost\r\n${close}`, 200],
    ['a target above 2 KiB', `GET /${'x'.repeat(3_000)} HTTP/1.1\r\nHost: localhost\r\n${close}`, 414],
    ['TRACE', `TRACE /checkpoint HTTP/1.1\r\nHost: localhost\r\n${close}`, 405],
    ['an expectation nobody meets', `${HEAD}Expect: miracles\r\nContent-Length: 2\r\n${close}{}`, 417],
    ['a body on GET', `GET /checkpoint HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n${close}{}`, 200],
  ])('is judged by the application: %s', async (_, text, status) => {
    const { server } = await started();
    expect(statusOf(await exchange(server, text))).toBe(status);
  });

  it('ends CONNECT without an answer', async () => {
    const { server } = await started();
    expect(await exchange(server, 'CONNECT evil:443 HTTP/1.1\r\nHost: evil\r\n\r\n')).not.toMatch(/ 200 /);
  });
});

describe('bodies', () => {
  const limits = { admission: { open: true }, limits: { entryBytes: 1_024 } };

  const MEBIBYTE = 'x'.repeat(2 ** 20);

  it('are refused by their declared length, before they come', async () => {
    const { server } = await started({}, limits);
    // A gigabyte is announced and never sent: the answer must come all the same, and the connection must end.
    const answer = await exchange(server, `${HEAD}Content-Length: 1073741824\r\n\r\n{`);
    expect(statusOf(answer)).toBe(413);
  });

  it('are refused once the count passes the limit', async () => {
    const { server } = await started({}, limits);
    const chunk = `400\r\n${'x'.repeat(1_024)}\r\n`;
    const answer = await exchange(server, `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk}1\r\ny\r\n`);
    expect(statusOf(answer)).toBe(413);
  });

  it.each([
    ['declared', 'Content-Length: 2097152\r\n\r\n', MEBIBYTE, MEBIBYTE],
    [
      'in chunks',
      'Transfer-Encoding: chunked\r\n\r\n',
      `100000\r\n${MEBIBYTE}\r\n`,
      `100000\r\n${MEBIBYTE}\r\n0\r\n\r\n`,
    ],
  ])('that are too large leave the connection to the next request, %s', async (_, head, begin, end) => {
    const { server } = await started({}, limits);
    const socket = open(server);
    const next = 'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    socket.once('data', () => socket.write(end + next));
    const answers = await exchange(server, `${HEAD}${head}${begin}`, socket);
    expect([statusOf(answers), answers.includes('HTTP/1.1 200 OK')]).toEqual([413, true]);
  });

  it('arrive whole, declared and in chunks, whatever the packets', async () => {
    const { server, log } = await started();
    const text = JSON.stringify({ text: 'x'.repeat(300_000) });
    const declared = await fetch(`${server.url}/v1/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    });
    expect(declared.status).toBe(201);
    expect(new TextDecoder().decode(log.lastRequest?.body)).toBe(text);
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([text]).stream(),
      duplex: 'half',
    };
    expect((await fetch(`${server.url}/v1/entries`, init as RequestInit)).status).toBe(200);
  });

  it('that break off are no fault of the server', async () => {
    const { server, lines, request } = await started();
    const socket = open(server);
    socket.write(`${HEAD}Content-Length: 100\r\n\r\n{"text":`);
    await new Promise((resolve) => socket.once('connect', resolve));
    await request('/livez');
    const gone = exchange(server, '', socket);
    socket.end();
    await gone;
    expect(lines.filter(({ status }) => Number(status) >= 500)).toEqual([]);
  });
});

describe('the server', () => {
  it('says that its port is taken', async () => {
    const { server, app } = await started();
    const again = serve(app, { host: '127.0.0.1', port: Number(new URL(server.url).port) });
    await expect(again).rejects.toSatisfy((error) => isLogError(error, 'address_in_use'));
  });

  it('says that an address is not its own', async () => {
    const { app } = testApp();
    await expect(serve(app, { host: '192.0.2.1', port: 0 })).rejects.toSatisfy((error) =>
      isLogError(error, 'config_invalid'),
    );
  });

  it('closes connections above its number', async () => {
    const { server } = await started({ maxConnections: 2 });
    const held = [open(server), open(server)];
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    for (const socket of held) socket.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('data', resolve))));
    expect(await exchange(server, 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('');
    for (const socket of held) socket.destroy();
  });

  it('ends a kept connection after 1,000 requests, which clients are told', async () => {
    const { server } = await started();
    const request = 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n';
    const answers = await exchange(server, request.repeat(1_000), open(server), 'Connection: close');
    expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(1_000);
    expect(answers.match(/Connection: close/gi)).toHaveLength(1);
  });

  it('answers what is under way when it closes, and takes nothing new', async () => {
    const { server, log } = await started();
    let release: (() => void) | undefined;
    const submit = log.submit.bind(log);
    const entered = new Promise<void>((enter) => {
      log.submit = async (request) => {
        enter();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return submit(request);
      };
    });
    const idle = exchange(server, 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
    const body = '{"text":"last"}';
    const answer = fetch(`${server.url}/v1/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await entered;
    const closed = server.close();
    await idle;
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
    release?.();
    expect((await answer).status).toBe(201);
    await closed;
  });

  it('cuts off what is still under way after its patience', async () => {
    const { server } = await started({ drainTimeout: 30 });
    const hanging = exchange(server, `${HEAD}Content-Length: 100\r\n\r\n{`);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    await server.close();
    await hanging;
  });
});

describe('the metrics listener', () => {
  it('serves the registry, by route pattern, and nothing else', async () => {
    const { telemetry, get, submit } = testApp();
    await get('/v1/entries/3');
    await get('/v1/entries/4');
    await get('/nothing/here');
    await submit({ text: 'new' });
    await submit({ fail: 'signature_invalid' });
    const server = await serveMetrics({ registry: telemetry.registry, port: 0 });
    running.push(server);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('countersign_http_requests_total{route="/v1/entries/{index}",method="GET",code="200"} 2');
    expect(text).toContain('countersign_http_requests_total{route="unmatched",method="GET",code="404"} 1');
    expect(text).toContain('countersign_append_requests_total{result="logged"} 1');
    expect(text).toContain('countersign_append_requests_total{result="refused"} 1');
    expect(text).toContain('countersign_tree_size_entries{state="signed"} 9');
    expect(text).toContain('countersign_checkpoint_timestamp_seconds 1700000000');
    expect(text).toContain('countersign_http_requests_in_flight 0');
    expect(text).toContain('countersign_build_info{version="0.0.0"} 1');
    expect((await fetch(`${server.url}/`)).status).toBe(404);
  });
});
