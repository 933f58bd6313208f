/** What is answered is what the description says: status, type, headers, and every member of every body. */
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { openapiYaml, routes } from '../../src/http/openapi.ts';
import { rekorV2Error, transparencyLogEntry } from '../../src/http/rekor/schema-rekor-v2.ts';
import { errorComponents } from '../../src/http/route.ts';
import { batchResult, problem, receipt } from '../../src/http/schema.ts';
import { exampleApp, exampleOf, READS } from './examples.ts';

interface Documented {
  content?: Record<string, { schema: z.ZodType | object }>;
  headers?: Record<string, unknown>;
}

function documented(path: string, method: string, status: number): Documented {
  const route = routes.find((candidate) => candidate.path === path && candidate.method === method);
  const stated = route?.responses[status] as (Documented & { $ref?: string }) | undefined;
  const problems: Record<string, Documented> = Object.fromEntries(errorComponents());
  const response = stated?.$ref === undefined ? stated : problems[stated.$ref.split('/').at(-1) ?? ''];
  if (response === undefined) throw new Error(`${method} ${path} does not document ${status}`);
  return response;
}

const STANDARD = ['access-control-allow-origin', 'content-type', 'x-content-type-options'];
const PROTECTIVE = ['content-security-policy', 'content-disposition', 'referrer-policy', 'x-frame-options'];

describe('a good answer', () => {
  it.each(READS)('is as described: GET %s', async (path) => {
    const { get } = await exampleApp();
    const answer = await get(exampleOf(path));
    const { content = {}, headers = {} } = documented(path, 'get', answer.status);
    expect(answer.status).toBe(200);

    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    const form = content[type] ?? content['*/*'];
    if (form === undefined) throw new Error(`${type} is not described`);
    if (type.endsWith('json') && content['*/*'] === undefined) {
      const body = await answer.json();
      // Parsing drops what the schema does not name, so that equality means nothing is undescribed.
      expect((form.schema as z.ZodType).parse(body)).toEqual(body);
    }

    const names = Object.keys(headers).map((name) => name.toLowerCase());
    for (const name of names) expect(answer.headers.has(name), name).toBe(true);
    for (const [name] of answer.headers) expect([...names, ...STANDARD, ...PROTECTIVE]).toContain(name);
  });

  it('to a write is a receipt with a Location', async () => {
    const { submit } = await exampleApp();
    for (const status of [201, 200]) {
      const answer = await submit({ text: 'written', payload: '{}' });
      expect(answer.status).toBe(status);
      const body = await answer.json();
      expect(receipt.strict().parse(body)).toEqual(body);
      for (const name in documented('/v1/entries', 'post', status).headers) expect(answer.headers.has(name)).toBe(true);
    }
  });

  it('to a request of Rekor v2 is a complete TransparencyLogEntry', async () => {
    const { request } = await exampleApp();
    const headers = { 'content-type': 'application/json' };
    const answer = await request('/api/v2/log/entries', { method: 'POST', headers, body: '{"text":"written"}' });
    expect(answer.status).toBe(201);
    const body = await answer.json();
    expect(transparencyLogEntry.strict().parse(body)).toEqual(body);
  });

  it('to a batch holds receipts and problems', async () => {
    const { request } = await exampleApp();
    const init = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: '{"text":"a"}\n{}}\n' };
    const lines = (await (await request('/v1/entries:batch', init)).text()).trim().split('\n');
    for (const line of lines) expect(batchResult.parse(JSON.parse(line))).toEqual(JSON.parse(line));
  });
});

describe('a refusal', () => {
  it.each([
    ['get', '/v1/entries/{index}', '/v1/entries/x', {}],
    ['get', '/v1/entries/{index}/payload', '/v1/entries/0/payload', {}],
    ['get', '/v1/proofs/inclusion', '/v1/proofs/inclusion?index=99', {}],
    ['get', '/v1/checkpoints', '/v1/checkpoints?limit=0', {}],
    ['get', '/tile/{level}/{tile}', '/tile/5/000', {}],
    ['get', '/api/v2/tile/{level}/{tile}', '/api/v2/tile/5/000', {}],
    ['post', '/api/v2/log/entries', '/api/v2/log/entries', { method: 'POST', body: 'x' }],
    ['post', '/v1/entries', '/v1/entries', { method: 'POST', body: 'x' }],
    [
      'post',
      '/v1/entries',
      '/v1/entries',
      { method: 'POST', headers: { 'content-length': '99999999', 'content-type': 'application/json' } },
    ],
  ] as [string, string, string, RequestInit][])('is as described: %s %s', async (method, path, target, init) => {
    const { request } = await exampleApp();
    const answer = await request(target, init);
    const { content = {}, headers = {} } = documented(path, method, answer.status);
    expect(Object.keys(content)).toEqual([answer.headers.get('content-type')]);
    const body = await answer.json();
    if (path.startsWith('/api/v2/')) expect(rekorV2Error.parse(body)).toEqual(body);
    else expect(problem.parse(body)).toMatchObject({ status: answer.status });
    for (const name in headers) expect(answer.headers.has(name), name).toBe(true);
  });
});

describe('the description', () => {
  it('holds no parameter that is optional in a path, and no empty schema for a JSON body of ours', () => {
    const text = openapiYaml();
    // Payloads are whatever was signed; they alone have no schema.
    expect(text).not.toMatch(/application\/(json|problem\+json):\s+schema: \{\}/);
    expect(text).not.toMatch(/in: path\n\s+required: false/);
  });
});
