import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../src/http/config.ts';
import type { RevocationPage } from '../../../src/http/revocations/revocation-page.ts';
import { WebhookCursors } from '../../../src/http/revocations/webhook-cursors.ts';
import { Webhooks } from '../../../src/http/revocations/webhooks.ts';
import { createTelemetry } from '../../../src/http/telemetry.ts';
import { webhookKey } from '../../../src/log/webhook-key.ts';
import { controlSubmission, selfRevocation } from '../../fixtures/control.ts';
import { testKey } from '../../fixtures/make.ts';
import { createInlineLog, type InlineLog } from '../../inline-log.ts';

/** A busy machine may take its time; what is waited for comes by itself. */
const PATIENCE = { timeout: 15_000 };

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  page: RevocationPage & { type: string; origin: string };
}

const key = testKey('p256');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
let folder: string;
let log: InlineLog;
let server: Server;
let url: string;
const received: Received[] = [];
/** What the next requests are answered with; 204 when there are no more. */
let answers: (number | { location: string })[] = [];
let running: Webhooks[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-webhooks-'));
  log = await createInlineLog();
  received.length = 0;
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      received.push({ headers: request.headers, body, page: JSON.parse(body || '{}') });
      const answer = answers.shift() ?? 204;
      if (typeof answer === 'number') response.writeHead(answer).end();
      else response.writeHead(302, answer).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.end()));
  [running, answers] = [[], []];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await log.close();
  rmSync(folder, { recursive: true });
});

const { logger } = createTelemetry({ version: '0', level: 'silent' });

function start(signer: KeyObject = privateKey): Webhooks {
  const cursors = new WebhookCursors(join(folder, 'webhooks.json'));
  const webhooks = new Webhooks({ log, webhooks: [{ url }], cursors, key: signer, logger, delay: 1, longest: 4 });
  running.push(webhooks);
  return webhooks;
}

const revoke = () => log.add(controlSubmission(selfRevocation(key), key));
/** Events that were taken, as the sender remembers it: an answer may be lost on its way back. */
const delivered = () => new WebhookCursors(join(folder, 'webhooks.json')).next(url);
const arrived = (count: number) => vi.waitFor(() => expect(received).toHaveLength(count), PATIENCE);

describe('a webhook', () => {
  it('is told of what was there, and of what comes', async () => {
    await revoke();
    start();
    await arrived(1);
    await revoke();
    await arrived(2);
    expect(received.map(({ page: { from, next } }) => [from, next])).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(received[0]!.page).toMatchObject({ type: 'countersign.controls.v1', origin: log.identity.origin });
  });

  it('can tell who sends it (Standard Webhooks, v1a)', async () => {
    await revoke();
    start();
    await arrived(1);
    const { headers, body } = received[0]!;
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const [version, signature] = String(headers['webhook-signature']).split(',');
    expect(version).toBe('v1a');
    expect(verify(null, Buffer.from(signed), publicKey, Buffer.from(signature!, 'base64'))).toBe(true);
    expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('is told again until it takes it, under the same id', async () => {
    answers = [500, 503, 429];
    await revoke();
    start();
    await arrived(4);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await revoke();
    await arrived(5);
    expect(received[4]!.page.from).toBe(1);
  });

  it('goes on where it was after a restart', async () => {
    await revoke();
    const first = start();
    await vi.waitFor(() => expect(delivered()).toBe(1), PATIENCE);
    await first.end();
    await revoke();
    await revoke();
    start();
    await vi.waitFor(() => expect(received.at(-1)!.page.next).toBe(3), PATIENCE);
    expect(received[1]!.page.from).toBe(1);
  });

  it('that was not told before the end is told after the next start', async () => {
    answers = Array.from({ length: 1000 }, () => 500);
    await revoke();
    const first = start();
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(1), PATIENCE);
    await first.end();
    // What the first sent last may still be on its way here, and is nobody's any more: its sender moves no cursor.
    expect(delivered()).toBe(0);
    answers = [];
    start();
    await vi.waitFor(() => expect(delivered()).toBe(1), PATIENCE);
    expect(received.every(({ page }) => page.from === 0)).toBe(true);
  });

  it('sends the log on to nobody else', async () => {
    answers = [{ location: `${url}/elsewhere` }];
    await revoke();
    start();
    await arrived(2);
    expect(received.map(({ page }) => page.from)).toEqual([0, 0]);
  });

  it('of a log that is idle is left alone', async () => {
    const webhooks = start();
    await webhooks.end();
    expect(received).toEqual([]);
  });
});

describe('what webhooks remember', () => {
  it('is refused where it is damaged', () => {
    const file = join(folder, 'webhooks.json');
    writeFileSync(file, '{"http://x": -1}');
    expect(() => new WebhookCursors(file)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    writeFileSync(file, '{');
    expect(() => new WebhookCursors(file)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});

describe('the key of webhooks', () => {
  it('is made once', () => {
    const made = webhookKey(folder).export({ type: 'pkcs8', format: 'pem' });
    expect(webhookKey(folder).export({ type: 'pkcs8', format: 'pem' })).toBe(made);
  });
});

describe('the configuration of webhooks', () => {
  const webhooks = (...urls: string[]) => parseConfig({ webhooks: urls.map((one) => ({ url: one })) }).webhooks;

  it('takes http and https', () => {
    expect(webhooks('http://127.0.0.1:1/x', 'https://example.com/y')).toHaveLength(2);
  });

  it.each(['file:///etc/passwd', 'ftp://example.com', 'example.com'])('does not take %s', (one) => {
    expect(() => webhooks(one)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  it('names no URL twice', () => {
    expect(() => webhooks('http://a', 'http://a')).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});
