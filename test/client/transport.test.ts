import { afterEach, describe, expect, it, vi } from 'vitest';
import { Transport, type TransportOptions } from '../../src/client/transport.ts';
import type { LogError } from '../../src/core/errors.ts';
import { problem } from './fake-log.ts';

/** Answers in turn, the last one for ever. */
function transportOf(answers: (() => Response | Promise<Response>)[], options: Partial<TransportOptions> = {}) {
  const seen: string[] = [];
  const transport = new Transport({
    url: 'https://log.example/prefix',
    fetch: async (input) => {
      seen.push(String(input));
      return answers[Math.min(seen.length, answers.length) - 1]!();
    },
    retry: { delay: 1, attempts: 3 },
    ...options,
  });
  return { seen, ask: (signal?: AbortSignal) => transport.request('v1/log', { limit: 100, signal }) };
}

async function failure(promise: Promise<unknown>): Promise<LogError> {
  return promise.then(
    () => expect.unreachable(),
    (error: LogError) => error,
  );
}

afterEach(() => {
  vi.useRealTimers();
});

const ok = () => new Response('fine');
const down = () => Promise.reject(new TypeError('fetch failed'));

describe('Transport', () => {
  it('keeps the path of the URL', async () => {
    const { seen, ask } = transportOf([ok]);
    await ask();
    expect(seen).toEqual(['https://log.example/prefix/v1/log']);
  });

  it('tries again after a failed connection', async () => {
    const { seen, ask } = transportOf([down, ok]);
    expect((await ask()).status).toBe(200);
    expect(seen).toHaveLength(2);
  });

  it('gives up after some attempts', async () => {
    const { seen, ask } = transportOf([down]);
    expect((await failure(ask())).code).toBe('unreachable');
    expect(seen).toHaveLength(3);
  });

  it('waits as long as the log asks', async () => {
    vi.useFakeTimers();
    const { seen, ask } = transportOf([() => problem(503, 'pool_full', { 'retry-after': '7' }), ok]);
    const asked = ask();
    await vi.advanceTimersByTimeAsync(6_999);
    expect(seen).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await asked).status).toBe(200);
  });

  it('does not wait longer than it may', async () => {
    const busy = () => problem(503, 'pool_full', { 'retry-after': '60' });
    const { seen, ask } = transportOf([busy], { retry: { maxDelay: 100 } });
    expect(await failure(ask())).toMatchObject({ code: 'pool_full', retryAfter: 60 });
    expect(seen).toHaveLength(1);
  });

  it.each([
    [400, 'malformed_request'],
    [401, 'unauthorized'],
    [404, 'not_found'],
    [410, 'payload_erased'],
    [422, 'signature_invalid'],
  ])('does not repeat what was answered %i', async (status, code) => {
    const { seen, ask } = transportOf([() => problem(status, code)]);
    expect((await failure(ask())).code).toBe(code);
    expect(seen).toHaveLength(1);
  });

  it.each([
    [404, 'route_unknown'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [429, 'rate_limited'],
    [502, 'unreachable'],
    [500, 'answer_unexpected'],
    [418, 'answer_unexpected'],
  ])('reads %i without a problem document', async (status, code) => {
    const { ask } = transportOf([() => new Response('<html>', { status })], { retry: { attempts: 1 } });
    expect((await failure(ask())).code).toBe(code);
  });

  it.each(['corrupt', 'internal', 'wrong_key', 'made_up'])('does not take the code %s from a server', async (code) => {
    const { ask } = transportOf([() => problem(500, code)], { retry: { attempts: 1 } });
    expect((await failure(ask())).code).toBe('answer_unexpected');
  });

  it('reads no more than it should', async () => {
    const { ask } = transportOf([() => new Response('x'.repeat(101))]);
    expect((await failure(ask())).code).toBe('answer_unexpected');
  });

  it('keeps control characters of the server out of its errors', async () => {
    const body = JSON.stringify({ code: 'not_found', detail: 'a\u001b[31mb\nc' });
    const { ask } = transportOf([() => new Response(body, { status: 404 })]);
    expect((await failure(ask())).message).toBe('a [31mb c');
  });

  it('limits the time of an attempt', async () => {
    const hang: typeof fetch = (_, init) =>
      new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
    const transport = new Transport({ url: 'http://log.example', fetch: hang, timeout: 10, retry: { attempts: 1 } });
    expect((await failure(transport.request('x', { limit: 1 }))).message).toContain('did not answer in time');
  });

  it('ends at once when it is aborted, also while it waits', async () => {
    const controller = new AbortController();
    const { ask } = transportOf([() => problem(503, 'pool_full', { 'retry-after': '20' })]);
    const asked = ask(controller.signal).catch((error: unknown) => error);
    setTimeout(() => controller.abort('stop'), 10);
    expect(await asked).toBe('stop');
  });

  it.each(['log.example', 'ftp://log.example', 'https://user:secret@log.example'])(
    'does not take %s for a log',
    (url) => {
      expect(() => new Transport({ url })).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});
