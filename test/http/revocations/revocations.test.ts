/** The feed over HTTP: pages, and streams at the pace of their readers. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromBase64, toHex } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { PAGE_EVENTS, type RevocationPage } from '../../../src/http/revocations/revocation-page.ts';
import { controlSubmission, selfRevocation } from '../../fixtures/control.ts';
import { testKey } from '../../fixtures/make.ts';
import { type InlineApp, inlineApp } from '../inline-app.ts';

/** A busy machine may take its time; what is waited for comes by itself. */
const PATIENCE = { timeout: 15_000 };

const key = testKey('p256');
let served: InlineApp;
beforeEach(async () => {
  served = await inlineApp({ streams: 3, heartbeat: 30, stall: 60_000 });
});
afterEach(async () => {
  served.streams.end();
  await served.log.close();
});

async function revoke(count = 1): Promise<void> {
  const lines = Array.from({ length: count }, () => JSON.stringify(controlSubmission(selfRevocation(key), key)));
  const body = new Uint8Array(Buffer.from(lines.join('\n')));
  await served.log.submit({ format: 'ndjson', body, admitted: true });
}
const page = async (path = '/v1/revocations') => {
  const response = await served.get(path);
  return { response, page: (await response.json()) as RevocationPage };
};

describe('a page', () => {
  it('is empty before anything is revoked', async () => {
    const { response, page: empty } = await page();
    expect(empty).toEqual({ from: 0, next: 0, events: [], statements: [] });
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  it('brings events with their statements, and what the log states of them', async () => {
    await revoke(2);
    const { page: got } = await page();
    expect(got.events.map(({ position, index, statement }) => [position, index, statement])).toEqual([
      [0, 1, 3],
      [1, 2, 3],
    ]);
    expect(got.statements.map(({ index }) => index)).toEqual([3]);
    for (const { payload, payloadSha256 } of got.events) {
      expect(toHex(sha256(fromBase64(payload)))).toBe(payloadSha256);
    }
  });

  it('that is full is kept for ever, and the one after it is not', async () => {
    await revoke(PAGE_EVENTS + 1);
    const [first, second] = [await page(), await page(`/v1/revocations?from=${PAGE_EVENTS}`)];
    expect(first.page.next).toBe(PAGE_EVENTS);
    expect(first.response.headers.get('cache-control')).toContain('immutable');
    expect(second.page.events).toHaveLength(1);
    expect(second.response.headers.get('cache-control')).toBe('no-cache');
  });

  it('that is full stays the same', async () => {
    await revoke(PAGE_EVENTS + 1);
    const before = await page();
    await revoke(3);
    expect((await page()).page).toEqual(before.page);
  });

  it('may begin anywhere and ends where it always ends', async () => {
    await revoke(PAGE_EVENTS + 1);
    expect((await page('/v1/revocations?from=70')).page.next).toBe(PAGE_EVENTS);
  });

  it('does not begin beyond the feed', async () => {
    const { response, page: problem } = await page('/v1/revocations?from=1');
    expect(response.status).toBe(404);
    expect(problem).toMatchObject({ code: 'not_yet_published', feedSize: 0 });
  });
});

/** Events of a stream as they arrive. */
async function open(path = '/v1/revocations/stream', headers: Record<string, string> = {}) {
  const response = await served.app.request(path, { headers });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  async function next(): Promise<{ event: string; id: string | undefined; data: unknown }> {
    for (;;) {
      const end = rest.indexOf('\n\n');
      if (end >= 0) {
        const lines = rest.slice(0, end).split('\n');
        rest = rest.slice(end + 2);
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const event = field('event');
        if (event === undefined) continue;
        return { event, id: field('id'), data: JSON.parse(field('data')!) };
      }
      const { value, done } = await reader!.read();
      if (done) return { event: 'end', id: undefined, data: undefined };
      rest += value;
    }
  }
  /** The next that is not a checkpoint. */
  async function controls() {
    for (;;) {
      const got = await next();
      if (got.event !== 'checkpoint') return { ...got, page: got.data as RevocationPage };
    }
  }
  return { response, next, controls, cancel: () => reader!.cancel() };
}

describe('a stream', () => {
  it('begins with the newest checkpoint, and shows one whenever it has nothing else to say', async () => {
    const stream = await open();
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    expect([await stream.next(), await stream.next()]).toEqual(
      [0, 1].map(() => ({ event: 'checkpoint', id: undefined, data: served.log.head().note })),
    );
  });

  it('brings what was there, then what comes', async () => {
    await revoke(2);
    const stream = await open();
    expect((await stream.controls()).page.next).toBe(2);
    const next = stream.controls();
    await revoke(1);
    expect(await next).toMatchObject({ id: '3', page: { from: 2, next: 3 } });
  });

  it('goes on from the event that was seen last', async () => {
    await revoke(3);
    const stream = await open('/v1/revocations/stream?from=0', { 'last-event-id': '2' });
    expect((await stream.controls()).page).toMatchObject({ from: 2, next: 3 });
  });

  it('brings a page at a time', async () => {
    await revoke(PAGE_EVENTS + 5);
    const stream = await open();
    expect((await stream.controls()).page.next).toBe(PAGE_EVENTS);
    expect((await stream.controls()).page.next).toBe(PAGE_EVENTS + 5);
  });

  it('says the same to everyone who is at the same place', async () => {
    const streams = await Promise.all([open(), open()]);
    const reads = vi.spyOn(served.log.reader, 'controlEvents');
    const pending = streams.map(({ controls }) => controls());
    await revoke(1);
    const [a, b] = await Promise.all(pending);
    expect(a!.page).toEqual(b!.page);
    expect(reads).toHaveBeenCalledTimes(1);
  });

  it('prepares nothing for a reader that does not read, and leaves nothing out when it does', async () => {
    const stream = await open();
    await stream.next();
    const reads = vi.spyOn(served.log.reader, 'controlEvents');
    for (let i = 0; i < 5; i++) await revoke(1);
    expect(reads.mock.calls.length).toBeLessThan(3);
    const seen: number[] = [];
    while (seen.at(-1) !== 5) seen.push((await stream.controls()).page.next);
    expect(seen.at(-1)).toBe(5);
  });

  it('is one of a bounded number', async () => {
    const streams = await Promise.all([open(), open(), open()]);
    const refused = await open();
    expect(refused.response.status).toBe(503);
    await streams[0]!.cancel();
    await vi.waitFor(() => expect(served.streams.count).toBe(2), PATIENCE);
    expect((await open()).response.status).toBe(200);
  });

  it('of a HEAD request takes no place', async () => {
    await served.app.request('/v1/revocations/stream', { method: 'HEAD' });
    expect(served.streams.count).toBe(0);
  });

  it('ends with the server', async () => {
    const stream = await open();
    await stream.next();
    served.streams.end();
    expect((await stream.controls()).event).toBe('end');
    expect((await open()).response.status).toBe(503);
  });

  it('does not begin beyond the feed', async () => {
    expect((await open('/v1/revocations/stream?from=1')).response.status).toBe(404);
  });

  it('does not go on from what is no position', async () => {
    const response = await served.app.request('/v1/revocations/stream', { headers: { 'last-event-id': 'x' } });
    expect(await response.json()).toMatchObject({ code: 'malformed_request', at: 'last-event-id' });
  });
});

describe('a stream that nobody reads', () => {
  it('is ended', async () => {
    await served.log.close();
    served = await inlineApp({ streams: 3, heartbeat: 30, stall: 20 });
    await served.app.request('/v1/revocations/stream');
    await vi.waitFor(() => expect(served.streams.count).toBe(0), PATIENCE);
  });
});
