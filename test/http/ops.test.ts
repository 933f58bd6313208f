import { describe, expect, it } from 'vitest';
import { LogError } from '../../src/core/errors.ts';
import { testApp } from './test-app.ts';

describe('GET /v1/log', () => {
  it('names origin, keys, size and limits', async () => {
    const { get, log } = testApp();
    const { publicKey, logId, treeId } = log.rekorV1!.identity;
    expect(await (await get('/v1/log')).json()).toEqual({
      origin: log.identity.origin,
      verifierKey: log.identity.verifierKey,
      timeVerifierKey: log.identity.timeVerifierKey,
      statementKey: log.identity.statementKey,
      logId: Buffer.from(log.identity.logId).toString('base64'),
      limits: { entryBytes: 4_194_304, batchBytes: 67_108_864, batchItems: 1_000 },
      nodeHashing: 'wasm-simd',
      frozen: false,
      rekorV1: { publicKey, logId: Buffer.from(logId).toString('hex'), treeId, namedAt: 0 },
      treeSize: 8,
      witnessedSize: 8,
      witnesses: [],
      rootHash: Buffer.from(log.head().root).toString('hex'),
    });
  });
});

describe('health', () => {
  it('is alive whatever the log does', async () => {
    const { get, log } = testApp();
    log.storageFault = new Error('disk');
    expect((await get('/livez')).status).toBe(200);
  });

  it('is ready with storage, writes and a young stamp', async () => {
    const { get } = testApp();
    expect(await (await get('/readyz')).json()).toEqual({ status: 'ready', frozen: false, treeSize: 8, stampAge: 10 });
  });

  it('is not ready once the newest stamp is three minutes old', async () => {
    const { get, clock } = testApp();
    clock.advance(169);
    expect((await get('/readyz')).status).toBe(200);
    clock.advance(2);
    const answer = await get('/readyz');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('60');
  });

  it('is not ready while storage cannot be read, and does not say why', async () => {
    const { get, log } = testApp();
    log.storageFault = new LogError('corrupt', '/var/lib/log.db is broken');
    const answer = await get('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('/var');
  });

  it('is not ready while writes are refused, but is under load', async () => {
    const { get, log } = testApp();
    log.state = { accepting: false, code: 'storage_full', message: 'the disk is full', retryAfter: 30 };
    expect(await (await get('/readyz')).json()).toMatchObject({ status: 503, code: 'storage_full' });
    log.state = { accepting: false, code: 'pool_full', message: 'busy', retryAfter: 1 };
    expect((await get('/readyz')).status).toBe(200);
  });
});

describe('a frozen log', () => {
  const frozen = () => {
    const app = testApp();
    app.log.frozen = true;
    app.log.state = { accepting: false, code: 'log_frozen', message: 'this log is frozen' };
    return app;
  };

  it('says so, and is ready, since its reads are fine', async () => {
    const { get } = frozen();
    expect(await (await get('/v1/log')).json()).toMatchObject({ frozen: true, treeSize: 8 });
    expect(await (await get('/readyz')).json()).toEqual({ status: 'ready', frozen: true, treeSize: 8, stampAge: 10 });
  });

  it('is not ready where its storage cannot be read', async () => {
    const { get, log } = frozen();
    log.storageFault = new Error('disk');
    expect((await get('/readyz')).status).toBe(503);
  });
});

describe('/docs', () => {
  it('loads nothing from elsewhere', async () => {
    const { get } = testApp();
    const page = await get('/docs');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    const html = await page.text();
    const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!);
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      expect(source).toMatch(/^\//);
      expect((await get(source)).status, source).toBe(200);
    }
    expect(html).not.toMatch(/<script>|<style|\son\w+=/);
  });

  it.each([
    '/docs/',
    '/docs/index.html',
    '/docs/package.json',
    '/docs/__proto__',
    '/docs/constructor',
    '/docs/..%2fpackage.json',
    '/docs/swagger-ui.css.map',
  ])('has no %s', async (path) => {
    const { get } = testApp();
    expect((await get(path)).status).toBe(404);
  });

  it('serves the description', async () => {
    const { get } = testApp();
    const answer = await get('/openapi.yaml');
    expect(answer.headers.get('content-type')).toBe('application/yaml');
    expect(await answer.text()).toMatch(/^openapi: 3\.1\.0/);
  });

  it.each(['/metrics', '/debug', '/admin', '/.env', '/'])('has nothing at %s', async (path) => {
    const { get } = testApp();
    expect((await get(path)).status).toBe(404);
  });
});
