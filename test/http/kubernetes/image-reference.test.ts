import { describe, expect, it } from 'vitest';
import { parseImageReference } from '../../../src/http/kubernetes/image-reference.ts';

const HEX = 'ab'.repeat(32);

describe('parseImageReference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx'],
    ['acme/api:1.2', 'docker.io/acme/api'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['index.docker.io/acme/api', 'docker.io/acme/api'],
    ['registry.example/acme/api:v1', 'registry.example/acme/api'],
    ['localhost:5000/api', 'localhost:5000/api'],
    ['localhost/api', 'localhost/api'],
    ['[2001:db8::1]:5000/api', '[2001:db8::1]:5000/api'],
  ])('reads %s', (text, repository) => {
    expect(parseImageReference(text)).toEqual({ text, repository, digest: undefined });
    expect(parseImageReference(`${text}@sha256:${HEX}`)).toMatchObject({
      repository,
      digest: { algorithm: 'sha256', hex: HEX },
    });
  });

  it.each([
    ['nothing', ''],
    ['a digest that is too short', 'nginx@sha256:abcd'],
    ['a digest in capitals', `nginx@sha256:${HEX.toUpperCase()}`],
    ['a digest of an unknown hash', `nginx@md5:${'ab'.repeat(16)}`],
    ['a member that every object has for a hash', `nginx@constructor:${HEX}`],
    ['a path in capitals', 'registry.example/Acme'],
    ['blanks', 'nginx latest'],
    ['two digests', `nginx@sha256:${HEX}@sha256:${HEX}`],
    ['something endless', 'a'.repeat(600)],
  ])('refuses %s', (_, text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });
});
