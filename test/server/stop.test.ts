/** How a server ends when it is asked to, while clients are sending. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { eventually, Http } from './http.ts';
import { putUnderLoad } from './load.ts';
import { Oracle } from './oracle.ts';
import { randomFrom } from './random.ts';
import { launch, type RunningServer, run, start, useServers } from './running-server.ts';
import { type Signed, signedArtifact } from './signed.ts';
import { tamper } from './template.ts';

const { place } = useServers();

/** Puts a server under load until it has acknowledged some, does something to it, and waits for both ends. */
async function under(server: RunningServer, act: () => void): Promise<{ oracle: Oracle; earlier: Signed[] }> {
  const random = randomFrom(5);
  const oracle = new Oracle(server, random);
  const earlier: Signed[] = [];
  const over = new AbortController();
  const load = putUnderLoad({ url: server.url, oracle, random, earlier, until: over.signal });
  await eventually(
    async () => oracle.acknowledged,
    (count) => count >= 50,
  );
  act();
  await server.process.exited;
  over.abort();
  await load;
  return { oracle, earlier };
}

describe('SIGTERM under load', () => {
  it('ends within ten seconds with 0, and nothing acknowledged is lost', async () => {
    const log = place();
    const server = await start(log);
    let asked = 0;
    const { oracle } = await under(server, () => {
      asked = performance.now();
      server.process.signal('SIGTERM');
    });
    const { code, stderr } = await server.process.exited;
    expect([code, stderr]).toEqual([0, '']);
    expect(performance.now() - asked).toBeLessThan(10_000);
    await oracle.inspect((await start(log)).url);
    // Whoever was not acknowledged was told 503, or saw the connection end: the load calls anything else a violation.
    expect(oracle.violations).toEqual([]);
    expect((await run('fsck', '--data', log.data)).code).toBe(0);
  });

  it('may come twice', async () => {
    const log = place();
    const server = await start(log);
    const { oracle } = await under(server, () => {
      server.process.signal('SIGTERM');
      server.process.signal('SIGTERM');
    });
    expect((await server.process.exited).code).toBe(0);
    await oracle.inspect((await start(log)).url);
    expect(oracle.violations).toEqual([]);
  });
});

describe('SIGTERM', () => {
  it('ends a server whose index is still being built', async () => {
    const log = place();
    await (await start(log)).process.stop();
    tamper(log, 'UPDATE state SET merged = 0, fill1 = 0; DELETE FROM tier1', 'index.db');
    // Nobody else can write the index meanwhile.
    const index = new Database(join(log.data, 'index.db'));
    index.exec('BEGIN IMMEDIATE');
    const port = await freePort();
    const server = launch(log, { flags: ['--dev', '--port', String(port)] });
    await eventually(
      () => fetch(`http://127.0.0.1:${port}/readyz`).then(({ status }) => status, Number),
      (status) => status === 503,
    );
    const { code, stderr } = await server.stop();
    index.close();
    expect([code, stderr]).toEqual([0, '']);
  });

  it('is heard while a connection stays open without a request', async () => {
    const server = await start(place());
    const http = new Http(server.url);
    await http.log(signedArtifact());
    expect((await server.process.stop()).code).toBe(0);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
