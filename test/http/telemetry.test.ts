import { describe, expect, it } from 'vitest';
import { testApp } from './test-app.ts';

describe('log lines', () => {
  it('are one per request, with what an operator asks for', async () => {
    const { get, lines } = testApp();
    const answer = await get('/v1/entries/3?');
    expect(lines).toEqual([
      {
        ...{ level: 30, time: expect.any(String), msg: 'request', method: 'GET', status: 200, ms: expect.any(Number) },
        ...{ route: '/v1/entries/{index}', path: '/v1/entries/3', client: '192.0.2.1' },
        requestId: answer.headers.get('x-request-id'),
      },
    ]);
  });

  it('are for debugging only where tiles are read', async () => {
    const { get, lines } = testApp();
    await get('/tile/0/000.p/1');
    expect(lines).toMatchObject([{ level: 20, route: '/tile/{level}/{tile}' }]);
  });

  it('leave out queries, which name people', async () => {
    const { get, lines } = testApp();
    await get('/v1/entries?identity=alice%40example.com');
    expect(JSON.stringify(lines)).not.toContain('alice');
  });

  it('carry the client’s own request id where it is harmless', async () => {
    const { request, lines } = testApp();
    await request('/livez', { headers: { 'x-request-id': 'trace-1.a_B' } });
    await request('/livez', { headers: { 'x-request-id': 'a b"\u001b' } }).catch(() => undefined);
    await request('/livez', { headers: { 'x-request-id': 'x'.repeat(65) } });
    expect(lines.map(({ clientRequestId }) => clientRequestId)).toEqual([
      'trace-1.a_B',
      ...lines.slice(1).map(() => undefined),
    ]);
  });

  it('give every request an id of its own', async () => {
    const { get, lines } = testApp();
    await Promise.all(Array.from({ length: 50 }, () => get('/livez')));
    expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(50);
  });
});
