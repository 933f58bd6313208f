import { expect, it } from 'vitest';
import { routes } from '../../src/http/openapi.ts';
import { methodsByPath } from '../../src/http/route.ts';

const methodsOf = methodsByPath(routes);

it.each([
  ['/v1/entries', ['POST', 'GET', 'HEAD', 'OPTIONS']],
  ['/v1/entries/7/bundle', ['GET', 'HEAD', 'OPTIONS']],
  ['/tile/0/x001/067', ['GET', 'HEAD', 'OPTIONS']],
  ['/nowhere', []],
])('the methods of %s are those of its route', (path, methods) => {
  expect(methodsOf(path)).toEqual(methods);
});

it('a path of its own does not have the methods of one with parameters', () => {
  expect(methodsOf('/api/v1/log/entries/retrieve')).toEqual(['POST', 'OPTIONS']);
});
