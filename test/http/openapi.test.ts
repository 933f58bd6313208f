import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openapiYaml, routes } from '../../src/http/openapi.ts';

const committed = new URL('../../openapi.yaml', import.meta.url);

describe('openapi.yaml', () => {
  it('is what the routes say; COUNTERSIGN_UPDATE_OPENAPI=1 writes it anew', () => {
    if (process.env.COUNTERSIGN_UPDATE_OPENAPI === '1') writeFileSync(committed, openapiYaml());
    expect(readFileSync(committed, 'utf8')).toBe(openapiYaml());
  });

  it('describes every route once', () => {
    const { paths } = parse(openapiYaml()) as { paths: Record<string, Record<string, unknown>> };
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect(described.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('answers every error of every operation with a problem document, or in the form of its door', () => {
    const { paths, components } = parse(openapiYaml()) as {
      paths: Record<string, Record<string, { responses: Record<string, { $ref?: string }> }>>;
      components: { responses: Record<string, { content: Record<string, unknown> }> };
    };
    for (const [path, item] of Object.entries(paths)) {
      // What is answered before there is a path is a problem everywhere; a frozen log says so in the words of its door.
      const door = /^\/api\/v1\/(log|index)/.test(path)
        ? 'RekorV1Error'
        : path.startsWith('/api/v2/') && 'RekorV2Error';
      const form = (status: string) => (door && !['408', '431'].includes(status) ? door : 'Problem');
      for (const [status, { $ref }] of Object.values(item).flatMap(({ responses }) => Object.entries(responses))) {
        if (Number(status) < 400 || (path.startsWith('/api/') && status === '405')) continue;
        expect($ref, path).toBe(`#/components/responses/${form(status)}${status}`);
      }
    }
    for (const [name, { content }] of Object.entries(components.responses)) {
      expect(Object.keys(content)).toEqual([
        name.startsWith('Problem') ? 'application/problem+json' : 'application/json',
      ]);
    }
  });

  it('states decimal parameters as bounded integers', () => {
    const { paths } = parse(openapiYaml());
    const parameters = paths['/v1/proofs/inclusion'].get.parameters as {
      name: string;
      schema: object;
      required: boolean;
    }[];
    const size = parameters.find(({ name }) => name === 'size');
    expect(size).toMatchObject({ required: false, schema: { type: 'integer', minimum: 1, maximum: 2 ** 53 - 1 } });
  });
});
